"""`start_login(user=..., user_verification=...)`: the options."""

from datetime import UTC, datetime
from functools import partial

import pytest

from passkeys_django import ceremonies
from passkeys_django.models import Passkey
from tests.ceremonies.login.known_user.site import INVALID, LOGIN_FAILED, ask, listed, options_for, passkey_of
from tests.conftest import ceremony_cookies, make_passkey, refusal
from tests.support.two_steps import first_round, with_key

pytestmark = pytest.mark.django_db


UNUSABLE = [None, {"kind": "security-key"}, {"refused_at": datetime(2026, 1, 1, tzinfo=UTC)}]


def test_the_options_list_the_passkeys_of_this_user_and_nobody_elses(both, user, other_user):
    options = options_for(both, user)

    assert listed(options) == [passkey_of(user).credential_id]
    assert options["publicKey"]["allowCredentials"][0]["transports"] == ["internal", "hybrid"]
    assert listed(options_for(both, other_user)) == [passkey_of(other_user).credential_id]


def test_they_list_only_what_can_sign_in_here_alone(registered, user):
    make_passkey(user, kind="security-key")
    make_passkey(user, refused_at=datetime(2026, 1, 1, tzinfo=UTC))
    make_passkey(user, rp_id="elsewhere.example")
    make_passkey(user, user_verified=False)
    good = Passkey.objects.get(user_handle=passkey_handle(user))

    assert listed(options_for(registered, user)) == [good.credential_id]


def passkey_handle(user):
    return user.passkey_handle.handle.encode()


def test_a_start_costs_one_statement_and_opens_no_session(browser, user, django_assert_num_queries):
    make_passkey(user, user_verified=True)
    with django_assert_num_queries(2):  # one of them finds the user, in the site's view
        options_for(browser, user)
    assert "sessionid" not in browser.client.cookies


@pytest.mark.parametrize("fields", UNUSABLE, ids=["no passkey", "a security key", "a refused passkey"])
def test_a_user_without_a_usable_passkey_is_an_error_and_begins_nothing(browser, user, fields):
    """An empty list would let the browser offer everybody's passkeys, and invented ids would offer none at all."""
    if fields:
        make_passkey(user, user_verified=True, **fields)

    response = ask(browser, "start", user=user)

    assert refusal(response) == LOGIN_FAILED
    assert ceremony_cookies(browser.client) == {}


def test_nobody_is_a_user_without_a_passkey(registered):
    """`request.user` of a visitor. The ceremony must not become one that anybody may finish."""
    assert refusal(ask(registered, "start", user="")) == LOGIN_FAILED


@pytest.mark.parametrize("purpose", ["confirm", "second-step"])
def test_ceremonies_that_find_their_user_themselves_take_none(signed_in, user, purpose):
    assert refusal(ask(signed_in, "start", user=user, purpose=purpose)) == INVALID


# User verification


@pytest.mark.parametrize(
    ("setting", "wanted", "asked"),
    [
        ("preferred", "required", "required"),
        ("discouraged", "preferred", "preferred"),
        ("required", "discouraged", "required"),
        ("required", "preferred", "required"),
        ("preferred", "discouraged", "preferred"),
        ("preferred", None, "preferred"),
    ],
)
def test_c14_verification_is_raised_and_never_lowered(registered, user, settings, setting, wanted, asked):
    settings.PASSKEY_USER_VERIFICATION = setting
    query = {"verification": wanted} if wanted else {}

    assert options_for(registered, user, **query)["publicKey"]["userVerification"] == asked
    assert ask(registered, "start", **query).json()["publicKey"]["userVerification"] == asked


def test_c14_the_verification_of_a_second_step_can_be_raised_too(two_steps, user, rf):
    browser = with_key(user)
    token, request = first_round(browser, user), rf.post("/")
    request.COOKIES = {name: morsel.value for name, morsel in browser.client.cookies.items()}
    start = partial(ceremonies.start_login, request, purpose="second-step", token=token)

    assert start()["publicKey"]["userVerification"] == "discouraged"
    assert start(user_verification="required")["publicKey"]["userVerification"] == "required"


@pytest.mark.parametrize("wanted", ["", "REQUIRED", "none", "required "], ids=repr)
def test_an_unknown_verification_is_an_invalid_request(registered, user, wanted):
    assert refusal(ask(registered, "start", user=user, verification=wanted)) == INVALID
