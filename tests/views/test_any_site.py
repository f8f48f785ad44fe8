"""Whatever a site is made of: passkeys work, and people who must sign in or confirm come back to what they did."""

import re
from html import unescape
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth import get_user_model, login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpResponse, HttpResponseRedirect
from django.template.backends.utils import csrf_input
from django.templatetags.static import static
from django.test import Client, override_settings
from django.urls import include, path, reverse, reverse_lazy

from passkeys_django.ceremonies import verify_login
from passkeys_django.decorators import recently_authenticated
from passkeys_django.exceptions import ActingAsAnother, NotAuthenticated
from passkeys_django.sessions import get_authentication, is_recently_authenticated, record_confirmation
from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import (
    ORIGIN,
    PASSWORD,
    Browser,
    ceremony_cookies,
    credentials_of,
    make_passkey,
    moved_clock,
    refusal,
)
from tests.sessions.test_sessions import request_of

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
HERE = f"{__name__}."
PREFIX = "/app"


class Login(LoginView):
    """Takes passwords and, as a link by e-mail does, the user alone."""

    def post(self, request, *args, **kwargs):
        if "pk" not in request.POST:
            return super().post(request, *args, **kwargs)
        login(request, get_user_model().objects.get(pk=request.POST["pk"]), backend=MODEL_BACKEND)
        return HttpResponseRedirect(self.get_success_url())


@login_not_required
def own_login(request):
    """A login page that has its own way to send people back who are signed in, as django-allauth's."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(request.GET["next"])
    return Login.as_view()(request)


@recently_authenticated
def pay(request):
    return HttpResponse("paid")


def confirm_by_code(request):
    """The site's own page: it has checked a code, and says so."""
    if request.method == "POST":
        record_confirmation(request)
        return HttpResponseRedirect(request.GET["next"])
    return HttpResponse(f'<form method="post">{csrf_input(request)}</form> Your code, please')


def asks_who_is_there(get_response):
    """Reads `request.user` before each view, as many sites do."""

    def middleware(request):
        assert request.user.is_authenticated in (True, False)
        return get_response(request)

    return middleware


urlpatterns = [
    path("accounts/login/", Login.as_view(), name="login"),
    path("straight-back/", Login.as_view(redirect_authenticated_user=True), name="straight-back"),
    path("own-login/", own_login, name="own-login"),
    path("passkeys/", include("passkeys_django.urls")),
    path("own-confirm/", confirm_by_code, name="own-confirm"),
    path("pay/", pay, name="pay"),
    path("", lambda request: HttpResponse("home"), name="home"),
]
in_languages = ModuleType("in_languages")
in_languages.urlpatterns = i18n_patterns(*urlpatterns)
LAST = "MIDDLEWARE, at the end"
JINJA = {"BACKEND": "django.template.backends.jinja2.Jinja2", "APP_DIRS": True}
SITES = {
    "a path": {"LOGIN_URL": "/accounts/login/"},
    "a name": {"LOGIN_URL": "login"},
    "a lazy name": {"LOGIN_URL": reverse_lazy("login")},
    "a URL": {"LOGIN_URL": "http://testserver/accounts/login/"},
    "a query": {"LOGIN_URL": "/accounts/login/?theme=dark"},
    "straight back": {"LOGIN_URL": "straight-back"},
    "a login page of its own": {"LOGIN_URL": "own-login"},
    "a middleware that asks": {LAST: [HERE + "asks_who_is_there"]},
    "both": {"LOGIN_URL": "straight-back", LAST: [HERE + "asks_who_is_there"]},
    "LoginRequiredMiddleware": {LAST: ["django.contrib.auth.middleware.LoginRequiredMiddleware"]},
    "languages": {
        "ROOT_URLCONF": in_languages,
        "LOGIN_URL": "login",
        "LANGUAGE_CODE": "en",
        LAST: ["django.middleware.locale.LocaleMiddleware"],
    },
    "a script name": {"FORCE_SCRIPT_NAME": PREFIX, "LOGIN_URL": "login"},
    "www": {"PREPEND_WWW": True, "ALLOWED_HOSTS": ["testserver", "www.testserver"]},
    "CSRF in the session": {"CSRF_USE_SESSIONS": True},
    "a cookie for CSRF that scripts cannot read": {"CSRF_COOKIE_HTTPONLY": True},
    "sessions in the cache": {"SESSION_ENGINE": "django.contrib.sessions.backends.cache"},
    "sessions in cache and database": {"SESSION_ENGINE": "django.contrib.sessions.backends.cached_db"},
    "sessions in cookies": {"SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies"},
    "all of it in cookies": {
        "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
        "CSRF_USE_SESSIONS": True,
        LAST: [HERE + "asks_who_is_there"],
    },
    "no messages": {"MIDDLEWARE": "messages"},
    "Jinja2 first": {"TEMPLATES": [JINJA]},
}
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture(params=SITES)
def site(request, settings):
    """One kind of site after the other."""
    settings.LOGIN_REDIRECT_URL = "home"
    for name, value in SITES[request.param].items():
        if name == LAST:
            settings.MIDDLEWARE = [*settings.MIDDLEWARE, *value]
        elif name == "MIDDLEWARE":
            settings.MIDDLEWARE = [entry for entry in settings.MIDDLEWARE if value not in entry]
        elif name == "TEMPLATES":
            pytest.importorskip("jinja2")
            settings.TEMPLATES = [*value, *settings.TEMPLATES]
        else:
            setattr(settings, name, value)


