"""Signing up with a passkey: an account and its first passkey, together or not at all."""

import json
import re

import pytest
from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.signing import Signer
from django.db import DatabaseError, IntegrityError, connection
from django.http import HttpRequest
from django.template import Context, RequestContext, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext

from passkeys_django import ceremonies
from passkeys_django.ceremonies.signup import FORM_MAX_LENGTH
from passkeys_django.models import Passkey, PasskeyEvent, RemovedPasskey, UserHandle
from passkeys_django.sessions import get_authentication
from passkeys_django.signup.forms import PasskeySignupForm
from passkeys_django.testing.encoding import unb64url
from tests.conftest import Browser, ceremony_cookies, make_user, moved_clock, put_cookies, refusal
from tests.security.test_parallel import at_once, outcomes, posting

pytestmark = pytest.mark.django_db
User = get_user_model()
FIELD = User.USERNAME_FIELD
INVALID = (400, "invalid_request")
BACKEND = "passkeys_django.backends.PasskeyBackend"


def called(name):
    """A username, or an e-mail address where that is the username."""
    return f"{name}@example.com" if FIELD == "email" else name


def filled_in(name="ada", **more):
    return {FIELD: called(name)} | more


class Newcomer(Browser):
    """A browser in front of which somebody without an account sits."""

    def signup_options(self, name="ada", **more):
        response = self.post("start-signup", filled_in(name, **more))
        assert response.status_code == 200, response.content
        return response.json()

    def answer(self, name="ada", **overrides):
        return self.authenticator.create(self.signup_options(name), **overrides)

    def sign_up(self, name="ada", query="", **overrides):
        return self.post("finalize-signup", self.answer(name, **overrides), query=query)


@pytest.fixture
def newcomer():
    return Newcomer()


@pytest.fixture(params=["embedded", "hanko"])
def provider(request):
    return request.getfixturevalue("hanko_site") if request.param == "hanko" else None


def rows():
    return [model.objects.count() for model in (User, UserHandle, Passkey)]


NOTHING = [0, 0, 0]
ONE_ACCOUNT = [1, 1, 1]


# An account


def test_signing_up_makes_an_account_without_a_password_and_signs_in(provider, newcomer):
    response = newcomer.sign_up()

    assert (response.status_code, response.json()) == (201, {"redirect_url": "/accounts/profile/"})
    assert response["Cache-Control"] == "no-store"
    user = User.objects.get()
    assert user.get_username() == called("ada")
    assert not user.has_usable_password()
    assert newcomer.user_id == str(user.pk)
    assert newcomer.client.session["_auth_user_backend"] == BACKEND


def test_the_account_is_entered_with_its_passkey_from_then_on(provider, newcomer):
    newcomer.sign_up()
    newcomer.client.logout()

    assert newcomer.login().status_code == 200
    assert newcomer.user_id == str(User.objects.get().pk)


def test_the_handle_that_the_authenticator_holds_is_the_users(provider, newcomer):
    newcomer.sign_up()

    [credential] = newcomer.authenticator.credentials.values()
    passkey = Passkey.objects.get()
    handle = UserHandle.objects.get(user=User.objects.get()).handle
    assert len(handle) == 43
    assert credential.user_handle == bytes(passkey.user_handle) == handle.encode()
    assert bytes(passkey.public_key) == credential.public_key
    assert passkey.user_verified is True


def test_whoever_signed_up_creates_a_second_passkey_at_once(provider, newcomer):
    newcomer.sign_up()
    second = Newcomer(newcomer.client)

    assert second.register().status_code == 201
    assert {bytes(passkey.user_handle) for passkey in Passkey.objects.all()} == {
        UserHandle.objects.get().handle.encode()
    }


def test_the_passkey_is_held_by_the_provider_that_began(hanko_site, tenant, newcomer):
    newcomer.sign_up()

    passkey = Passkey.objects.get()
    assert passkey.provider == f"hanko:{tenant.id}"
    assert passkey.credential_id in tenant.users[UserHandle.objects.get().handle].credentials


