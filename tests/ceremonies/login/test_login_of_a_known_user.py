"""`start_login(user=...)` and `verify_login(user=...)`: a site that knows already whose passkey it wants to see.

The second half attacks this: somebody wants to pass for another user, or to show less than the site has asked for.
"""

import json
from datetime import UTC, datetime
from functools import partial
from types import ModuleType

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.http import JsonResponse
from django.test import Client, RequestFactory
from django.urls import clear_url_caches, path

from passkeys_django import ceremonies
from passkeys_django.exceptions import CeremonyNotFound, PasskeyError
from passkeys_django.http.problems import problem_response
from passkeys_django.http.request_body import read_json_object
from passkeys_django.login import PasskeyLoginView
from passkeys_django.models import Passkey
from passkeys_django.testing.encoding import b64url
from passkeys_django.testing.hanko import Response
from tests.conftest import Browser, ceremony_cookies, make_passkey, moved_clock, put_cookies, refusal
from tests.support.two_steps import KEY, POLICY, first_round, second_options, with_key
from tests.urls import urlpatterns as everybodys

pytestmark = pytest.mark.django_db

CONFIRM = {"purpose": "confirm"}
INVALID = (400, "invalid_request")
LOGIN_FAILED = (403, "login_failed")
NOT_FOUND = (400, "ceremony_not_found")


UNUSABLE = [None, {"kind": "security-key"}, {"refused_at": datetime(2026, 1, 1, tzinfo=UTC)}]


class Site:
    """A site's own views: they know the user from `?user=`, which is a session or a token in real life."""

    def start(self, request):
        wanted = request.GET.get("verification")
        arguments = {"purpose": request.GET["purpose"]} if "purpose" in request.GET else {}
        return ceremonies.start_login(request, user=self._user(request), user_verification=wanted, **arguments)

    def finish(self, request):
        login = ceremonies.verify_login(request, read_json_object(request), user=self._user(request))
        return {"user": str(login.user.pk), "verified": login.user_verified, "passkey": str(login.passkey.pk)}

    def sign_in(self, request):
        user = self._user(request)
        return {"user": str(ceremonies.finalize_login(request, read_json_object(request), user=user).pk)}

    def _user(self, request):
        match request.GET.get("user"):
            case None:
                return None
            case "":
                return AnonymousUser()
            case name:
                return get_user_model().objects.get(pk=name)


def view(work):
    def answer(request):
        try:
            response = JsonResponse(work(request))
        except PasskeyError as error:
            response = problem_response(error)
        return ceremonies.apply_cookies(request, response)

    return answer


@pytest.fixture(autouse=True)
def site(settings):
    site, urls = Site(), ModuleType("urls")
    names = ("start", "finish", "sign_in")
    urls.urlpatterns = [*(path(f"site/{name}", view(getattr(site, name))) for name in names), *everybodys]
    settings.ROOT_URLCONF = urls
    yield site
    clear_url_caches()


def ask(browser, step, body=None, **query):
    query = {name: getattr(value, "pk", value) for name, value in query.items()}
    return browser.client.post(
        f"/site/{step}", json.dumps(body or {}), content_type="application/json", query_params=query
    )


def options_for(browser, user, **query):
    response = ask(browser, "start", user=user, **query)
    assert response.status_code == 200, response.content
    return response.json()


def answered(browser, user, *, verification=None, **overrides):
    """A credential for a ceremony that was begun for `user`, not sent yet."""
    query = {"verification": verification} if verification else {}
    return browser.authenticator.get(options_for(browser, user, **query), **overrides)


def listed(options):
    return [each["id"] for each in options["publicKey"].get("allowCredentials", [])]


@pytest.fixture
def both(registered, other_user):
    """A browser that holds a passkey of `user` and one of `other_user`."""
    other = registered.other_browser().sign_in(other_user)
    assert other.register().status_code == 201
    return registered


def passkey_of(user):
    return Passkey.objects.get(user=user)


def add(browser, owner, **start):
    """The credential id of one more passkey or security key of the owner, in this browser's authenticator."""
    other = browser.other_browser().sign_in(owner).confirm()
    options = other.creation_options(start)
    options["publicKey"]["excludeCredentials"] = []  # this authenticator stores several
    response = other.post("finalize-registration", other.authenticator.create(options))
    assert response.status_code == 201, response.content
    return response.json()["credential_id"]


@pytest.fixture
def two_steps(settings):
    """The policy asks everybody for a second step."""
    settings.PASSKEY_POLICY = POLICY
    urls = settings.ROOT_URLCONF.urlpatterns
    urls.insert(0, path("accounts/login/", PasskeyLoginView.as_view(), name="login"))
    clear_url_caches()


# The options


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


# The answer


def test_the_site_learns_whose_passkey_it_was_and_no_session_opens(registered, user):
    response = ask(registered, "finish", answered(registered, user), user=user)

    assert response.json() == {"user": str(user.pk), "verified": True, "passkey": str(passkey_of(user).pk)}
    assert registered.user_id is None


