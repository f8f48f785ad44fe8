"""docs/glossary.md is sorted and has the architecture's words; docs/faq.md gives short answers with a link."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
FAQ = re.findall(
    r"^### ([^\n]+)\n\n(.*?)(?=^##|\Z)", (DOCS / "faq.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)


def words(text):
    return [row for row in re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE) if row != "word"]


def test_the_words_are_sorted():
    found = words((DOCS / "glossary.md").read_text("utf-8"))
    assert found == sorted(found, key=str.lower)


def test_every_word_of_the_architecture_is_there():
    page = (DOCS / "architecture.md").read_text("utf-8")
    section = page[page.index("## Words") : page.index("## How a login flows")]
    found = {word.lower() for word in words((DOCS / "glossary.md").read_text("utf-8"))}
    assert {word.lower() for word in words(section)} <= found


def test_there_are_twenty_questions():
    assert len(FAQ) >= 20


@pytest.mark.parametrize(("question", "answer"), FAQ, ids=lambda text: text[:40])
def test_an_answer_is_short_and_has_a_link(question, answer):
    assert question.endswith("?")
    assert len(re.findall(r"[.?!](?=\s|$)", answer)) <= 4
    assert "](" in answer
