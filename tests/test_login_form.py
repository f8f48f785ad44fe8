"""The passkey goes through the site's own login view, as a field of its form, like a password."""

import json
from typing import ClassVar
from urllib.parse import quote

import pytest
from django import forms
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseForbidden, JsonResponse
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from django.utils.decorators import method_decorator

from passkeys_django.admin_site import PasskeyAdminSite
from passkeys_django.backends import PasskeyBackend
from passkeys_django.ceremonies import finalize_login, verify_login
from passkeys_django.exceptions import LoginFailed
from passkeys_django.forms import PasskeyAuthenticationForm, PasskeyFormMixin
from passkeys_django.http.transactions import non_atomic
from passkeys_django.login import PasskeyLoginMixin, PasskeyLoginView
from passkeys_django.models import Passkey, PasskeyEvent
from passkeys_django.sessions import get_authentication, is_recently_authenticated
from passkeys_django.signals import passkey_login_failed
from tests.conftest import PASSWORD, Browser, make_user

pytestmark = pytest.mark.django_db
NOT_TODAY = "Nobody of this name signs in today."


class AllowAllPasskeys(PasskeyBackend):
    def user_can_authenticate(self, user):
        return True


class SiteForm(PasskeyFormMixin, AuthenticationForm):
    """What sites add: a box, a field that must be filled, a rule about people, a rule about the whole form."""

    refused: ClassVar = []
    remember_me = forms.BooleanField(required=False)
    captcha = forms.CharField()

    def confirm_login_allowed(self, user):
        super().confirm_login_allowed(user)
        if user.pk in self.refused:
            raise ValidationError(NOT_TODAY, code="not_today")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("username") and self.cleaned_data.get("captcha") == "for " + cleaned["username"]:
            raise ValidationError("A captcha of somebody else.")
        return cleaned


def login_wall(view):
    """A decorator of the kind that rate limits and lock-outs are: it answers before the view."""

    def wall(request, *args, **kwargs):
        return HttpResponseForbidden("locked") if "locked" in request.GET else view(request, *args, **kwargs)

    return wall


@method_decorator(login_wall, name="dispatch")
class SiteLogin(PasskeyLoginMixin, LoginView):
    authentication_form = SiteForm
    next_page = "/dashboard/"
    success_url_allowed_hosts = {"shop.example.com"}

    def form_valid(self, form):
        response = super().form_valid(form)
        if not form.cleaned_data["remember_me"]:
            self.request.session.set_expiry(0)
        if "unlucky" in self.request.GET:
            raise RuntimeError("the site's audit is down")
        return response


class LogsInTwoSteps(PasskeyLoginMixin, LoginView):
    def form_valid(self, form):
        self.request.session["waits"] = str(form.get_user().pk)
        return HttpResponse("one more step")


def token(request):
    verified = verify_login(request, json.loads(request.body))
    return JsonResponse({"user": str(verified.user.pk), "verified": verified.user_verified})


def own_login(request):
    """A view that looks who is there, as site code does, and opens the session itself."""
    assert request.user is not None
    login(request, verify_login(request, json.loads(request.body)).user)
    return HttpResponse()


urlpatterns = [
    path("admin/", PasskeyAdminSite().urls),
    path("passkeys/", include("passkeys_django.urls")),
    path("login/", SiteLogin.as_view(), name="login"),
    path("plain/", PasskeyLoginView.as_view()),
    path("prefixed/", PasskeyLoginView.as_view(form_class=None, prefix="box")),
    path("djangos/", LoginView.as_view(authentication_form=PasskeyAuthenticationForm)),
    path("two-steps/", LogsInTwoSteps.as_view()),
    path("token/", non_atomic(token)),
    path("token-in-transaction/", lambda request: token(request)),
    path("own-login/", own_login),
    path("own-finalize/", lambda request: HttpResponse(finalize_login(request, json.loads(request.body)))),
    path(
        "whoami/",
        lambda request: JsonResponse(
            vars(get_authentication(request)) | {"recent": is_recently_authenticated(request)}
        ),
    ),
    path("dashboard/", lambda request: HttpResponse("dashboard")),
]


@pytest.fixture(autouse=True)
def _site(settings):
    settings.ROOT_URLCONF = __name__
    settings.LOGIN_URL = "login"
    settings.LOGIN_REDIRECT_URL = "/elsewhere/"


@pytest.fixture
def visitor(registered):
    """Nobody is signed in, in a browser whose authenticator has a passkey."""
    return registered


@pytest.fixture
def refuse(monkeypatch):
    """The form refuses this user."""
    return lambda user: monkeypatch.setattr(SiteForm, "refused", [user.pk])