@pytest.mark.parametrize("attachment", ["platform", "cross-platform"])
def test_the_session_knows_that_a_passkey_opened_it(newcomer, attachment):
    newcomer.post("finalize-signup", newcomer.answer() | {"authenticatorAttachment": attachment})

    request = HttpRequest()
    request.session = newcomer.client.session
    authentication = get_authentication(request)
    assert (authentication.method, authentication.user_verified) == ("passkey", True)
    assert authentication.passkey == str(Passkey.objects.get().pk)
    assert authentication.attachment == attachment


def test_who_was_signed_in_as_somebody_else_is_the_new_user_now(signed_in, user):
    newcomer = Newcomer(signed_in.client)
    before = newcomer.client.session.session_key

    assert newcomer.sign_up("grace").status_code == 201
    assert newcomer.user_id == str(User.objects.exclude(pk=user.pk).get().pk)
    assert newcomer.client.session.session_key != before


@pytest.mark.parametrize(
    ("query", "url"), [("?next=/inside/", "/inside/"), ("?next=https://evil.example/", "/accounts/profile/")]
)
def test_next_leads_within_the_site_only(newcomer, query, url):
    assert newcomer.sign_up(query=query).json() == {"redirect_url": url}


def test_the_browser_is_asked_for_a_passkey_of_that_name(provider, newcomer):
    options = newcomer.signup_options()["publicKey"]

    assert options["user"]["name"] == options["user"]["displayName"] == called("ada")
    assert called("ada") not in unb64url(options["user"]["id"]).decode()
    assert options["excludeCredentials"] == []
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"


def test_every_start_has_a_handle_of_its_own(newcomer):
    ids = {newcomer.signup_options()["publicKey"]["user"]["id"] for _ in range(3)}

    assert len(ids) == 3


# Who hears of it


def test_it_is_signalled_as_a_registration_and_a_login(newcomer, sent):
    newcomer.sign_up()

    [registered], [logged_in] = sent["passkey_registered"], sent["user_logged_in"]
    assert registered["sender"] is Passkey
    assert registered["user"] == logged_in["user"] == User.objects.get()
    assert registered["passkey"] == Passkey.objects.get()
    assert registered["fallback"] is False
    assert not sent["passkey_used"]
    assert not sent["user_login_failed"]


def test_it_is_in_the_history(newcomer):
    newcomer.sign_up()

    event = PasskeyEvent.objects.get()
    assert (event.kind, event.user, event.actor) == ("registered", User.objects.get(), None)


def test_who_has_an_address_is_told_by_e_mail(newcomer, settings, mailoutbox, django_capture_on_commit_callbacks):
    settings.PASSKEY_SIGNUP_FORM = "tests.support.signup_forms.WithAddress"
    credential = newcomer.authenticator.create(newcomer.signup_options(email="ada@example.com"))
    with django_capture_on_commit_callbacks(execute=True):
        assert newcomer.post("finalize-signup", credential).status_code == 201

    [message] = mailoutbox
    assert message.to == ["ada@example.com"]
    assert "Done by: you" in message.body


def test_a_refusal_is_signalled_as_nothing_at_all(newcomer, sent):
    newcomer.sign_up(flags={"uv": False})

    assert not any(sent.sent.values())


# Nothing by halves


def test_a_start_writes_nothing(provider, newcomer):
    with CaptureQueriesContext(connection) as queries:
        newcomer.signup_options()

    assert all(query["sql"].startswith("SELECT") for query in queries)
    assert "sessionid" not in newcomer.client.cookies
    assert rows() == NOTHING


def test_an_abandoned_sign_up_leaves_the_name_to_others(provider, newcomer):
    newcomer.answer()

    assert Newcomer().sign_up().status_code == 201
    assert rows() == ONE_ACCOUNT


def test_what_hanko_keeps_of_an_abandoned_sign_up_names_nobody(hanko_site, tenant, newcomer):
    handle = unb64url(newcomer.signup_options()["publicKey"]["user"]["id"]).decode()

    [user] = tenant.users.values()
    assert (user.user_id, user.name, user.display_name) == (handle, handle, handle)
    assert user.credentials == {}