class Person:
    """Somebody with a browser that follows links, sends forms, and keeps to the site's CSRF protection."""

    def __init__(self, user, settings):
        self.user, self.settings = user, settings
        self.host = "www.testserver" if settings.PREPEND_WWW else "testserver"
        self.client = Client(enforce_csrf_checks=True, headers={"host": self.host})
        self.authenticator = SoftwareAuthenticator(origin=ORIGIN)

    def signs_in(self, seconds_ago=0):
        with moved_clock(-seconds_ago):
            self.client.force_login(self.user, MODEL_BACKEND)
        return self

    def creates_a_passkey(self):
        options = self.runs("start-registration").json()
        return self.runs("finalize-registration", self.authenticator.create(options))

    def signs_in_with_the_passkey(self):
        options = self.runs("start-login").json()
        return self.runs("finalize-login", self.authenticator.get(options))

    def loses_the_session(self):
        del self.client.cookies["sessionid"]

    def opens(self, url):
        """The page at the end of all redirects, of which browsers follow twenty."""
        for _ in range(20):
            self.page = self.client.get(self._path(url))
            if self.page.status_code not in (301, 302):
                return self
            url = self.page["Location"]
        raise AssertionError(f"{url} leads round and round")

    def submits(self, url=None, **fields):
        """Send a form of the page, by default to the page itself, and follow where it leads."""
        data = {"csrfmiddlewaretoken": self.token, **fields}
        self.page = self.client.post(self._path(url or self.address), data, headers={"Referer": self.address})
        return self.opens(self.page["Location"]) if self.page.status_code == 302 else self

    def runs(self, name, body=None):
        """What the script of the page does."""
        headers = {"X-CSRFToken": self.token, "Referer": self.address, "Accept": "application/json"}
        url = self._path(reverse(f"passkeys:{name}"))
        return self.client.post(url, body or {}, content_type="application/json", headers=headers)

    def _path(self, url):
        """What the server passes on: the path without the script's name. Nobody leaves the site."""
        parts = urlsplit(url)
        assert parts.netloc in ("", self.host)
        assert parts.path.startswith(self.settings.FORCE_SCRIPT_NAME or "/")
        return parts._replace(scheme="", netloc="").geturl().removeprefix(self.settings.FORCE_SCRIPT_NAME or "")

    @property
    def address(self):
        return self.page.wsgi_request.build_absolute_uri()

    @property
    def token(self):
        return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.text)[1]

    @property
    def text(self):
        return unescape(self.page.content.decode())


@pytest.fixture
def person(site, user, settings):
    return Person(user, settings)


def without_password(user):
    user.set_unusable_password()
    user.save()
    return {"pk": user.pk}


WAYS_IN = {"by password": credentials_of, "by e-mail": without_password}


@pytest.fixture(params=WAYS_IN)
def shown(request, user):
    """What the user shows at the login page."""
    return WAYS_IN[request.param](user)


def test_whoever_signs_in_again_comes_back_and_is_let_in(person, shown):
    person.signs_in(seconds_ago=301).opens(f"{reverse('pay')}?to=lin&note=%C3%BC")
    assert "Confirm it's you</h1>" in person.text

    person.submits(sign_in_again="")
    assert "<title>Sign in</title>" in person.text
    person.submits(**shown)

    assert person.text == "paid"
    assert parse_qs(urlsplit(person.address).query) == {"to": ["lin"], "note": ["ü"]}


def test_whoever_signs_in_again_creates_the_passkey_that_they_wanted(person, shown):
    person.signs_in(seconds_ago=301).opens(reverse("passkeys:list"))
    refused = person.runs("start-registration")
    assert refusal(refused) == (403, "reauthentication_required")

    person.opens(refused.json()["reauthentication_url"]).submits(sign_in_again="").submits(**shown)

    assert "Your passkeys</h1>" in person.text
    assert person.creates_a_passkey().status_code == 201


