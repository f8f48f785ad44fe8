"""The same with Hanko as the provider, which is told no name."""

import json

import pytest

from passkeys_django.testing.hanko import Response
from tests.ceremonies.login.known_user.site import LOGIN_FAILED, answered, ask, listed, options_for, passkey_of
from tests.conftest import make_passkey, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_hanko(hanko_site, registered):
    hanko_site.requests.clear()
    return registered


def calls(fake):
    return [path.split("/", 2)[2] for _method, path in fake.requests]


def test_hanko_begins_it_without_a_name(at_hanko, tenant, user):
    """A start with a name would need the API key, and would expire. The list of passkeys is ours."""
    options = options_for(at_hanko, user)["publicKey"]

    begun = tenant.challenges[options["challenge"]]
    assert (begun.user_id, begun.allowed) == ("", ())
    assert [each["id"] for each in options["allowCredentials"]] == [passkey_of(user).credential_id]


def test_hanko_verifies_the_answer_though_the_browser_leaves_the_handle_out(at_hanko, fake_hanko, user):
    response = ask(at_hanko, "finish", answered(at_hanko, user, user_handle=None), user=user)

    assert response.status_code == 200, response.content
    assert "login/finalize" in calls(fake_hanko)


def test_hanko_is_not_asked_about_another_users_passkey(at_hanko, fake_hanko, user, other_user):
    other = at_hanko.other_browser().sign_in(other_user)
    assert other.register().status_code == 201
    credential = answered(at_hanko, user, credential_id=passkey_of(other_user).credential_id)
    fake_hanko.requests.clear()

    assert refusal(ask(at_hanko, "finish", credential, user=user)) == LOGIN_FAILED
    assert fake_hanko.requests == []


def test_hanko_is_not_called_for_a_user_without_a_passkey(hanko_site, browser, user):
    assert refusal(ask(browser, "start", user=user)) == LOGIN_FAILED
    assert hanko_site.requests == []


@pytest.mark.parametrize("theirs", ["nonsense", None])
def test_options_that_ask_for_no_known_verification_mean_preferred(at_hanko, fake_hanko, user, theirs):
    def strange(request):
        public_key = {"challenge": "A" * 43, "timeout": 60000, "rpId": "testserver"}
        public_key |= {} if theirs is None else {"userVerification": theirs}
        body = json.dumps({"publicKey": public_key}).encode()
        return Response(status=200, body=body, headers=(("Content-Type", "application/json"),))

    fake_hanko.faults.respond = strange

    assert options_for(at_hanko, user)["publicKey"]["userVerification"] == "preferred"


def test_while_hanko_is_down_this_site_holds_the_same_rules(at_hanko, fake_hanko, user, other_user, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True
    fake_hanko.faults.drop = True
    own, foreign = passkey_of(user).credential_id, make_passkey(other_user).credential_id
    options = options_for(at_hanko, user)
    assert listed(options) == [own]
    assert foreign not in listed(options)

    credential = at_hanko.authenticator.get(options, user_handle=None)

    assert ask(at_hanko, "finish", credential, user=user).status_code == 200