@pytest.fixture
def returning(registered, user):
    """Signed in, but so long ago that the login counts no more."""
    registered.sign_in(user)
    session = registered.client.session
    session["_passkeys_authentication"] = session["_passkeys_authentication"] | {"at": 1.0}
    session.save()
    return registered


def answer(browser, **overrides):
    return json.dumps(browser.authenticator.get(browser.request_options(), **overrides))


def post(browser, url, credential=None, **values):
    return browser.client.post(url, {"passkey": credential or answer(browser), **values})


def session_of(browser):
    return browser.client.get("/whoami/").json()


def errors(response):
    return [str(error) for error in response.context["form"].non_field_errors()]


# What a site hangs on its view and its form


def test_u2_a_passkey_goes_where_the_view_says(visitor):
    response = post(visitor, "/login/", captcha="x")

    assert response["Location"] == "/dashboard/"
    assert session_of(visitor)["methods"] == ["passkey"]
    assert session_of(visitor)["recent"]


def test_u2_the_hosts_that_the_view_allows_hold(visitor):
    allowed, foreign = "https://shop.example.com/cart", "https://evil.example/"

    assert post(visitor, "/login/", captcha="x", next=allowed)["Location"] == allowed
    assert post(visitor, "/login/", captcha="x", next=foreign)["Location"] == "/dashboard/"


@pytest.mark.parametrize(("values", "lasts"), [({}, False), ({"remember_me": "on"}, True)])
def test_u2_remember_me_holds(visitor, values, lasts):
    post(visitor, "/login/", captcha="x", **values)

    assert visitor.client.session.get_expire_at_browser_close() is not lasts


def test_u2_whom_the_form_refuses_is_refused_with_the_forms_words(visitor, user, refuse):
    refuse(user)

    response = post(visitor, "/login/", captcha="x")

    assert errors(response) == [NOT_TODAY]
    assert response.context["form"].has_error("__all__", "not_today")
    assert visitor.user_id is None
    assert Passkey.objects.get().use_count == 0


def test_u2_the_json_endpoint_is_no_way_around_the_forms_rule(visitor, user, refuse):
    refuse(user)

    response = visitor.login()

    assert (response.status_code, response.json()["code"]) == (403, "login_failed")
    assert response.json()["detail"] == NOT_TODAY
    assert visitor.user_id is None


@pytest.mark.parametrize("login_url", ["/login/", "login"])
def test_u2_the_rule_is_found_however_the_login_page_is_named(visitor, user, refuse, settings, login_url):
    refuse(user)
    settings.LOGIN_URL = login_url

    assert visitor.login().status_code == 403


def test_u2_the_rule_is_found_below_a_script_name(visitor, user, refuse, settings):
    refuse(user)
    settings.FORCE_SCRIPT_NAME = "/app"
    settings.LOGIN_URL = "/app/login/"

    assert visitor.login().status_code == 403


@pytest.mark.parametrize("login_url", ["https://sso.example/login", "/nowhere/", "no-such-name", "/dashboard/"])
def test_a_login_page_without_a_form_has_no_rule(visitor, settings, login_url):
    settings.LOGIN_URL = login_url

    assert visitor.login().status_code == 200


def test_u2_the_admins_login_lets_only_staff_in_by_json_too(visitor, user, settings):
    settings.LOGIN_URL = "admin:login"
    assert visitor.login().status_code == 403

    type(user).objects.update(is_staff=True)
    assert visitor.login().status_code == 200


def test_u2_a_field_that_must_be_filled_must_be_filled(visitor):
    credential = answer(visitor)
    response = post(visitor, "/login/", credential)

    assert list(response.context["form"].errors) == ["captcha"]
    assert Passkey.objects.get().use_count == 0
    assert post(visitor, "/login/", credential, captcha="x")["Location"] == "/dashboard/"


def test_u2_the_forms_own_clean_sees_the_user_and_may_refuse(visitor, user):
    response = post(visitor, "/login/", captcha=f"for {user.get_username()}")

    assert errors(response) == ["A captcha of somebody else."]
    assert visitor.user_id is None


def test_u2_the_views_decorators_answer_before_anything_is_spent(visitor):
    credential = answer(visitor)

    assert post(visitor, "/login/?locked", credential, captcha="x").status_code == 403
    assert post(visitor, "/login/", credential, captcha="x").status_code == 302


def test_u2_a_view_that_opens_no_session_yet_opens_none(visitor, user):
    assert post(visitor, "/two-steps/").content == b"one more step"
    assert visitor.user_id is None