def test_whoever_confirms_by_password_comes_back_and_is_let_in(person):
    person.signs_in(seconds_ago=301).opens(reverse("pay"))

    person.submits(password=PASSWORD)

    assert person.text == "paid"


@pytest.mark.parametrize("site", ["straight back", "both"], indirect=True)
def test_whom_a_server_in_front_signs_in_signs_in_again_by_the_button_alone(person, settings):
    """Single sign-on by a header: the next request signs in, before the login page is asked."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.RemoteUserMiddleware"]
    settings.AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.RemoteUserBackend",
        *settings.AUTHENTICATION_BACKENDS,
    ]
    without_password(person.user)
    person.client.defaults["REMOTE_USER"] = person.user.get_username()
    with moved_clock(-301):
        person.opens(reverse("home"))
    person.opens(f"{reverse('pay')}?to=lin")
    assert "Confirm it's you</h1>" in person.text

    person.submits(sign_in_again="")

    assert person.text == "paid"


# The session has ended


def test_whoever_lost_the_session_signs_in_and_creates_the_passkey_that_they_wanted(person, shown, settings):
    person.signs_in().opens(reverse("passkeys:list")).loses_the_session()
    refused = person.runs("start-registration")
    if settings.CSRF_USE_SESSIONS:  # the token has gone with the session
        assert refused.json()["detail"] == "This page is out of date. Please reload it and try again."
        person.opens(person.address)
    else:
        assert refusal(refused) == (401, "not_authenticated")
        person.opens(refused.json()["login_url"])

    person.submits(**shown)

    assert "Your passkeys</h1>" in person.text
    assert person.creates_a_passkey().status_code == 201


@pytest.mark.parametrize("page", ["list", "remove", "confirm"])
def test_whoever_lost_the_session_while_a_form_was_open_signs_in_and_comes_back(person, page):
    passkey, _another = make_passkey(person.user), make_passkey(person.user)
    url = reverse(f"passkeys:{page}", args=[passkey.pk] if page == "remove" else [])
    person.signs_in().opens(url).loses_the_session()

    if page == "list":
        person.submits(reverse("passkeys:rename", args=[passkey.pk]), name="Phone")
    else:
        person.submits(password=PASSWORD)
    assert "<title>Sign in</title>" in person.text
    person.submits(**credentials_of(person.user))

    assert person.page.status_code == 200
    assert {"list": "Your passkeys</h1>", "remove": "Remove “", "confirm": "home"}[page] in person.text


# Passkeys


def test_a_passkey_is_created_renamed_used_and_removed(person):
    person.signs_in().opens(reverse("passkeys:list"))
    assert person.creates_a_passkey().status_code == 201
    [passkey] = person.user.passkeys.all()
    person.opens(reverse("passkeys:list")).submits(reverse("passkeys:rename", args=[passkey.pk]), name="Phone")
    assert "Phone" in person.text

    person.opens(reverse("passkeys:confirm")).submits(sign_in_again="")
    assert person.signs_in_with_the_passkey().json() == {"redirect_url": reverse("home")}

    person.opens(reverse("passkeys:remove", args=[passkey.pk])).submits()
    assert "Your passkeys</h1>" in person.text
    assert not person.user.passkeys.exists()


# Sites that have no page "Confirm it's you", or one of their own


without_ours = ModuleType("without_ours")
without_ours.urlpatterns = [pattern for pattern in urlpatterns if getattr(pattern, "app_name", "") != "passkeys"]


@pytest.fixture
def without_our_urls(settings):
    settings.ROOT_URLCONF = without_ours


@pytest.mark.parametrize("site", ["straight back", "a login page of its own", "both", "a URL"], indirect=True)
def test_without_our_urls_whoever_must_confirm_signs_in_again_and_is_let_in(without_our_urls, person, shown):
    """The login page would lead people who are signed in straight back, and round and round."""
    person.signs_in(seconds_ago=301).opens("/pay/?to=lin")
    assert person.page.status_code == 403
    assert "Confirm it's you</h1>" in person.text

    person.submits(sign_in_again="", next=re.search(r'name="next" value="([^"]+)"', person.text)[1])
    person.submits(**shown)

    assert person.text == "paid"
    assert person.address.endswith("/pay/?to=lin")


@pytest.mark.parametrize("site", ["a path"], indirect=True)
def test_without_our_urls_a_form_that_was_too_late_leads_back_to_its_page(without_our_urls, person):
    person.signs_in(seconds_ago=301).opens("/accounts/login/?with=a+form")
    person.submits("/pay/", amount="5")

    assert re.search(r'name="next" value="([^"]+)"', person.text)[1] == "/accounts/login/?with=a+form"


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
@pytest.mark.parametrize("site", ["a path"], indirect=True)
def test_without_our_urls_the_button_leads_to_no_other_site(without_our_urls, person, next_url):
    person.signs_in(seconds_ago=301).opens("/pay/")

    person.submits(sign_in_again="", next=next_url)

    assert person.address == "http://testserver/accounts/login/?next=%2F"


IDENTITY_PROVIDERS = {
    "https://id.example/login": "https://id.example/login?next={}",
    "https://id.example/?client=5&next=x": "https://id.example/?client=5&next={}",
    "//id.example/login": "//id.example/login?next={}",
    "https://testserver/login": "https://testserver/login?next={}",  # over https, it is another origin
}


@pytest.mark.parametrize(("url", "target"), IDENTITY_PROVIDERS.items())
@pytest.mark.parametrize("setting", ["LOGIN_URL", "PASSKEY_CONFIRM_URL"])
def test_a_page_of_another_site_is_told_the_whole_address(user, settings, setting, url, target):
    setattr(settings, setting, url)
    browser = Browser()
    if setting == "PASSKEY_CONFIRM_URL":
        with moved_clock(-301):
            browser.sign_in(user)

    response = browser.client.get("/pay/?to=lin")

    assert response["Location"] == target.format("http%3A%2F%2Ftestserver%2Fpay%2F%3Fto%3Dlin")


CONFIRM_URLS = ["own-confirm", "/own-confirm/", reverse_lazy("own-confirm"), "http://testserver/own-confirm/"]


@pytest.mark.parametrize("ours", [True, False], ids=["beside ours", "without ours"])
@pytest.mark.parametrize("value", CONFIRM_URLS, ids=["a name", "a path", "a lazy name", "a URL"])
@pytest.mark.parametrize("site", ["a path", "sessions in cookies"], indirect=True)
def test_a_confirm_page_of_the_sites_own_confirms_and_leads_back(person, settings, value, ours):
    settings.PASSKEY_CONFIRM_URL = value
    settings.ROOT_URLCONF = settings.ROOT_URLCONF if ours else without_ours
    person.signs_in(seconds_ago=301).opens("/pay/?to=lin")
    assert "Your code, please" in person.text
    before = person.client.cookies["sessionid"].value

    person.submits()

    assert person.text == "paid"
    assert person.client.cookies["sessionid"].value != before


def test_a_script_is_led_to_the_sites_own_page_as_well(user, settings):
    settings.PASSKEY_CONFIRM_URL = "own-confirm"
    with moved_clock(-301):
        browser = Browser().sign_in(user)

    refused = browser.post("start-registration")

    assert refused.json()["reauthentication_url"] == "/own-confirm/?next=%2Fpasskeys%2F"


def test_a_page_of_the_sites_own_that_took_a_passkey_says_so(registered, user):
    with moved_clock(-301):
        registered.sign_in(user)
    options = registered.request_options()
    request = request_of(registered)
    request.COOKIES |= ceremony_cookies(registered.client)

    verify_login(request, registered.authenticator.get(options))
    record_confirmation(request)

    authentication = get_authentication(request)
    assert (authentication.method, authentication.user_verified) == ("passkey", True)
    assert is_recently_authenticated(request)


def test_nobody_confirms_for_somebody_else_as_whom_they_act(signed_in):
    session = signed_in.client.session
    session["hijack_history"] = ["0"]
    session.save()

    with pytest.raises(ActingAsAnother):
        record_confirmation(request_of(signed_in))


def test_nobody_confirms_without_a_session_of_their_own(user):
    """A token may name the user of a request whose session is nobody's."""
    request = request_of(Browser())
    for person in (request.user, user):
        request.user = person
        with pytest.raises(NotAuthenticated):
            record_confirmation(request)
    assert "_passkeys_authentication" not in request.session


@pytest.mark.parametrize(
    "login_url", ["no-such-name", reverse_lazy("no-such-name")], ids=["a name", "a lazy name"]
)
def test_where_no_login_page_is_a_script_is_told_all_the_same(settings, login_url):
    settings.LOGIN_URL = login_url

    response = Browser().post("start-registration")

    assert refusal(response) == (401, "not_authenticated")
    assert "login_url" not in response.json()


def test_the_prefix_of_one_test_is_not_in_the_static_urls_of_the_next():
    with override_settings(FORCE_SCRIPT_NAME=PREFIX):
        assert static("a.js") == f"{PREFIX}/static/a.js"

    assert static("a.js") == "/static/a.js"