@pytest.mark.parametrize(
    "overrides",
    [
        {"origin": "https://evil.example"},
        {"flags": {"up": False}},
        {"flags": {"uv": False}},
    ],
    ids=repr,
)
def test_a_credential_that_breaks_a_rule_makes_no_account(provider, newcomer, overrides):
    assert refusal(newcomer.sign_up(**overrides)) == (400, "invalid_credential")
    assert rows() == NOTHING
    assert newcomer.user_id is None


@pytest.mark.parametrize("model", [User, UserHandle, Passkey])
def test_what_cannot_be_stored_whole_is_not_stored_and_not_kept_by_the_provider(
    hanko_site, tenant, newcomer, monkeypatch, model
):
    def save(*args, **kwargs):
        raise DatabaseError("disk full")

    credential = newcomer.answer()
    monkeypatch.setattr(model, "save", save)
    with pytest.raises(DatabaseError):
        newcomer.post("finalize-signup", credential)

    assert rows() == NOTHING
    assert [user.credentials for user in tenant.users.values()] == [{}]
    assert newcomer.user_id is None


def test_a_passkey_stored_meanwhile_makes_no_account(newcomer, user, monkeypatch):
    """Between the check and the insert: the database has the last word, and takes the user back."""
    credential = newcomer.answer("grace")
    assert Browser().sign_in(user).register(credential_id=unb64url(credential["id"])).status_code == 201
    answers = iter([False])
    monkeypatch.setattr(type(Passkey.objects), "is_known", lambda *_args: next(answers, True))

    assert refusal(newcomer.post("finalize-signup", credential)) == (409, "passkey_exists")
    assert User.objects.count() == 1


def test_rows_that_contradict_others_for_a_reason_of_the_sites_are_an_error_and_no_crash(newcomer, monkeypatch):
    def save(*args, **kwargs):
        raise IntegrityError("a trigger of the site's")

    credential = newcomer.answer()
    monkeypatch.setattr(User, "save", save)

    assert refusal(newcomer.post("finalize-signup", credential)) == INVALID
    assert rows() == NOTHING


# Names


def test_a_name_that_is_taken_is_told_at_the_start(newcomer, user):
    response = newcomer.post("start-signup", filled_in())

    assert refusal(response) == INVALID
    assert "already exists" in response.json()["detail"]
    assert response.json()["errors"] == {FIELD: [response.json()["detail"]]}
    assert not ceremony_cookies(newcomer.client)


def test_a_name_that_differs_in_case_only_is_taken(newcomer, user):
    assert refusal(newcomer.post("start-signup", {FIELD: called("ada").upper()})) == INVALID


@pytest.mark.parametrize(
    "name", ["", " ", "a" * 300, "no\x00", "two words", None, 12, [], {}, [["a"]], "\ud800", ["\udfff"]]
)
def test_a_name_that_the_user_model_does_not_take_is_told(newcomer, name):
    response = newcomer.post("start-signup", json.dumps({FIELD: name}))

    assert refusal(response) == INVALID
    assert response.json()["detail"]
    assert rows() == NOTHING


def test_members_that_the_form_does_not_have_count_for_nothing(newcomer):
    options = newcomer.signup_options(is_staff=True, is_superuser=True, password="x", id=7, mediation="silent")

    assert newcomer.post("finalize-signup", newcomer.authenticator.create(options)).status_code == 201
    user = User.objects.get()
    assert not user.is_staff
    assert not user.is_superuser
    assert not user.has_usable_password()


def test_who_comes_second_for_a_name_is_told_at_the_end(provider, newcomer):
    late, credential = Newcomer(), newcomer.answer()
    assert late.sign_up().status_code == 201

    response = newcomer.post("finalize-signup", credential)

    assert refusal(response) == INVALID
    assert FIELD in response.json()["errors"]
    assert rows() == ONE_ACCOUNT
    assert newcomer.user_id is None


