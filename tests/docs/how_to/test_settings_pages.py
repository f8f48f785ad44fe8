"""The settings that docs/how-to shows, as a site would have them: what they do is what the pages say."""

import json
import logging.config

import django
import pytest
from django.core.checks import run_checks
from django.test import Client, override_settings

from passkeys_django.models import Passkey, PasskeyEvent
from passkeys_django.policy import policy_of
from passkeys_django.testing import SoftwareAuthenticator, login, register
from tests.browser.strict_csp import POLICY
from tests.conftest import Browser, credentials_of, make_user
from tests.docs.how_to.pages import FOLDER, Page
from tests.docs.test_docs_readme import EDITS

pytestmark = pytest.mark.django_db
CLIENT, OFFICE = "203.0.113.77", "198.51.100.9"


def post_start(client, **headers):
    return client.post("/passkeys/start-login", content_type="application/json", headers=headers)


def signed_in_at(origin, user, **defaults):
    client = Client(SERVER_NAME=origin.removeprefix("https://"), **defaults)
    assert client.login(**credentials_of(user))
    return client, SoftwareAuthenticator(origin=origin)


def test_the_five_edits_are_those_of_the_readme():
    assert [text for _kind, _title, text in Page("add-to-a-site").blocks] == [
        "".join(line.removeprefix("   ") for line in edit.splitlines(keepends=True)) for edit in EDITS
    ]


def test_nothing_is_left_to_say_about_the_settings_of_go_live():
    with override_settings(DEBUG=False, **Page("go-live").settings()):
        said = run_checks(include_deployment_checks=True)

    assert [message for message in said if message.id.startswith("passkeys_django")] == []


def test_behind_the_proxy_cookies_are_secure_and_addresses_the_clients(user):
    page = Page("reverse-proxy-and-https")
    with override_settings(**page.settings(), **page.settings("settings.py: passkeys")):
        through = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": CLIENT, "REMOTE_ADDR": "127.0.0.1"}
        client, authenticator = signed_in_at("https://example.com", user, **through)

        assert register(client, authenticator).status_code == 201
        cookies = [morsel for name, morsel in client.cookies.items() if name.startswith("passkey_")]

    assert cookies
    assert all(morsel["secure"] for morsel in cookies if morsel.value)
    assert PasskeyEvent.objects.get(kind="registered").address == "203.0.113.0"


def test_the_policy_is_obeyed_as_the_page_says(settings):
    names = {"MIDDLEWARE": list(settings.MIDDLEWARE)}  # a copy: the page adds to the list itself
    page = Page("require-passkeys")
    exec(page.block("settings.py"), names)
    shown = {name: value for name, value in names.items() if name.isupper()}
    with override_settings(**shown, ROOT_URLCONF="tests.policy.urls"):
        said = [message for message in run_checks() if message.id.startswith("passkeys_django")]
        entry = policy_of(make_user("root", is_staff=True, is_superuser=True))

    assert [message.id for message in said] == ["passkeys_django.W023"]  # the tests' admin is Django's own
    assert (entry.name, entry.passkey, entry.password) == ("superusers", "required", "refused")
    assert str(entry.since) == "2027-01-01 00:00:00-06:00"  # Django's own TIME_ZONE
    assert policy_of(make_user("guest")).demands_nothing


def test_the_policy_function_of_the_page_decides_by_address(monkeypatch):
    page = Page("require-passkeys")
    page.install(monkeypatch, "shop/policy.py")
    inside, outside = make_user("ada"), make_user("eve")
    inside.email, outside.email = "ada@example.com", "eve@example.org"
    with override_settings(PASSKEY_POLICY="shop.policy.entry_of"):
        assert policy_of(inside).requires_passkey
        assert policy_of(outside).demands_nothing


def test_the_proxy_says_what_django_is_told_to_believe():
    nginx = Page("reverse-proxy-and-https").block("nginx")

    assert "proxy_set_header X-Forwarded-Proto $scheme;" in nginx
    assert "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;" in nginx