@pytest.mark.parametrize("query", [{}, {"user": True}], ids=["any ceremony", "a ceremony of this user"])
def test_finalize_login_opens_the_session_of_this_user(registered, user, query):
    response = ask(registered, "sign_in", answered(registered, user), **dict.fromkeys(query, user))

    assert response.status_code == 200, response.content
    assert registered.user_id == str(user.pk)


def test_a4_the_answer_may_lack_the_user_handle(registered, user):
    """WebAuthn L3, 7.2 step 6: the options named the credentials."""
    assert ask(registered, "finish", answered(registered, user, user_handle=None), user=user).status_code == 200


def test_a4_another_user_handle_is_refused(registered, user):
    credential = answered(registered, user, user_handle=b"somebody else")

    assert refusal(ask(registered, "finish", credential, user=user)) == LOGIN_FAILED


def test_a_passkey_that_was_made_after_the_start_is_this_users_too(registered, user):
    options = options_for(registered, user)
    newest = add(registered, user)
    assert newest not in listed(options)

    credential = registered.authenticator.get(options, credential_id=newest)

    assert ask(registered, "finish", credential, user=user).status_code == 200


def test_such_a_login_does_not_show_that_the_passkey_is_discoverable(registered, user):
    Passkey.objects.update(discoverable=None)
    assert ask(registered, "finish", answered(registered, user), user=user).status_code == 200
    assert passkey_of(user).discoverable is None

    assert registered.login().status_code == 200
    assert passkey_of(user).discoverable is True


def test_a_user_who_may_not_log_in_is_refused_at_the_end(registered, user, deactivate):
    deactivate(user)

    assert refusal(ask(registered, "finish", answered(registered, user), user=user)) == LOGIN_FAILED


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


# Attacks: somebody wants to pass for another user


def test_a3_another_users_passkey_is_refused_wherever_the_ceremony_is_finished(
    both, user, other_user, refusals_logged
):
    """As after a conditional request: autofill may offer what the options do not list."""
    foreign = passkey_of(other_user).credential_id

    for finish in (
        lambda credential: ask(both, "finish", credential, user=user),
        lambda credential: ask(both, "finish", credential),
        lambda credential: ask(both, "sign_in", credential),
        lambda credential: both.post("finalize-login", credential),
    ):
        assert refusal(finish(answered(both, user, credential_id=foreign))) == LOGIN_FAILED
        assert both.user_id is None
    assert all("begun for another user" in line for line in refusals_logged())
    assert passkey_of(other_user).use_count == 0


def test_a3_an_own_ceremony_of_the_public_endpoint_does_not_pass_for_a_known_users(both, user, other_user):
    """The attacker answers with their own passkey where the site wants to see the victim's."""
    own = passkey_of(other_user).credential_id
    credential = both.authenticator.get(both.request_options(), credential_id=own)
    assert refusal(ask(both, "finish", credential, user=user)) == NOT_FOUND

    theirs = both.authenticator.get(both.request_options(), credential_id=passkey_of(user).credential_id)
    assert refusal(ask(both, "finish", theirs, user=user)) == NOT_FOUND  # it may ask for less than the site did


def test_a_ceremony_that_was_begun_for_oneself_does_not_pass_for_another_users(both, user, other_user):
    own = passkey_of(other_user).credential_id
    credential = answered(both, other_user, credential_id=own)

    assert refusal(ask(both, "finish", credential, user=user)) == NOT_FOUND


def test_nor_does_a_confirmation_of_oneself(both, user, other_user):
    both.sign_in(other_user)
    own = passkey_of(other_user).credential_id
    credential = both.authenticator.get(both.request_options(CONFIRM), credential_id=own)

    assert refusal(ask(both, "finish", credential, user=user)) == NOT_FOUND


def test_whoever_is_nobody_finishes_nothing(registered, user):
    assert refusal(ask(registered, "finish", answered(registered, user), user="")) == NOT_FOUND


def test_the_public_endpoint_finishes_it_for_this_user_only(registered, user):
    """The owner of a passkey can sign in anyway. Nobody gets further than this."""
    response = registered.post("finalize-login", answered(registered, user))

    assert response.status_code == 200
    assert registered.user_id == str(user.pk)


def test_a13_the_public_endpoint_names_no_passkeys_whatever_it_is_told(registered, user):
    named = {"user": str(user.pk), "user_id": str(user.pk), "username": user.get_username(), "email": user.email}

    for body in ({}, named, {name: [value] for name, value in named.items()}):
        options = registered.request_options(body)["publicKey"]
        assert set(options) == {"challenge", "timeout", "rpId", "userVerification"}