def test_who_comes_second_by_a_hair_is_told_too_and_leaves_nothing(hanko_site, tenant, newcomer, monkeypatch):
    """Between the check and the insert."""
    credential, save = newcomer.answer(), PasskeySignupForm.save
    handles = set(tenant.users)

    def late(form, commit=True):
        monkeypatch.undo()
        make_user()
        return save(form, commit)

    monkeypatch.setattr(PasskeySignupForm, "save", late)

    assert refusal(newcomer.post("finalize-signup", credential)) == INVALID
    assert not Passkey.objects.exists()
    assert [tenant.users[handle].credentials for handle in handles] == [{}]
    assert not RemovedPasskey.objects.exists()


# The ceremony


def test_a_replay_makes_no_second_account(provider, newcomer):
    credential = newcomer.answer()
    cookies = ceremony_cookies(newcomer.client)
    assert newcomer.post("finalize-signup", credential).status_code == 201

    put_cookies(newcomer.client, cookies)
    assert refusal(newcomer.post("finalize-signup", credential)) == (409, "ceremony_used")
    assert rows() == ONE_ACCOUNT


def test_a_replay_after_the_passkey_is_removed_makes_none_either(newcomer):
    credential = newcomer.answer()
    cookies = ceremony_cookies(newcomer.client)
    newcomer.post("finalize-signup", credential)
    Passkey.objects.all().delete()

    put_cookies(newcomer.client, cookies)
    assert refusal(newcomer.post("finalize-signup", credential)) == (409, "ceremony_used")
    assert not Passkey.objects.exists()


def test_a_credential_of_somebody_elses_passkey_makes_no_account(newcomer, user):
    stored = Browser().sign_in(user).register().json()["credential_id"]

    response = newcomer.sign_up("grace", credential_id=unb64url(stored))

    assert refusal(response) == (409, "passkey_exists")
    assert User.objects.count() == 1


def test_another_browser_finishes_nothing(newcomer):
    assert refusal(Newcomer().post("finalize-signup", newcomer.answer())) == (400, "ceremony_not_found")


def test_after_ten_minutes_it_is_too_late(newcomer):
    credential = newcomer.answer()
    with moved_clock(601):
        assert refusal(newcomer.post("finalize-signup", credential)) == (400, "ceremony_expired")


def test_the_cookie_is_gone_whatever_happened(newcomer):
    newcomer.sign_up(flags={"uv": False})
    newcomer.sign_up()

    assert not ceremony_cookies(newcomer.client)


def test_a_name_changed_in_the_cookie_is_no_cookie(newcomer):
    credential = newcomer.answer()
    [(name, value)] = ceremony_cookies(newcomer.client).items()
    content = Signer(salt="passkeys_django.ceremony").unsign_object(value)
    content[-1] = filled_in("root")
    put_cookies(newcomer.client, {name: Signer(salt="elsewhere").sign_object(content)})

    assert refusal(newcomer.post("finalize-signup", credential)) == (400, "ceremony_not_found")


@pytest.mark.parametrize("name", ["finalize-registration", "finalize-login"])
def test_a_challenge_for_signing_up_is_good_for_nothing_else(signed_in, name):
    newcomer = Newcomer(signed_in.client)
    options = newcomer.signup_options("grace")
    if name == "finalize-login":
        newcomer.register()
        login = newcomer.request_options()
        login["publicKey"]["challenge"] = options["publicKey"]["challenge"]
        credential = newcomer.authenticator.get(login)
    else:
        credential = newcomer.authenticator.create(options)

    assert refusal(newcomer.post(name, credential)) == (400, "ceremony_not_found")


def test_a_challenge_for_a_registration_signs_nobody_up(signed_in):
    credential = signed_in.authenticator.create(signed_in.creation_options())

    assert refusal(signed_in.post("finalize-signup", credential)) == (400, "ceremony_not_found")


@pytest.mark.django_db(transaction=True)
def test_of_ten_parallel_replays_one_makes_the_account(newcomer):
    credential = newcomer.answer()
    cookies = ceremony_cookies(newcomer.client)
    browsers = [Newcomer() for _ in range(10)]
    for browser in browsers:
        put_cookies(browser.client, cookies)

    responses = at_once(*(posting(browser, "finalize-signup", credential) for browser in browsers))

    assert outcomes(responses) == {"success": 1, "ceremony_used": 9}
    assert rows() == ONE_ACCOUNT
    assert sum(browser.user_id is not None for browser in browsers) == 1


