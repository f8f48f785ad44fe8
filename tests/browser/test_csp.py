"""Every page under the policy of a strict site, and not one violation."""

import pytest

from tests.browser.tour import peoples_pages, staffs_pages
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
REPORT = """
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) => {
  if (blockedURI.startsWith("https://last.invalid")) lastIsTold();
  else violated(`${location.pathname}: ${violatedDirective} ${blockedURI} ${sourceFile}`);
});
"""


@pytest.fixture
def violations(strict_visitor: Visitor) -> list[str]:
    """What the browser has refused to load or run, on whatever page."""
    reported: list[str] = []
    strict_visitor.context.expose_function("violated", lambda violation: reported.append(violation))
    strict_visitor.context.add_init_script(REPORT)
    return reported


def wait_for_violations(visitor: Visitor) -> None:
    """Return when the list has all violations so far: the browser reports them in order, and ours is the last."""
    visitor.lets_the_script_finish()
    visitor.wait_for_promise(
        "new Promise((told) => { lastIsTold = told; new Image().src = `https://last.invalid/${Math.random()}`; })"
    )


def test_violations_are_counted(strict_visitor: Visitor, violations: list[str]) -> None:
    strict_visitor.page.goto("/accounts/login/")
    strict_visitor.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')")
    wait_for_violations(strict_visitor)
    assert {violation.split("-attr")[0] for violation in violations} == {"/accounts/login/: style-src"}


def test_d22_permissions_are_limited(strict_visitor: Visitor) -> None:
    strict_visitor.page.goto("/accounts/login/")
    features = ["camera", "publickey-credentials-get", "publickey-credentials-create"]
    allowed = "features => features.filter(name => document.featurePolicy.allowsFeature(name))"
    assert strict_visitor.page.evaluate(allowed, features) == features[1:]


def test_d21_d22_no_page_of_ours_violates_a_strict_policy(strict_visitor: Visitor, violations: list[str]) -> None:
    for _page in peoples_pages(strict_visitor):
        wait_for_violations(strict_visitor)
    assert violations == []


def test_d21_no_admin_page_violates_a_strict_policy(strict_visitor: Visitor, violations: list[str]) -> None:
    for _page in staffs_pages(strict_visitor, "root"):
        wait_for_violations(strict_visitor)
    assert violations == []
