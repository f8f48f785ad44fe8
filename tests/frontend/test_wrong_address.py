"""While DEBUG is on, a page at an address where passkeys cannot work names the address that works."""

import pytest
from django.template import RequestContext, Template
from django.test import RequestFactory

from passkeys_django.frontend.script_config import script_config
from passkeys_django.frontend.wrong_address import wrong_address

UNSET = {"PASSKEY_RP_ID": None, "PASSKEY_ORIGINS": None}
PRODUCTION = {"PASSKEY_RP_ID": "example.com", "PASSKEY_ORIGINS": ["https://example.com"]}
LEAVE_OUT = "leave PASSKEY_RP_ID and PASSKEY_ORIGINS out while DEBUG is on, and open http://localhost:8000"
IP = "Browsers refuse passkeys at IP addresses, this page is"
INSECURE = "Browsers offer passkeys at https addresses and at localhost, this page is"
WRONG = {
    "an IP address": (UNSET, "http://127.0.0.1:8000", f"{IP} 127.0.0.1: open http://localhost:8000."),
    "port 80": (UNSET, "http://127.0.0.1", f"{IP} 127.0.0.1: open http://localhost."),
    "https": (UNSET, "https://127.0.0.1:8443", f"{IP} 127.0.0.1: open https://localhost:8443."),
    "IPv6": (UNSET, "http://[::1]:8000", f"{IP} ::1: open http://localhost:8000."),
    "a phone": (
        UNSET,
        "http://192.168.1.5:8000",
        f"{IP} 192.168.1.5: open http://localhost:8000, or on another device use a tunnel with https.",
    ),
    "an IP address, not localhost's settings": (
        {"PASSKEY_RP_ID": None, "PASSKEY_ORIGINS": ["https://example.com"]},
        "http://127.0.0.1:8000",
        f"{IP} 127.0.0.1: {LEAVE_OUT}.",
    ),
    "an IP address, another port": (
        {"PASSKEY_RP_ID": "localhost", "PASSKEY_ORIGINS": ["http://localhost:9000"]},
        "http://127.0.0.1:8000",
        "PASSKEY_RP_ID is localhost, this page is 127.0.0.1: open http://localhost:9000.",
    ),
    "production's settings": (
        PRODUCTION,
        "http://localhost:8000",
        f"PASSKEY_RP_ID is example.com, this page is localhost: {LEAVE_OUT}.",
    ),
    "production's RP ID": (
        {"PASSKEY_RP_ID": "example.com", "PASSKEY_ORIGINS": None},
        "http://127.0.0.1:8000",
        f"PASSKEY_RP_ID is example.com, this page is 127.0.0.1: {LEAVE_OUT}.",
    ),
    "http": (
        UNSET,
        "http://shop.test:8000",
        f"{INSECURE} http://shop.test:8000: open http://localhost:8000, or, where a proxy or tunnel adds https, "
        "set SECURE_PROXY_SSL_HEADER.",
    ),
    "no port": (
        {"PASSKEY_RP_ID": "localhost", "PASSKEY_ORIGINS": ["http://localhost"]},
        "http://localhost:8000",
        "PASSKEY_ORIGINS is http://localhost, this page is http://localhost:8000: add http://localhost:8000, or "
        "leave PASSKEY_ORIGINS out while DEBUG is on.",
    ),
}
RIGHT = {
    "unset": (UNSET, "http://localhost:8000"),
    "a name under localhost": (UNSET, "http://shop.localhost:8000"),
    "a tunnel": (UNSET, "https://words.trycloudflare.com"),
    "set": ({"PASSKEY_RP_ID": "localhost", "PASSKEY_ORIGINS": ["http://localhost:8000"]}, "http://localhost:8000"),
    "at the real name": (PRODUCTION, "https://example.com"),
    "at the real name, behind a proxy that adds https": (PRODUCTION, "http://example.com"),
    "a related origin, behind such a proxy": (
        PRODUCTION | {"PASSKEY_RELATED_ORIGINS": ["https://example.org"]},
        "http://example.org",
    ),
    "a related origin": (
        PRODUCTION | {"PASSKEY_RELATED_ORIGINS": ["https://example.org"]},
        "https://example.org",
    ),
}


def at(url):
    scheme, _, host = url.partition("://")
    return RequestFactory().get("/accounts/login/", secure=scheme == "https", headers={"host": host})


@pytest.fixture
def development(settings):
    """A function that takes over settings."""
    settings.DEBUG, settings.ALLOWED_HOSTS = True, ["*"]
    return lambda values: [setattr(settings, name, value) for name, value in values.items()]


@pytest.mark.parametrize(("values", "url", "text"), WRONG.values(), ids=WRONG)
def test_a_wrong_address_is_told_with_the_one_that_works(development, refusals_logged, values, url, text):
    development(values)

    assert script_config(RequestContext(at(url), {"request": at(url)}))["wrongAddress"] == text
    assert refusals_logged() == [f"Passkeys do not work at {url}. {text}"]


@pytest.mark.parametrize(("values", "url"), RIGHT.values(), ids=RIGHT)
def test_of_a_right_address_nothing_is_said(development, refusals_logged, values, url):
    development(values)

    assert wrong_address(at(url)) is None
    assert refusals_logged() == []


@pytest.mark.parametrize(("values", "url", "text"), WRONG.values(), ids=WRONG)
def test_in_production_nobody_is_told_of_settings(settings, development, refusals_logged, values, url, text):
    development(values)
    settings.DEBUG = False

    assert wrong_address(at(url)) is None
    assert refusals_logged() == []


@pytest.mark.django_db
def test_of_a_page_without_our_tags_the_log_names_what_is_accepted(registered, refusals_logged):
    """A front end on a port of its own, for example."""
    registered.login(origin="http://localhost:5173")

    [message] = refusals_logged()
    assert message.endswith("origin 'http://localhost:5173', accepted: https://testserver")


def test_a_setting_of_the_wrong_type_is_left_to_the_checks(development):
    development({"PASSKEY_RP_ID": 5})

    assert wrong_address(at("http://localhost:8000")) is None


def test_the_page_shows_it_before_anybody_presses(development):
    development(UNSET)
    request = at("http://127.0.0.1:8000")
    page = Template("{% load passkeys %}{% passkey_login_button %}").render(RequestContext(request))

    assert f'role="alert">{IP} 127.0.0.1: open http://localhost:8000.</p>' in page