@pytest.mark.django_db(transaction=True)
def test_of_ten_people_who_want_one_name_at_once_one_gets_it():
    newcomers = [Newcomer() for _ in range(10)]
    credentials = [newcomer.answer() for newcomer in newcomers]

    responses = at_once(
        *(
            posting(newcomer, "finalize-signup", credential)
            for newcomer, credential in zip(newcomers, credentials, strict=True)
        )
    )

    assert outcomes(responses) == {"success": 1, "invalid_request": 9}
    assert rows() == ONE_ACCOUNT


# While the provider is down


def test_local_fallback_signs_people_up(hanko_site, newcomer, settings, sent):
    settings.PASSKEY_LOCAL_FALLBACK = True
    hanko_site.faults.drop = True

    assert newcomer.sign_up().status_code == 201
    assert Passkey.objects.get().provider == ""
    assert sent["passkey_registered"][0]["fallback"] is True


def test_local_fallback_finishes_what_the_provider_began(hanko_site, tenant, newcomer, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True
    credential = newcomer.answer()
    hanko_site.faults.drop = True

    assert newcomer.post("finalize-signup", credential).status_code == 201
    assert Passkey.objects.get().provider == ""
    assert RemovedPasskey.objects.get().provider == f"hanko:{tenant.id}"  # if it has a copy, it is to go


def test_without_it_nobody_signs_up_meanwhile(hanko_site, newcomer):
    credential = newcomer.answer()
    hanko_site.faults.drop = True

    assert refusal(newcomer.post("start-signup", filled_in())) == (503, "provider_unavailable")
    assert refusal(newcomer.post("finalize-signup", credential)) == (503, "provider_unavailable")
    assert rows() == NOTHING


# Sites


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ["start-signup", "finalize-signup"])
def test_a_site_that_does_not_ask_for_it_has_no_such_endpoints(settings, name, method):
    del settings.PASSKEY_SIGNUP_FORM
    client = Client(enforce_csrf_checks=True)

    assert getattr(client, method)(f"/passkeys/{name}").status_code == 404


def test_the_functions_say_which_setting_is_missing(settings, rf):
    del settings.PASSKEY_SIGNUP_FORM

    with pytest.raises(ImproperlyConfigured, match="PASSKEY_SIGNUP_FORM"):
        ceremonies.start_signup(rf.post("/", {}, content_type="application/json"), {})


def test_without_our_backend_no_account_is_made(newcomer, settings):
    credential = newcomer.answer()
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]

    with pytest.raises(ImproperlyConfigured, match="AUTHENTICATION_BACKENDS"):
        newcomer.post("finalize-signup", credential)
    assert rows() == NOTHING


def test_a_sites_own_backend_opens_the_session(newcomer, settings):
    own = "tests.support.signup_forms.OwnBackend"
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", own]

    newcomer.sign_up()

    assert newcomer.client.session["_auth_user_backend"] == own


def test_who_must_wait_for_somebodys_consent_is_not_signed_in(newcomer, settings):
    settings.AUTHENTICATION_BACKENDS = ["tests.support.signup_forms.CautiousBackend"]

    assert newcomer.sign_up(query="?next=/wait/").json() == {"redirect_url": "/wait/"}
    assert rows() == ONE_ACCOUNT
    assert newcomer.user_id is None
    assert refusal(newcomer.login()) == (403, "login_failed")


# A form of the site's own


@pytest.fixture
def own_form(settings):
    settings.PASSKEY_SIGNUP_FORM = "tests.support.signup_forms.Invited"


def test_a_sites_own_form_asks_and_refuses(own_form, newcomer):
    response = newcomer.post("start-signup", filled_in(invitation="wrong", agreed=False, colours=["red"]))

    assert refusal(response) == INVALID
    assert response.json()["errors"] == {
        "agreed": ["This field is required."],
        "__all__": ["This invitation is not known."],
    }
    assert response.json()["detail"] == "This field is required. This invitation is not known."


