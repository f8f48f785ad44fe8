"""The ceremonies to lie in."""

import pytest

from tests.security.hostile.attempts import Confirmation, Login, Registration

EVERYWHERE = ["registration", "login", "confirmation", "registration at Hanko", "login at Hanko"]


@pytest.fixture(params=EVERYWHERE)
def attempt(request, user, subtests):
    """Each ceremony, with the embedded provider and with Hanko."""
    ceremony, _, at_hanko = request.param.partition(" at ")
    if at_hanko:
        request.getfixturevalue("hanko_site")
    tenant = request.getfixturevalue("tenant") if at_hanko else None
    if ceremony == "registration":
        return Registration(request.getfixturevalue("signed_in"), tenant, subtests)
    browser = request.getfixturevalue("registered")
    if ceremony == "login":
        return Login(browser, tenant, subtests)
    return Confirmation(browser.sign_in(user), tenant, subtests)
