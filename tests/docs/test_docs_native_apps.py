"""docs/how-to/native-apps.md and well-known.md are true: an app gets in with what they show, and with no less."""

import re
from pathlib import Path
from types import ModuleType

import pytest
from django.test import Client

from passkeys_django.checks import origins as origin_checks
from passkeys_django.checks.native_apps import check_android_apps
from tests.conftest import Browser, hanko_settings

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).parents[2] / "docs/how-to"
PAGE = (FOLDER / "native-apps.md").read_text(encoding="utf-8")


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def run(name, code):
    module = ModuleType(name)
    exec(compile(code, f"{name}.md", "exec"), vars(module))
    return module


URLS, SETTINGS = (run("native-apps", block) for block in blocks(PAGE, "python"))
ANDROID = SETTINGS.PASSKEY_ORIGINS[1]


@pytest.fixture(autouse=True)
def _the_site_of_the_page(settings):
    settings.ROOT_URLCONF = URLS
    settings.PASSKEY_ORIGINS = ["https://testserver", ANDROID]
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]


class App(Browser):
    """What an Android app sends: cookies, and the headers that the page names."""

    def __init__(self, **headers):
        super().__init__(Client(enforce_csrf_checks=True))
        self.authenticator.origin = ANDROID
        self.headers = headers

    def post(self, name, body=None, **_options):
        token = self.client.get("/passkeys/csrf-token", secure=True).json()["csrf_token"]
        headers = {"X-CSRFToken": token, "Origin": "https://testserver", **self.headers}
        return self.client.post(
            f"/passkeys/{name}",
            body,
            content_type="application/json",
            secure=True,
            headers={header: value for header, value in headers.items() if value},
        )


@pytest.fixture
def app(user):
    return App().sign_in(user)


def test_both_systems_find_the_apps(client):
    (statement,) = client.get("/.well-known/assetlinks.json").json()
    association = client.get("/.well-known/apple-app-site-association")

    assert "delegate_permission/common.get_login_creds" in statement["relation"]
    assert statement["target"]["package_name"] == "com.example.app"
    assert association["Content-Type"] == "application/json"
    assert association.json() == {"webcredentials": {"apps": ["A1B2C3D4E5.com.example.app"]}}
    assert client.get("/.well-known/passkey-endpoints").status_code == 200


def test_manage_py_check_names_the_origin_to_add(settings):
    settings.PASSKEY_ORIGINS = ["https://example.com"]

    [warning] = check_android_apps()

    assert warning.id == "passkeys_django.W019"
    assert repr(ANDROID) in warning.hint


def test_manage_py_check_is_content_with_the_origins(settings):
    settings.PASSKEY_RP_ID = "example.com"
    settings.PASSKEY_ORIGINS = SETTINGS.PASSKEY_ORIGINS

    assert origin_checks.check_origins() + check_android_apps() == []


def test_an_app_registers_a_passkey_and_signs_in_with_it(app, user):
    assert app.register().status_code == 201
    app.client.logout()

    response = app.login(client_data={"androidPackageName": "com.example.app"})

    assert response.status_code == 200, response.content
    assert app.user_id == str(user.pk)


def test_with_hanko_too(app, fake_hanko, settings):
    tenant = fake_hanko.create_tenant(rp_id="testserver", origins=["https://testserver", ANDROID])
    settings.PASSKEY_PROVIDERS = hanko_settings(tenant)

    assert app.register().status_code == 201
    app.client.logout()
    assert app.login().status_code == 200


def test_an_app_confirms_that_it_is_still_them(app):
    app.register()

    assert app.login(start={"purpose": "confirm"}).status_code == 200


@pytest.mark.parametrize("missing", ["X-CSRFToken", "Origin"])
def test_both_headers_are_needed(missing):
    response = App(**{missing: None}).post("start-login")

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"


def test_the_apps_own_origin_is_none_for_django():
    assert App(Origin=ANDROID).post("start-login").json()["code"] == "csrf_failed"


@pytest.mark.parametrize("origin", [ANDROID[:-1] + "V", ANDROID.upper(), f"{ANDROID}=", "android:apk-key-hash:"])
def test_another_app_is_refused(app, origin):
    app.register()
    app.client.logout()

    assert app.login(origin=origin).json()["code"] == "login_failed"


def test_without_the_setting_no_app_is_let_in(app, settings):
    settings.PASSKEY_ORIGINS = None

    assert app.register().json()["code"] == "invalid_credential"


def test_the_include_for_well_known_urls_is_as_shown(client, settings):
    (block,) = blocks((FOLDER / "well-known.md").read_text(encoding="utf-8"), "python")
    settings.ROOT_URLCONF = run("well-known", block)

    assert client.get("/.well-known/passkey-endpoints").status_code == 200


def test_the_settings_for_related_origins_are_as_shown(client, settings):
    _own, block = blocks((FOLDER / "related-origins.md").read_text(encoding="utf-8"), "python")
    for name, value in vars(run("related-origins", block)).items():
        if name.startswith("PASSKEY_"):
            setattr(settings, name, value)

    assert origin_checks.check_origins() + origin_checks.check_related_origins() == []
    assert client.get("/.well-known/webauthn").json()["origins"] == settings.PASSKEY_RELATED_ORIGINS