def test_u2_djangos_own_rule_refuses_inactive_people_if_the_backend_does_not(visitor, user, settings, deactivate):
    settings.LOGIN_URL = "/djangos/"
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.AllowAllPasskeys"]
    deactivate(user)

    assert visitor.login().json()["detail"] == "This account is inactive."


# The field


def test_the_field_shows_no_value(visitor):
    response = post(visitor, "/login/", "A CREDENTIAL")

    [field] = [str(field) for field in response.context["form"] if field.name == "passkey"]
    assert "A CREDENTIAL" not in response.content.decode()
    assert 'type="hidden" name="passkey" data-passkey-credential' in field


def test_name_and_password_are_required_again_when_the_form_is_shown_again(visitor):
    form = post(visitor, "/plain/", "{}").context["form"]

    assert form.fields["username"].required
    assert form.fields["password"].required


def test_a_prefix_changes_the_fields_name(visitor):
    credential = answer(visitor)

    assert post(visitor, "/prefixed/", credential).status_code == 200
    response = visitor.client.post("/prefixed/", {"box-passkey": credential})
    assert response["Location"] == "/elsewhere/"


def test_a_filled_password_wins(visitor, user):
    make_user("bob")
    name = user.get_username().replace("ada", "bob")

    post(visitor, "/plain/", username=name, password=PASSWORD)

    assert session_of(visitor)["methods"] == ["password"]
    assert visitor.user_id != str(user.pk)


def test_a_typed_name_does_not_change_whose_passkey_it_is(visitor, user):
    make_user("bob")

    post(visitor, "/plain/", username=user.get_username().replace("ada", "bob"))

    assert visitor.user_id == str(user.pk)


@pytest.mark.parametrize(
    "text", ["{", "[]", "null", "\x00", "\ud800", '{"a": 1, "a": 2}', "[" * 300, "x" * 70_000, "{}"]
)
def test_what_is_no_credential_is_an_error_of_the_form(visitor, text):
    body = "passkey=" + quote(text.encode("utf-8", "surrogatepass"))
    response = visitor.client.post("/plain/", body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 200
    assert len(errors(response)) == 1


def test_refusals_are_errors_of_the_form_and_reach_listeners(visitor):
    heard = []

    def listen(error, **_kwargs):
        heard.append(error.code)

    passkey_login_failed.connect(listen)
    response = post(visitor, "/plain/", answer(visitor, tamper_signature=True))
    passkey_login_failed.disconnect(listen)

    assert errors(response) == [str(LoginFailed.user_message)]
    assert heard == ["login_failed"]
    assert response.context["form"].has_error("__all__", "login_failed")


def test_a_credential_is_spent(visitor):
    credential = answer(visitor)
    assert post(visitor, "/plain/", credential).status_code == 302
    visitor.client.logout()

    response = post(visitor, "/plain/", credential)

    assert response.context["form"].has_error("__all__", "ceremony_not_found")


def test_the_ceremonys_cookie_ends_with_the_post(visitor):
    response = post(visitor, "/plain/")

    [cookie] = [morsel for name, morsel in response.cookies.items() if name.startswith("passkey_")]
    assert (cookie.value, cookie["path"]) == ("", "/")


def test_another_browsers_credential_is_refused(visitor):
    response = Browser().client.post("/plain/", {"passkey": answer(visitor)})

    assert response.context["form"].has_error("__all__", "ceremony_not_found")


def test_f7_a_passkey_that_was_removed_here_is_told_to_the_browser_on_the_page(visitor):
    credential = json.loads(answer(visitor))
    Passkey.objects.get().delete()

    page = post(visitor, "/plain/", json.dumps(credential)).content.decode()

    assert f'"unknown": {{"rpId": "testserver", "credentialId": "{credential["id"]}"}}' in page


def test_the_page_names_the_form_to_the_script(client):
    page = client.get("/plain/?next=/x/").content.decode()

    assert '"form": {"field": "passkey", "beside": "username", "action": "/plain/?next=/x/"}' in page


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("username", "username webauthn"),
        ("email", "email webauthn"),
        ("username email", "username email webauthn"),
        ("section-a username", "section-a username webauthn"),
        ("", "username webauthn"),
        ("off", "username webauthn"),
        ("username webauthn", "username webauthn"),
    ],
)
def test_the_field_for_the_name_keeps_its_autocomplete(given, wanted):
    class Form(AuthenticationForm):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.fields["username"].widget.attrs["autocomplete"] = given

    form = type("OwnForm", (PasskeyFormMixin, Form), {})()
    assert form.fields["username"].widget.attrs["autocomplete"] == wanted