def test_a_tunnels_name_is_the_rp_id(user):
    host = "odd-words.trycloudflare.com"
    shown = Page("local-development").settings()
    with override_settings(PASSKEY_RP_ID=None, PASSKEY_ORIGINS=(), **shown):
        client, authenticator = signed_in_at(f"https://{host}", user)

        assert register(client, authenticator).status_code == 201
        client.logout()
        assert login(client, authenticator).status_code == 200
        assert not [message for message in run_checks() if message.id.startswith("passkeys_django.E")]

    assert Passkey.objects.get().rp_id == host


def test_names_below_localhost_are_apart(settings):
    settings.DEBUG, settings.ALLOWED_HOSTS = True, []
    settings.PASSKEY_RP_ID, settings.PASSKEY_ORIGINS = None, ()

    options = post_start(Client(SERVER_NAME="shop.localhost")).json()

    assert options["publicKey"]["rpId"] == "shop.localhost"


def test_with_two_proxies_the_second_address_from_the_right_counts(settings):
    settings.PASSKEY_RATE_LIMITS = {"start-login": "1/h"}
    settings.PASSKEY_TRUSTED_PROXIES = Page("rate-limits-behind-a-cdn").settings()["PASSKEY_TRUSTED_PROXIES"]
    through = "{}, 173.245.48.1".format

    answers = [
        post_start(Client(), **{"X-Forwarded-For": through(entry)}).status_code
        for entry in (CLIENT, f"192.0.2.1, {CLIENT}", OFFICE)
    ]

    assert answers == [200, 429, 200]


@pytest.mark.parametrize(
    ("sender", "statuses"), [("173.245.48.1", [200, 200, 429]), ("192.0.2.5", [200, 429, 429])]
)
def test_only_the_cdn_is_believed_about_the_address(settings, monkeypatch, sender, statuses):
    Page("rate-limits-behind-a-cdn").install(monkeypatch, "shop/real_address.py")
    settings.MIDDLEWARE = ["shop.real_address.real_address", *settings.MIDDLEWARE]
    settings.PASSKEY_RATE_LIMITS = {"start-login": "1/h"}
    client = Client(REMOTE_ADDR=sender)

    answers = [post_start(client, **{"CF-Connecting-IP": entry}) for entry in (CLIENT, OFFICE, OFFICE)]

    assert [answer.status_code for answer in answers] == statuses


def test_the_limits_for_many_people_can_be_used():
    with override_settings(**Page("rate-limits-behind-a-cdn").settings("settings.py: limits")):
        assert not [message for message in run_checks() if message.id == "passkeys_django.E010"]


def test_the_policy_is_the_one_that_the_browser_was_driven_under():
    assert f"\n{POLICY}\n" in Page("csp").text


@pytest.mark.parametrize(
    ("block", "middleware"),
    [
        ("settings.py: Django 6.0", "django.middleware.csp.ContentSecurityPolicyMiddleware"),
        ("settings.py: django-csp", "csp.middleware.CSPMiddleware"),
    ],
)
def test_both_ways_send_that_policy(settings, user, block, middleware):
    if block == "settings.py: Django 6.0" and django.VERSION < (6, 0):
        pytest.skip("Django 6 has a middleware of its own")
    assert middleware in Page("csp").text
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, middleware], **Page("csp").settings(block)):
        response = Browser().sign_in(user).client.get("/passkeys/")

    assert set(response["Content-Security-Policy"].split("; ")) == set(POLICY.split("; "))


def test_the_logging_can_be_configured(monkeypatch):
    shown = Page("audit-and-alerts").settings()["LOGGING"]
    configured = []
    monkeypatch.setattr(logging.config.DictConfigurator, "configure", lambda self: configured.append(self.config))

    logging.config.dictConfig(json.loads(json.dumps(shown)))

    assert configured[0]["loggers"]["passkeys_django"]["level"] == "INFO"


def test_every_page_is_one_with_a_title():
    assert all(path.read_text(encoding="utf-8").startswith("# ") for path in FOLDER.glob("*.md"))
