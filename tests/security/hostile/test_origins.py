"""Pages that are not the site's (WebAuthn L3, 7.1 step 10, 7.2 step 13, 13.4.9)."""

import pytest

from tests.security.hostile.attempts import HERE, client_data, member

pytestmark = pytest.mark.django_db

OTHER_ORIGINS = [
    "https://evil.example",
    "https://testserver:8443",
    "https://testserver:443",
    "https://testserver:",
    "https://testserver:0",
    "https://www.testserver",
    "https://testserver.evil.example",
    "https://eviltestserver",
    "https://testserve",
    "https://testserver.",
    "https://.testserver",
    "http://testserver",
    "wss://testserver",
    "ftp://testserver",
    "file://testserver",
    "HTTPS://testserver",
    "https://TESTSERVER",
    "https://Testserver",
    "https://testserver/",
    "https://testserver//",
    "https://testserver/login",
    "https://testserver?",
    "https://testserver#",
    "https://user@testserver",
    "https://user:password@testserver",
    "https://testserver@evil.example",
    "https://testserver\\@evil.example",
    "https://testserver\\.evil.example",
    "https:testserver",
    "https:/testserver",
    "https:///testserver",
    "//testserver",
    "testserver",
    "",
    "null",
    "None",
    "undefined",
    "*",
    "https://*",
    " https://testserver",
    "https://testserver ",
    "https://testserver\n",
    "https://testserver\t",
    "https://testserver\x00",
    "https://testserver\x00.evil.example",
    "https://testserver\ud800",
    "https://testserver https://evil.example",
    "https://testserver,https://evil.example",
    "https://t\u0435stserver",  # a Cyrillic letter
    "https://xn--tstserver-3wg",
    "https://\uff54estserver",  # a full-width letter
    "https://test\u00adserver",  # a soft hyphen
    "https://testserver\u3002",  # an ideographic full stop
    "https://%74estserver",
    "https://127.0.0.1",
    "https://[::1]",
    "http://localhost",
    "blob:https://testserver/8f7b",
    "view-source:https://testserver",
    "chrome-extension://testserver",
    "moz-extension://testserver",
    "android:apk-key-hash:AAAA",
    "ios:bundle-id:com.testserver",
    "javascript:alert(1)//https://testserver",
    "https://testserver" * 1_000,
]


@HERE
def test_r2_a2_another_origin_is_refused(attempt):
    lies = {ascii(origin)[:60]: member("origin", origin) for origin in OTHER_ORIGINS}

    attempt.assert_each_forgery_refused(client_data(lies), attempt.broken_rule)


@HERE
def test_r2_a2_an_international_name_is_compared_as_the_settings_write_it(attempt, settings):
    settings.PASSKEY_ORIGINS = ["https://xn--bcher-kva.example"]
    attempt.browser.authenticator.origin = settings.PASSKEY_ORIGINS[0]
    others = ["https://b\u00fccher.example", "https://xn--BCHER-KVA.example", "https://bucher.example"]

    lies = {ascii(origin): member("origin", origin) for origin in [*others, "https://testserver"]}

    attempt.assert_each_forgery_refused(client_data(lies), attempt.broken_rule)


CROSS_ORIGIN = {
    "crossOrigin": member("crossOrigin", True),
    "topOrigin of another site": member("topOrigin", "https://evil.example"),
    "topOrigin of this site": member("topOrigin", "https://testserver"),
    "topOrigin null in text": member("topOrigin", "null"),
    "an empty topOrigin": member("topOrigin", ""),
    "both": lambda raw: member("crossOrigin", True)(member("topOrigin", "https://testserver")(raw)),
}


def test_r3_a2_a_ceremony_in_somebody_elses_page_is_refused(attempt):
    attempt.assert_each_forgery_refused(client_data(CROSS_ORIGIN), attempt.broken_rule)
