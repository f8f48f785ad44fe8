"""docs/troubleshooting-*.md: everything that the code can say has a row with a cure, and nothing else has."""

import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from passkeys_django import check_ids
from tests.docs.test_docs_reference import errors, statuses
from tests.docs.troubleshooting import collected

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
on_page_markdown = runpy.run_path(str(ROOT / "scripts/docs_anchors.py"))["on_page_markdown"]


def table(page, heading=None):
    """The rows of the tables of a page, or of the section with this heading, as lists of cells."""
    text = (DOCS / f"troubleshooting-{page}.md").read_text("utf-8")
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1] if heading else text
    lines = section.splitlines()
    rows = [line for line, below in zip(lines, [*lines[1:], ""], strict=True) if not below.startswith("|---")]
    return [row.strip("| ").split(" | ") for row in rows if row.startswith("| ")]


def column(number, page, heading=None):
    """The cells of a column, without the head of the table."""
    return [row[number] for row in table(page, heading)]


def assert_same(what, written, real):
    missing, foreign = sorted(real - written), sorted(written - real)
    assert not missing, f"docs/troubleshooting-*.md lacks rows for {what}: {missing}"
    assert not foreign, f"docs/troubleshooting-*.md has rows for {what} that are not in the code: {foreign}"


def messages():
    sections = ["Under the button", "In forms and on pages", "In the admin"]
    return [text for section in sections for text in column(0, "messages", section)] + column(1, "codes")


def test_every_sentence_that_people_can_read_has_a_row():
    assert_same("messages", set(messages()), collected.sentences())


def test_no_message_has_two_rows():
    assert len(messages()) == len(set(messages()))


def test_every_code_stands_with_its_text():
    rows = {(re.search(r"`(\w+)`", code)[1], text) for code, text, _cure in table("codes")}
    real = {(error.code, collected.plain(str(error.user_message))) for error in errors()}
    assert real <= rows
    assert {code for code, _text in rows} == set(statuses())


def test_every_code_is_an_anchor():
    anchors = re.findall(r'<a id="(\w+)"></a>`(\w+)`', (DOCS / "troubleshooting-codes.md").read_text("utf-8"))
    assert all(anchor == code for anchor, code in anchors)
    assert {anchor for anchor, _code in anchors} == set(statuses())


def test_every_line_of_the_log_has_a_row_with_its_level():
    written = {(line, level) for line, level, *_rest in table("log", "All lines")}
    testing = {("… …", "error")}  # of the server that plays Hanko in tests
    assert_same("lines of the log", written, collected.log_lines() - testing)


@pytest.mark.parametrize(
    ("heading", "error"),
    [("Why a login was refused", "LoginFailed"), ("Why a ceremony was not found", "CeremonyNotFound")],
)
def test_every_reason_that_only_the_log_tells_has_a_row(heading, error):
    assert_same("reasons", set(column(0, "log", heading)), collected.reasons(error))


def test_every_page_of_people_has_a_row():
    assert_same("pages", set(column(0, "messages", "Pages by title")), collected.page_titles())


def test_every_subject_of_an_email_has_a_row():
    assert_same("e-mails", set(column(0, "messages", "E-mails by subject")), collected.subjects())


@pytest.mark.parametrize("page", ["messages", "codes", "log"])
def test_every_row_has_a_cure(page):
    rows = table(page)
    assert rows
    assert all(cell.strip() for row in rows for cell in row)


def test_every_check_of_the_reference_is_an_anchor():
    ids = {value for name, value in vars(check_ids).items() if name.isupper()}
    page = SimpleNamespace(file=SimpleNamespace(src_uri="reference.md"))
    text = on_page_markdown((DOCS / "reference.md").read_text("utf-8"), page)
    assert set(re.findall(r'<a id="([^"]+)"></a>', text)) == {id_.replace(".", "-").lower() for id_ in ids}


def test_other_pages_stay_as_they_are():
    page = SimpleNamespace(file=SimpleNamespace(src_uri="production.md"))
    assert on_page_markdown("| `passkeys_django.E001` |", page) == "| `passkeys_django.E001` |"
