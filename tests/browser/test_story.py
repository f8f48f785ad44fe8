"""The one browser test of `make test`: an account's whole life with a passkey, at the embedded site."""

import pytest

from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.story]


def test_a_person_signs_up_and_creates_uses_renames_and_removes_a_passkey(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.is_signed_in_with("password")
    embedded_visitor.creates_a_passkey()
    embedded_visitor.signs_out()

    embedded_visitor.signs_in_by_the_button()
    embedded_visitor.renames_and_removes_the_passkey()
    embedded_visitor.signs_out()
    assert embedded_visitor.refusals() == []