def test_the_public_endpoint_lets_nobody_choose_the_verification(registered, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    for body in ({"user_verification": "discouraged"}, {"userVerification": "discouraged"}):
        assert registered.request_options(body)["publicKey"]["userVerification"] == "preferred"


def test_a_passkey_that_changes_hands_during_the_ceremony_is_refused(
    registered, user, other_user, refusals_logged
):
    credential = answered(registered, user)
    Passkey.objects.update(user=other_user)

    assert refusal(registered.post("finalize-login", credential)) == LOGIN_FAILED
    assert "begun for another user" in refusals_logged()[0]
    assert registered.user_id is None


def test_a_security_key_never_signs_in_alone(registered, user, refusals_logged):
    credential = answered(registered, user, credential_id=add(registered, user, **KEY))

    assert refusal(ask(registered, "finish", credential, user=user)) == LOGIN_FAILED
    assert "security key" in refusals_logged()[0]


def test_a_second_step_is_no_login_of_its_user(two_steps, user):
    """The attacker knows the password and has the security key: this is good for a second step, and no more."""
    browser = with_key(user)
    credential = browser.authenticator.get(second_options(browser, first_round(browser, user)))

    assert refusal(ask(browser, "finish", credential, user=user)) == NOT_FOUND


def test_a_login_of_a_user_is_no_second_step(registered, user):
    credential = answered(registered, user)
    request = RequestFactory().post("/")
    request.COOKIES.update(ceremony_cookies(registered.client))

    with pytest.raises(CeremonyNotFound):
        ceremonies.verify_second_step(request, credential, user=user)


# Attacks: somebody shows less than was asked for


def test_an_answer_without_the_verification_that_was_asked_for_is_refused(
    registered, user, settings, refusals_logged
):
    """The page's options were edited: "required" became "discouraged"."""
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    options = options_for(registered, user, verification="required")
    options["publicKey"]["userVerification"] = "discouraged"

    credential = registered.authenticator.get(options, flags={"uv": False})

    assert refusal(ask(registered, "finish", credential, user=user)) == LOGIN_FAILED
    assert "user not verified" in refusals_logged()[0]


def test_a_weaker_ceremony_of_the_public_endpoint_is_no_way_around_it(registered, user, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    options_for(registered, user, verification="required")
    credential = registered.authenticator.get(registered.request_options(), flags={"uv": False})

    assert refusal(ask(registered, "finish", credential, user=user)) == NOT_FOUND


def test_the_result_says_whether_the_device_verified(registered, user, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    credential = answered(registered, user, flags={"uv": False})

    assert ask(registered, "finish", credential, user=user).json()["verified"] is False


def test_the_answer_needs_somebody_at_the_device(registered, user):
    assert refusal(ask(registered, "finish", answered(registered, user, flags={"up": False}), user=user)) == (
        LOGIN_FAILED
    )


# Attacks: cookies


def test_the_answer_is_good_once_and_in_this_browser(registered, user):
    credential = answered(registered, user)
    cookies = ceremony_cookies(registered.client)
    assert refusal(ask(Browser(Client()), "finish", credential, user=user)) == NOT_FOUND
    assert ask(registered, "finish", credential, user=user).status_code == 200
    put_cookies(registered.client, cookies)

    assert refusal(ask(registered, "finish", credential, user=user)) == (409, "ceremony_used")
    put_cookies(registered.client, cookies)
    assert refusal(registered.post("finalize-login", credential)) == (409, "ceremony_used")
    assert registered.user_id is None


def test_the_answer_is_good_for_ten_minutes(registered, user):
    with moved_clock(-601):
        credential = answered(registered, user)

    assert refusal(ask(registered, "finish", credential, user=user)) == (400, "ceremony_expired")


def test_the_cookie_of_another_ceremony_does_not_free_it_from_its_user(both, user, other_user):
    """The cookie of an own, open ceremony is put in the place of the one that names the victim."""
    credential = answered(both, user, credential_id=passkey_of(other_user).credential_id)
    [name] = ceremony_cookies(both.client)
    both.request_options()
    [other] = set(ceremony_cookies(both.client)) - {name}
    put_cookies(both.client, {name: ceremony_cookies(both.client)[other]})

    assert refusal(ask(both, "finish", credential)) == NOT_FOUND


def test_the_cookie_does_not_say_whose_ceremony_it_is(registered, user):
    options_for(registered, user)
    [cookie] = ceremony_cookies(registered.client).values()

    assert str(user.get_username()) not in cookie
    assert b64url(str(user.get_username()).encode()) not in cookie


# With Hanko


@pytest.fixture
def at_hanko(hanko_site, registered):
    hanko_site.requests.clear()
    return registered


def calls(fake):
    return [path.split("/", 2)[2] for _method, path in fake.requests]


def test_hanko_begins_it_without_a_name_and_verifies_the_answer_without_a_handle(at_hanko, fake_hanko, user):
    """A start with a name would need the API key, and would expire. The list of passkeys is ours."""
    assert listed(options_for(at_hanko, user)) == [passkey_of(user).credential_id]

    response = ask(at_hanko, "finish", answered(at_hanko, user, user_handle=None), user=user)

    assert response.status_code == 200, response.content
    assert calls(fake_hanko)[-1] != "login/initialize"
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