def test_a_sites_own_form_makes_more_of_the_user(own_form, newcomer):
    options = newcomer.signup_options(invitation="right", agreed=True, colours=["red", "green"])
    assert options["publicKey"]["user"]["name"] == called("ada")
    assert newcomer.post("finalize-signup", newcomer.authenticator.create(options)).status_code == 201

    assert User.objects.get().is_staff  # whom two colours please
    assert get_user_model().objects.count() == 1


def test_a_form_that_is_to_ask_once_only_knows_which_time_it_is(newcomer, settings):
    settings.PASSKEY_SIGNUP_FORM = "tests.support.signup_forms.WithCaptcha"

    options = newcomer.signup_options(captcha="right")

    assert newcomer.post("finalize-signup", newcomer.authenticator.create(options)).status_code == 201


def test_more_than_a_cookie_holds_is_too_much(newcomer, settings):
    settings.PASSKEY_SIGNUP_FORM = "tests.support.signup_forms.Talkative"
    room = FORM_MAX_LENGTH - len(json.dumps(filled_in(story="")))

    newcomer.signup_options(story="x" * room)
    [(_name, cookie)] = ceremony_cookies(newcomer.client).items()
    response = newcomer.post("start-signup", filled_in(story="x" * (room + 1)))

    assert len(cookie) < 3000
    assert refusal(response) == (413, "invalid_request")


def test_the_form_is_djangos_for_pages_without_a_script():
    form = PasskeySignupForm()

    assert isinstance(form, forms.ModelForm)
    assert form[FIELD].field.widget.attrs["autocomplete"] == "username"


def test_names_are_not_logged(newcomer, user, refusals_logged):
    newcomer.post("start-signup", filled_in())
    newcomer.sign_up("grace", flags={"uv": False})

    first, second = refusals_logged()
    assert first.startswith("Passkey sign-up start refused (invalid_request): the form has errors: {")
    assert second.startswith("Passkey sign-up refused (invalid_credential)")
    assert called("ada") not in first + second
    assert called("grace") not in first + second


# The page


@pytest.fixture
def page(client):
    def get(path="/passkeys/signup/"):
        response = client.get(path)
        assert response.status_code == 200
        return response.content.decode()

    return get


def test_the_page_has_the_form_and_both_scripts(page):
    html = page()

    assert re.search(rf'<input type="\w+" name="{FIELD}" [^>]*autocomplete="username"', html)
    assert re.search(r"<form [^>]*data-passkey-signup>", html)
    button = r'<button type="submit" [^>]*disabled><span .*?</span>Sign up with a passkey</button>'
    assert re.search(button, html)
    assert re.findall(r'<script type="module" src="([^"]+)"', html) == [
        "/static/passkeys_django/passkeys.js",
        "/static/passkeys_django/passkeys_signup.js",
    ]
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)
    assert 'href="/accounts/login/"' in html


def test_a_site_that_does_not_ask_for_it_has_no_such_page_and_no_form(settings, client):
    del settings.PASSKEY_SIGNUP_FORM

    assert client.get("/passkeys/signup/").status_code == 404
    assert Template("{% load passkeys %}{% passkey_signup_form %}").render(Context()).strip() == ""


def test_the_form_stands_on_a_page_of_the_sites_own(rf):
    request = rf.get("/join/", {"next": "/inside/"})
    html = Template("{% load passkeys %}{% passkey_signup_form %}").render(RequestContext(request))

    assert f'name="{FIELD}"' in html
    assert "/passkeys/finalize-signup?next=%2Finside%2F" in html


def test_the_page_is_open_to_all_where_others_are_not(settings, client):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]

    assert client.get("/passkeys/signup/").status_code == 200


def test_a_form_with_fields_that_nobody_sees_keeps_them(settings, page):
    settings.PASSKEY_SIGNUP_FORM = "tests.support.signup_forms.Campaign"

    assert '<input type="hidden" name="source" value="poster"' in page()


def test_the_page_is_no_caches_to_keep(client):
    assert "no-store" in client.get("/passkeys/signup/")["Cache-Control"]