@pytest.mark.parametrize("name", ["login", "email"])
def test_the_field_for_the_name_may_have_another_name(name):
    class Form(forms.Form):
        def __init__(self):
            super().__init__()
            self.fields[name] = forms.CharField()

    form = type("OwnForm", (PasskeyFormMixin, Form), {})()
    assert form.fields[name].widget.attrs["autocomplete"] == "username webauthn"


def test_a_form_without_a_field_for_the_name_says_so():
    with pytest.raises(ImproperlyConfigured, match="OwnForm has no field"):
        type("OwnForm", (PasskeyFormMixin, forms.Form), {})()


def test_a_form_without_its_request_says_so():
    form = PasskeyAuthenticationForm(data={"passkey": "{}"})

    with pytest.raises(ImproperlyConfigured, match="needs the request"):
        form.is_valid()


# The session


@pytest.mark.parametrize("url", ["/plain/", "/djangos/", "/admin/login/"])
def test_a_login_over_a_session_gets_a_new_key_and_counts(returning, user, url):
    type(user).objects.update(is_staff=True)
    before = returning.client.session.session_key

    post(returning, url)

    assert session_of(returning)["recent"]
    if url != "/djangos/":
        assert returning.client.session.session_key != before


def test_a_password_at_the_admins_login_counts_over_an_old_session(returning, user):
    type(user).objects.update(is_staff=True)
    returning.client.post("/admin/login/", {"username": user.get_username(), "password": PASSWORD})

    assert session_of(returning)["recent"]


def test_somebody_elses_session_ends(visitor, user):
    bob = make_user("bob")
    visitor.client.force_login(bob)
    visitor.client.session["of bob"] = True

    post(visitor, "/plain/")

    assert visitor.user_id == str(user.pk)
    assert "of bob" not in visitor.client.session
    assert PasskeyEvent.objects.get(kind="used").actor_id is None


def test_people_who_are_not_staff_are_told_so_by_the_admin(visitor, user):
    response = post(visitor, "/admin/login/")

    assert response.context["form"].has_error("__all__", "invalid_login")
    assert visitor.user_id is None

    type(user).objects.update(is_staff=True)
    assert post(visitor, "/admin/login/", next="/admin/")["Location"] == "/admin/"


def test_a_login_by_passkey_costs_as_much_sql_through_the_form(visitor):
    credential = answer(visitor)

    with CaptureQueriesContext(connection) as queries:
        post(visitor, "/plain/", credential)

    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 7


# verify_login


def test_a_verified_login_opens_no_session(visitor, user):
    response = visitor.client.post("/token/", answer(visitor), content_type="application/json")

    assert response.json() == {"user": str(user.pk), "verified": True}
    assert visitor.user_id is None
    assert Passkey.objects.get().use_count == 1
    assert PasskeyEvent.objects.filter(kind="used").count() == 1


def test_a_login_of_the_sites_own_after_it_counts_as_a_passkey(returning, user):
    returning.client.post("/own-login/", answer(returning), content_type="application/json")

    assert session_of(returning)["methods"] == ["passkey"]
    assert session_of(returning)["recent"]


# ATOMIC_REQUESTS


@pytest.fixture
def atomic_requests():
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    yield
    connection.settings_dict["ATOMIC_REQUESTS"] = False


@pytest.mark.parametrize("url", ["/plain/", "/admin/login/"])
def test_d4_with_atomic_requests_people_log_in(atomic_requests, visitor, user, url):
    type(user).objects.update(is_staff=True)

    assert post(visitor, url).status_code == 302


def test_d4_a_form_valid_that_fails_is_rolled_back_but_the_credential_stays_spent(atomic_requests, visitor, user):
    type(user).objects.update(last_login=None)
    visitor.client.raise_request_exception = False
    credential = answer(visitor)

    assert post(visitor, "/login/?unlucky", credential, captcha="x").status_code == 500

    user.refresh_from_db()
    assert user.last_login is None
    assert Passkey.objects.get().use_count == 1


@pytest.mark.parametrize("url", ["/djangos/", "/token-in-transaction/", "/own-finalize/"])
def test_d4_inside_a_transaction_of_atomic_requests_nothing_is_verified(atomic_requests, visitor, url):
    credential = answer(visitor)
    send = {"/djangos/": {"passkey": credential}}.get(url, credential)
    how = {} if isinstance(send, dict) else {"content_type": "application/json"}

    with pytest.raises(ImproperlyConfigured, match="non_atomic_requests"):
        visitor.client.post(url, send, **how)

    assert Passkey.objects.get().use_count == 0


def test_a_transaction_of_the_sites_own_is_its_own_decision(visitor, rf):
    with transaction.atomic():
        assert post(visitor, "/plain/").status_code == 302
