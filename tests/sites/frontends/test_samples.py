"""The samples of docs/samples: small, typed, built with the usual tools, and used through every door."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import new_visitor
from tests.browser.test_enrolment import command
from tests.browser.visitor import PASSWORD, Visitor
from tests.docs.test_docs_works_with import ROWS, Row, by_package
from tests.sites.frontends.conftest import FRAMEWORKS, SAMPLES, node
from tests.sites.frontends.settings import BUILD, NODE_MODULES

pytestmark = pytest.mark.browser


@pytest.fixture
def visitor(browser: Browser, place: tuple[str, Path]) -> Iterator[Visitor]:
    with new_visitor(browser, place[0]) as visitor:
        yield visitor


def test_there_is_a_sample_for_each_framework_and_none_is_long() -> None:
    samples = sorted(SAMPLES.iterdir())
    assert [sample.name for sample in samples] == ["React.tsx", "Svelte.svelte", "Vue.vue", "plain.ts"]
    for sample in samples:
        lines = sample.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 100
        assert max(map(len, lines)) <= 120


@pytest.mark.parametrize(
    "check",
    [["vue-tsc/bin/vue-tsc.js", "--project", "."], ["svelte-check/bin/svelte-check", "--fail-on-warnings"]],
    ids=["vue-tsc", "svelte-check"],
)
def test_the_types_are_right(project: None, check: list[str]) -> None:
    """vue-tsc looks at React's and the plain sample, too."""
    done = node(*check)
    assert done.returncode == 0, done.stdout + done.stderr


def opens(visitor: Visitor, app: str) -> None:
    """The app, for somebody who is signed out: its autofill is offered, and nobody chooses."""
    visitor.touches(False)
    visitor.page.goto("about:blank")  # so that a new fragment is a new visit
    visitor.page.goto(app)
    visitor.wait_for_prompt()
    visitor.touches(True)


def is_in_the_app(visitor: Visitor, *, passkeys: int) -> None:
    expect(visitor.button("Create a passkey")).to_be_visible()
    expect(visitor.button("Remove")).to_have_count(passkeys)


def leaves_the_app(visitor: Visitor) -> None:
    visitor.page.goto("/")
    visitor.signs_out()


def transfers(visitor: Visitor, answer: str) -> None:
    page = visitor.page
    for label, value in {"To": "Grace", "Amount": "0012.50", "Purpose": "<b>Tea & cake</b>"}.items():
        page.get_by_label(label).fill(value)
    visitor.press("Transfer")
    expect(page.get_by_text(re.compile(r"(?<!0)12\.50"))).to_be_visible()  # as it is signed, not as it was typed
    expect(page.get_by_text("<b>Tea & cake</b>")).to_be_visible()
    visitor.press(answer)


def test_the_module_loads_where_there_is_no_page(project: None) -> None:
    """On servers that render components."""
    code = "import { connect } from './passkeys/passkeys_api.js'; console.log(typeof connect().login)"
    (BUILD / "server.mjs").write_text(code)
    done = node(str(BUILD / "server.mjs"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "function\n", "")


@pytest.mark.parametrize("row", [row for row in ROWS if row.test == "tests/sites/frontends"], ids=by_package)
def test_what_works_is_told_with_the_version_that_was_tried(row: Row) -> None:
    name = row.url.rpartition("/")[2]
    found = json.loads((NODE_MODULES / name / "package.json").read_text())["version"]
    assert found.startswith(f"{row.version}.")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_people_go_through_every_door(visitor: Visitor, place: tuple[str, Path], framework: str) -> None:
    page, app = visitor.page, f"/apps/{framework}.html"

    # A link lets somebody in.
    link = command(place[1], place[0], visitor.username, "--create")
    opens(visitor, f"{app}#{link.rstrip('/').rpartition('/')[2]}")
    visitor.press("Create the passkey of this link")
    is_in_the_app(visitor, passkeys=1)

    # They sign.
    transfers(visitor, "Do not sign")
    expect(page.get_by_role("status")).to_contain_text("Nothing was changed.")
    expect(visitor.button("Do not sign")).to_have_count(0)
    transfers(visitor, "Sign with a passkey")
    expect(page.get_by_role("status")).to_contain_text("Signed: ")
    page.goto("/transfers/")
    expect(page.get_by_text("Grace")).to_have_count(1)
    leaves_the_app(visitor)

    # They sign in by the button, then by autofill.
    opens(visitor, app)
    visitor.press("Sign in with a passkey")
    is_in_the_app(visitor, passkeys=1)
    leaves_the_app(visitor)
    page.goto(app)
    is_in_the_app(visitor, passkeys=1)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_people_confirm_when_they_are_asked(visitor: Visitor, framework: str) -> None:
    app = f"/apps/{framework}.html"
    visitor.signs_up()

    # A password of long ago is asked for again.
    visitor.page.goto("/grow-old")
    visitor.page.goto(app)
    is_in_the_app(visitor, passkeys=0)
    visitor.press("Create a passkey")
    expect(visitor.button("Confirm with a passkey")).to_be_visible()
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Confirm with the password")
    is_in_the_app(visitor, passkeys=1)

    # An account with a passkey wants the passkey.
    visitor.press("Remove")
    expect(visitor.page.get_by_role("status")).to_contain_text("Please confirm that it's you.")
    expect(visitor.button("Confirm with the password")).to_be_hidden()
    visitor.press("Confirm with a passkey")
    is_in_the_app(visitor, passkeys=0)
    expect(visitor.button("Confirm with a passkey")).to_be_hidden()
