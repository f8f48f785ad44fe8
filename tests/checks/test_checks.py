"""`manage.py check`: each mistake has an id, names its setting and says what to do."""

from types import ModuleType

import pytest
from django.core.checks import ERROR, WARNING, Tags, registry, run_checks
from django.core.checks.registry import CheckRegistry
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path, re_path

from passkeys_django.backends import PasskeyBackend
from passkeys_django.checks import origins as origin_checks
from passkeys_django.checks import policy, signed_forms
from passkeys_django.checks import settings as checks
from passkeys_django.checks.base_template import TEMPLATES_MISSING
from passkeys_django.checks.setting_names import SETTING_MISSPELT
from passkeys_django.protocol.base64url import base64url_encode

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
BACKEND = "passkeys_django.backends.PasskeyBackend"
urlpatterns = []  # this module as a URLconf without ours
EMBEDDED = {"PROVIDER": "passkeys_django.providers.embedded.EmbeddedProvider"}
HANKO = "passkeys_django.providers.hanko.HankoProvider"
HANKO_OPTIONS = {"tenant_id": "0b4d7c5e-7a43-4b8f-9d0c-2f5a1c6e8d90", "api_key": "topsecret"}
GOOD = {
    "PASSKEY_RP_ID": "example.com",
    "PASSKEY_RP_NAME": "Example",
    "PASSKEY_ORIGINS": ["https://example.com", "https://www.example.com"],
    "ALLOWED_HOSTS": ["example.com", "www.example.com"],
    "DEBUG": False,
}


def urlconf(*patterns):
    """A module with these urlpatterns."""
    module = ModuleType("urls")
    module.urlpatterns = list(patterns)
    return module


OURS = path("passkeys/", include("passkeys_django.urls"))
EVERYTHING = re_path(r"^(.*)$", lambda request, path: HttpResponse(path), name="serve")
NESTED = {
    "namespace": path("account/", include(([OURS], "account"))),
    "two namespaces": path("", include(([path("", include(([OURS], "inner")))], "outer"))),
    "an argument": path("<slug:tenant>/", include([OURS])),
}
# Another engine than Django's own, which finds no template of ours. Jinja2 is one that need not be installed here.
JINJA_ONLY = [{"BACKEND": "django.template.backends.dummy.TemplateStrings", "APP_DIRS": True}]
UNSET = {"PASSKEY_RP_ID": None, "PASSKEY_ORIGINS": None}
SIX = [f"https://{name}.example" for name in ("one", "two", "three", "four", "five", "six")]


class SiteBackend(PasskeyBackend):
    """A site's own."""


def hanko(**options):
    return {"default": {"PROVIDER": HANKO, "OPTIONS": HANKO_OPTIONS | options}}


def messages(*, deploy=False, **settings):
    """Our messages of `manage.py check` with these settings over good ones."""
    with override_settings(**GOOD | settings):
        found = run_checks(tags=[Tags.security], include_deployment_checks=deploy)
    return [message for message in found if message.id.startswith("passkeys_django.")]


def ids(**settings):
    return sorted(message.id.removeprefix("passkeys_django.") for message in messages(**settings))


def test_good_settings_pass():
    assert ids() == []


@pytest.mark.django_db  # some checks of Django 6.1 ask the database
def test_the_settings_of_these_tests_pass():
    assert [message for message in run_checks() if message.id.startswith("passkeys_django.")] == []


MISTAKES = {
    "E001": ({"AUTHENTICATION_BACKENDS": [MODEL_BACKEND]}, "AUTHENTICATION_BACKENDS"),
    "E002": ({"PASSKEY_PROVIDERS": {"default": {"PROVIDER": "no.such.Provider"}}}, "PASSKEY_PROVIDERS"),
    "E003": ({"PASSKEY_PROVIDERS": {"default": {**EMBEDDED, "OPTIONS": {"tenant": 1}}}}, "PASSKEY_PROVIDERS"),
    "E004": ({"PASSKEY_RP_ID": None, "PASSKEY_ORIGINS": None}, "PASSKEY_RP_ID"),
    "E005": ({"PASSKEY_RP_ID": "https://example.com", "PASSKEY_ORIGINS": None}, "PASSKEY_RP_ID"),
    "E006": ({"PASSKEY_ORIGINS": ["http://example.com", "https://www.example.com"]}, "PASSKEY_ORIGINS"),
    "E007": ({"PASSKEY_ORIGINS": [*GOOD["PASSKEY_ORIGINS"], "https://example.com/"]}, "PASSKEY_ORIGINS"),
    "E008": ({"PASSKEY_ORIGINS": [*GOOD["PASSKEY_ORIGINS"], "https://example.org"]}, "PASSKEY_ORIGINS"),
    "E009": ({"ROOT_URLCONF": __name__}, "urlpatterns"),
    "E010": ({"PASSKEY_USER_VERIFICATION": "always"}, "PASSKEY_USER_VERIFICATION"),
    "E011": ({"PASSKEY_PROVIDERS": hanko(tenant_id="my-tenant")}, "tenant_id"),
    "E012": ({"PASSKEY_PROVIDERS": hanko(base_url="http://passkeys.example.com")}, "base_url"),
    "E014": ({"PASSKEY_BASE_TEMPLATE": "no/such.html"}, "PASSKEY_BASE_TEMPLATE"),
    "E015": ({"PASSKEY_CONFIRM_URL": "no-such-name"}, "PASSKEY_CONFIRM_URL"),
    "W011": ({"PASSKEY_ORIGIN": ["https://example.com"]}, "PASSKEY_ORIGINS"),
    "W012": ({"TEMPLATES": JINJA_ONLY}, "DjangoTemplates"),
    "W013": ({"ROOT_URLCONF": urlconf(NESTED["namespace"])}, "include('passkeys_django.urls')"),
    "W018": ({"ROOT_URLCONF": urlconf(EVERYTHING, OURS)}, "Move path("),
    "W004": (
        {"PASSKEY_RELATED_ORIGINS": SIX, "ROOT_URLCONF": "tests.views.test_well_known"},
        "PASSKEY_RELATED_ORIGINS",
    ),
    "W005": ({"PASSKEY_RELATED_ORIGINS": ["https://example.org"]}, "urls_well_known"),
    "W001": ({"ALLOWED_HOSTS": ["example.com", "login.example.com"]}, "ALLOWED_HOSTS"),
    "W002": ({**UNSET, "DEBUG": True, "ALLOWED_HOSTS": ["127.0.0.1"]}, "ALLOWED_HOSTS"),
    "W016": ({"DEBUG": True}, "PASSKEY_ORIGINS"),
}


@pytest.mark.parametrize(("number", "settings", "named"), [(key, *value) for key, value in MISTAKES.items()])
def test_each_mistake_is_told_with_its_setting_and_a_hint(number, settings, named):
    (message,) = messages(**settings)

    assert message.id == f"passkeys_django.{number}"
    assert message.level == (ERROR if number.startswith("E") else WARNING)
    assert named in f"{message.msg} {message.hint}"
    assert message.hint


LOCAL = {"PASSKEY_RP_ID": "localhost", "PASSKEY_ORIGINS": ["http://localhost:8000"]}
WORKS_AT_LOCALHOST = {
    "unset": (UNSET, True),
    "production's": ({}, False),
    "the RP ID alone": ({"PASSKEY_ORIGINS": None}, False),
    "the origins alone": ({"PASSKEY_RP_ID": None}, False),
    "localhost": (LOCAL, True),
    "localhost as RP ID": (LOCAL | {"PASSKEY_ORIGINS": None}, True),
    "localhost as origin": (LOCAL | {"PASSKEY_RP_ID": None}, True),
    "a name under localhost": (
        LOCAL | {"PASSKEY_RP_ID": None, "PASSKEY_ORIGINS": ["http://shop.localhost"]},
        True,
    ),
    "beside production's": (
        LOCAL | {"PASSKEY_RP_ID": None, "PASSKEY_ORIGINS": ["https://a.example", *LOCAL["PASSKEY_ORIGINS"]]},
        True,
    ),
}


@pytest.mark.parametrize(("values", "works"), WORKS_AT_LOCALHOST.values(), ids=WORKS_AT_LOCALHOST)
def test_while_debug_is_on_localhost_may_not_be_left_out(values, works):
    assert ("W016" in ids(DEBUG=True, **values)) is not works
    assert "W016" not in ids(DEBUG=False, **values)


def test_what_is_no_path_is_left_to_djangos_own_check():
    with override_settings(
        ROOT_URLCONF=urlconf(("passkeys/", "no path()")), PASSKEY_RELATED_ORIGINS=["https://example.org"]
    ):
        found = run_checks(tags=[Tags.urls, Tags.security])

    assert [message.id for message in found if message.level >= ERROR] == ["urls.E004"]


def test_every_id_that_there_is_has_a_mistake_above():
    constants = {**vars(checks), **vars(origin_checks)}
    ours = {value for name, value in constants.items() if name.isupper() and str(value).startswith("passkeys_")}

    assert {identity.removeprefix("passkeys_django.") for identity in ours} | {
        "E011",
        "E012",
        "E014",
        "W011",
        "W012",
        "W018",
    } == set(MISTAKES)


def test_every_check_is_registered_with_django():
    registered: CheckRegistry = registry.registry

    assert set(checks.ALL) <= set(registered.get_checks())
    assert {getattr(checks, name) for name in vars(checks) if name.startswith("check_")} == (
        set(checks.ALL) - {*policy.ALL, *signed_forms.ALL}
    )


def test_j17_no_message_tells_a_secret():
    for providers in (hanko(tenant_id="x"), hanko(api_kee="topsecret"), hanko(base_url="http://example.com")):
        (message,) = messages(PASSKEY_PROVIDERS=providers)

        assert "topsecret" not in str(message)


# Settings


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PASSKEY_RP_ID", 5),
        ("PASSKEY_RP_ID", ["example.com"]),
        ("PASSKEY_RP_NAME", b"Example"),
        ("PASSKEY_ORIGINS", "https://example.com"),
        ("PASSKEY_ORIGINS", [None]),
        ("PASSKEY_USER_VERIFICATION", None),
        ("PASSKEY_REAUTHENTICATION_AGE", "300"),
        ("PASSKEY_REAUTHENTICATION_AGE", -1),
    ],
)
def test_a_setting_of_the_wrong_type_is_one_message_that_names_it(setting, value):
    (message,) = messages(**{setting: value})

    assert message.id == checks.SETTING_MALFORMED
    assert setting in message.msg


MISSPELT = {
    "PASSKEY_ORGINS": "PASSKEY_ORIGINS",
    "PASSKEY_RPID": "PASSKEY_RP_ID",
    "PASSKEYS_RP_ID": "PASSKEY_RP_ID",
    "PASSKEY_RATE_LIMIT": "PASSKEY_RATE_LIMITS",
    "PASSKEY_PROVIDER": "PASSKEY_PROVIDERS",
    "PASSKEY_TRUSTED_PROXY": "PASSKEY_TRUSTED_PROXIES",
    "PASSKEY_USER_VERIFICATON": "PASSKEY_USER_VERIFICATION",
}


@pytest.mark.parametrize(("name", "meant"), MISSPELT.items())
def test_a_misspelt_setting_is_told_with_the_right_name(name, meant):
    (message,) = messages(**{name: 1})

    assert message.id == SETTING_MISSPELT
    assert message.msg.startswith(f"{name} is not a setting")
    assert f"Did you mean {meant}?" in message.hint


@pytest.mark.parametrize("name", ["PASSKEY_API_KEY", "PASSKEY_TENANT_ID", "PASSKEY_BASE_URL", "PASSWORD_HASHERS"])
def test_a_name_of_the_sites_own_is_not_told(name):
    assert ids(**{name: "x"}) == []


# The backend


@pytest.mark.parametrize(
    "backends", [[BACKEND], [MODEL_BACKEND, BACKEND], [f"{__name__}.SiteBackend", MODEL_BACKEND]]
)
def test_d8_the_backend_or_one_of_the_sites_own_will_do(backends):
    assert ids(AUTHENTICATION_BACKENDS=backends) == []


@pytest.mark.parametrize(
    "backend", ["no.such.Backend", "tests.settings.Backend", "django.contrib.auth.authenticate"]
)
def test_a_backend_that_is_no_class_stops_no_check(backend):
    assert ids(AUTHENTICATION_BACKENDS=[backend]) == ["E001"]
    assert ids(AUTHENTICATION_BACKENDS=[backend, BACKEND]) == []


# Providers


@pytest.mark.parametrize(
    ("providers", "expected"),
    [
        (None, []),
        ({"default": EMBEDDED}, []),
        (hanko(), []),
        ({**hanko(), "local": EMBEDDED}, []),
        ({"default": {"PROVIDER": "no.such.Provider"}}, ["E002"]),
        ({"default": {"PROVIDER": "passkeys_django.providers.embedded.Nope"}}, ["E002"]),
        ({"default": {"PROVIDER": "NoPath"}}, ["E002"]),
        ({"default": {"PROVIDER": "collections.OrderedDict"}}, ["E002"]),
        ({"default": {"PROVIDER": "passkeys_django.providers.get_provider"}}, ["E002"]),
        ({"default": {"OPTIONS": {}}}, ["E002"]),
        ({"default": HANKO}, ["E002"]),
        ({"default": {"PROVIDER": HANKO, "OPTIONS": ["x"]}}, ["E002"]),
        ({}, ["E002"]),
        ({"hanko": EMBEDDED}, ["E002"]),
        ([EMBEDDED], ["E002"]),
        (HANKO, ["E002"]),
        ({"default": EMBEDDED, "old": {"PROVIDER": "no.such.Provider"}}, ["E002"]),
        ({"default": {"PROVIDER": HANKO}}, ["E003"]),
        ({"default": {"PROVIDER": HANKO, "OPTIONS": {"tenant_id": HANKO_OPTIONS["tenant_id"]}}}, ["E003"]),
        (hanko(api_kee="x"), ["E003"]),
        ({"default": {**EMBEDDED, "OPTIONS": {"tenant_id": "x"}}}, ["E003"]),
        ({"other": {**EMBEDDED, "OPTIONS": {"x": 1}}}, ["E002", "E003"]),
        ({**hanko(tenant_id="x"), "old": {**EMBEDDED, "OPTIONS": {"x": 1}}}, ["E003", "E011"]),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_each_provider_can_be_made(providers, expected):
    assert ids(PASSKEY_PROVIDERS=providers) == expected


@pytest.mark.parametrize(
    ("options", "named"), [({"api_kee": "x", **HANKO_OPTIONS}, "api_kee"), ({"api_key": "topsecret"}, "tenant_id")]
)
def test_a_wrong_option_is_named_and_the_right_ones_are_where_the_hint_says(options, named):
    (message,) = messages(PASSKEY_PROVIDERS={"default": {"PROVIDER": HANKO, "OPTIONS": options}})

    assert named in message.msg
    assert HANKO in message.hint
    assert "topsecret" not in f"{message.msg} {message.hint}"


# The RP ID


@pytest.mark.parametrize(
    "rp_id",
    [
        "example.com",
        "localhost",
        "login.example.co.uk",
        "a-b.example",
        "xn--bcher-kva.example",
        "1und1.example",
        "a" * 63 + ".example",
    ],
)
def test_a_domain_is_an_rp_id(rp_id):
    assert ids(PASSKEY_RP_ID=rp_id, PASSKEY_ORIGINS=None, ALLOWED_HOSTS=[rp_id]) == []


@pytest.mark.parametrize(
    "rp_id",
    [
        "127.0.0.1",
        "::1",
        "[::1]",
        "2001:db8::1",
        "https://example.com",
        "//example.com",
        "example.com:443",
        "localhost:8000",
        "Example.com",
        "EXAMPLE.COM",
        "example.com.",
        ".example.com",
        "example..com",
        "*.example.com",
        "example.com/",
        "example.com/login",
        "bücher.example",
        "exam ple.com",
        " example.com",
        "example.com\n",
        "-example.com",
        "example-.com",
        "under_score.example",
        "a" * 64 + ".example",
        "user@example.com",
        ".",
    ],
)
def test_d20_what_is_no_domain_is_no_rp_id(rp_id):
    assert ids(PASSKEY_RP_ID=rp_id, PASSKEY_ORIGINS=None, ALLOWED_HOSTS=["example.com"]) == ["E005"]


@pytest.mark.parametrize("unset", [None, ""])
def test_d20_the_rp_id_is_needed_but_in_development(unset):
    assert ids(PASSKEY_RP_ID=unset, PASSKEY_ORIGINS=None) == ["E004"]
    assert ids(PASSKEY_RP_ID=unset, PASSKEY_ORIGINS=None, DEBUG=True) == []


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("Bücher.Example", "xn--bcher-kva.example"),
        ("BU\u0308CHER.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("EXAMPLE.com", "example.com"),
    ],
)
def test_d20_the_hint_shows_the_domain_as_browsers_write_it(written, right):
    (message,) = messages(PASSKEY_RP_ID=written, PASSKEY_ORIGINS=None, ALLOWED_HOSTS=[])
    assert message.id == checks.RP_ID_MALFORMED
    assert repr(right) in message.hint

    (message,) = messages(PASSKEY_RP_ID=right, PASSKEY_ORIGINS=[f"https://{written}"], ALLOWED_HOSTS=[])
    assert message.id == origin_checks.ORIGIN_MALFORMED
    assert f"'https://{right}'" in message.hint


def test_d20_a_domain_in_letters_of_the_world_is_one_mistake():
    found = ids(
        PASSKEY_RP_ID="bücher.example", PASSKEY_ORIGINS=["https://xn--bcher-kva.example"], ALLOWED_HOSTS=[]
    )

    assert found == ["E005"]


# Origins


def ids_of_origin(origin, rp_id="example.com"):
    return ids(PASSKEY_RP_ID=rp_id, PASSKEY_ORIGINS=[origin], ALLOWED_HOSTS=[])


@pytest.mark.parametrize(
    ("origin", "rp_id"),
    [
        ("https://example.com", "example.com"),
        ("https://example.com:8443", "example.com"),
        ("https://www.example.com", "example.com"),
        ("https://a.b.c.example.com", "example.com"),
        ("https://localhost:8000", "localhost"),
        ("http://localhost", "localhost"),
        ("http://localhost:8000", "localhost"),
        ("http://app.localhost:8000", "localhost"),
    ],
)
def test_what_a_browser_sends_from_a_page_of_the_site_is_an_origin(origin, rp_id):
    assert ids_of_origin(origin, rp_id) == []


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://example.com", ["E006"]),
        ("http://www.example.com:8000", ["E006"]),
        ("ftp://example.com", ["E006"]),
        ("example.com", ["E006", "E008"]),
        ("//example.com", ["E006"]),
        ("null", ["E006", "E008"]),
        ("", ["E006", "E008"]),
        ("*", ["E006", "E008"]),
        ("http://localhost.example.com", ["E006"]),
        ("http://localhost.evil.example", ["E006", "E008"]),
        ("https://example.com/", ["E007"]),
        ("https://example.com/login", ["E007"]),
        ("https://example.com?next=/", ["E007"]),
        ("https://example.com#top", ["E007"]),
        ("https://example.com:443", ["E007"]),
        ("https://example.com:", ["E007"]),
        ("https://Example.com", ["E007"]),
        ("HTTPS://example.com", ["E007"]),
        ("https://user@example.com", ["E007"]),
        (" https://example.com", ["E007"]),
        ("https://example.com:0443", ["E007"]),
        ("https://[::1", ["E007", "E008"]),
        ("https://example.com:99999", ["E007", "E008"]),
        ("https://example.com:port", ["E007", "E008"]),
        ("https://", ["E008"]),
        ("https://example.org", ["E008"]),
        ("https://evilexample.com", ["E008"]),
        ("https://example.com.evil.example", ["E008"]),
        ("https://com", ["E008"]),
        ("https://example.com.", ["E008"]),
        ("http://localhost:8000", ["E008"]),
        ("http://127.0.0.1:8000", ["E008"]),
        ("https://*.example.com", []),
    ],
)
def test_d20_what_no_browser_sends_from_a_page_of_the_site_is_no_origin(origin, expected):
    assert ids_of_origin(origin) == expected


FINGERPRINT = bytes(range(224, 256))
ANDROID = f"android:apk-key-hash:{base64url_encode(FINGERPRINT)}"


def test_an_android_app_is_an_origin_of_any_rp_id():
    assert ids_of_origin(ANDROID) == ids_of_origin(ANDROID, "localhost") == []


@pytest.mark.parametrize(
    "origin",
    [
        ANDROID + "=",
        ANDROID[:-1],
        ANDROID + "AAAA",
        ANDROID.replace("-", "+").replace("_", "/"),
        ANDROID.replace("apk-key-hash", "apk-key-hash-sha256"),
        ANDROID.replace("android", "android:android"),
        "android:apk-key-hash:",
        "android:",
        f"android:apk-key-hash:{base64url_encode(FINGERPRINT[:20])}",
        f"android:apk-key-hash:{FINGERPRINT.hex(':')}",
        f"android:{base64url_encode(FINGERPRINT)}",
        f"{ANDROID}\n",
    ],
)
def test_what_no_android_app_sends_is_no_origin(origin):
    (message,) = messages(PASSKEY_ORIGINS=[*GOOD["PASSKEY_ORIGINS"], origin])

    assert message.id == origin_checks.ORIGIN_MALFORMED
    assert repr(origin) in message.msg
    assert "SHA-256" in message.hint


def test_each_wrong_origin_is_told():
    assert ids(PASSKEY_ORIGINS=["http://example.com", "https://example.com/", "https://example.org"]) == [
        "E006",
        "E007",
        "E008",
        "W001",
    ]


def test_a_malformed_origin_is_shown_as_it_should_be():
    (message,) = messages(PASSKEY_ORIGINS=[*GOOD["PASSKEY_ORIGINS"], "https://Example.com:443/x"])

    assert "'https://Example.com:443/x'" in message.msg
    assert "'https://example.com'" in message.hint


# Related origins


def ids_of_related(*origins, **settings):
    return ids(PASSKEY_RELATED_ORIGINS=list(origins), ROOT_URLCONF="tests.views.test_well_known", **settings)


@pytest.mark.parametrize(
    "origins",
    [
        [],
        ["https://example.org"],
        ["https://example.org", "https://example.co.uk:8443", "https://www.example.net"],
        [f"https://example.{suffix}" for suffix in ("de", "fr", "at", "ch", "org", "co.uk", "com.au")],
        ["https://example.com.au", "https://shop.example.com.au", *SIX[:4]],
        SIX[:5],
        [*SIX[:4], "https://www.four.example", "https://four.org", "https://localhost"],
        ["https://localhost:8000"],
    ],
)
def test_pages_of_other_domains_are_related_origins(origins):
    assert ids_of_related(*origins) == []


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://example.org", ["E006"]),
        ("example.org", ["E006"]),
        (ANDROID, ["E006"]),
        ("https://example.org/", ["E007"]),
        ("https://[::1", ["E007"]),
    ],
)
def test_what_no_browser_sends_is_no_related_origin(origin, expected):
    assert ids_of_related(origin) == expected


def test_more_names_than_every_browser_reads_are_told():
    (message,) = messages(PASSKEY_RELATED_ORIGINS=SIX, ROOT_URLCONF="tests.views.test_well_known")

    assert "6 different names: five, four, one, six, three, two" in message.msg


def test_related_origins_that_are_no_list_are_told_once():
    assert ids(PASSKEY_RELATED_ORIGINS="https://example.org") == ["E010"]


# Hosts


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"ALLOWED_HOSTS": ["example.com", "www.example.com"]}, []),
        ({"ALLOWED_HOSTS": ["EXAMPLE.com"]}, []),
        ({"ALLOWED_HOSTS": [".example.com"]}, []),
        ({"ALLOWED_HOSTS": ["*"]}, []),
        ({"ALLOWED_HOSTS": []}, []),
        ({"ALLOWED_HOSTS": ["localhost", "example.org", "evilexample.com"]}, []),
        ({"ALLOWED_HOSTS": ["example.com"], "PASSKEY_ORIGINS": ["https://example.com:8443"]}, []),
        ({"ALLOWED_HOSTS": ["example.com"], "PASSKEY_ORIGINS": None}, []),
        ({"ALLOWED_HOSTS": ["www.example.com"], "PASSKEY_ORIGINS": None}, ["W001"]),
        ({"ALLOWED_HOSTS": ["www.example.com"], "PASSKEY_ORIGINS": ["https://example.com"]}, ["W001"]),
        ({"ALLOWED_HOSTS": ["WWW.example.com"], "PASSKEY_ORIGINS": ["https://example.com"]}, ["W001"]),
        ({"ALLOWED_HOSTS": ["example.com"], "PASSKEY_ORIGINS": ["https://www.example.com"]}, ["W001"]),
        ({"ALLOWED_HOSTS": ["a.example.com", "b.example.com"]}, ["W001", "W001"]),
        ({"ALLOWED_HOSTS": ["www.example.com"], "PASSKEY_ORIGINS": None, "DEBUG": True}, ["W016"]),
        (
            {"ALLOWED_HOSTS": ["www.example.com"], "PASSKEY_ORIGINS": ["https://example.com"], "DEBUG": True},
            ["W001", "W016"],
        ),
        ({"PASSKEY_RP_ID": None, "PASSKEY_ORIGINS": None, "ALLOWED_HOSTS": ["a.example.com"], "DEBUG": True}, []),
    ],
)
def test_each_name_of_the_site_has_an_origin(settings, expected):
    assert ids(**settings) == expected


def test_d20_a_host_without_an_origin_is_named_with_what_to_add():
    (message,) = messages(ALLOWED_HOSTS=["login.example.com"])

    assert "'login.example.com'" in message.msg
    assert "'https://login.example.com'" in message.hint


@pytest.mark.parametrize(
    ("hosts", "debug", "expected"),
    [
        (["127.0.0.1"], True, ["W002"]),
        (["localhost", "127.0.0.1"], True, ["W002"]),
        (["[::1]"], True, ["W002"]),
        (["192.168.0.5"], True, ["W002"]),
        (["localhost"], True, []),
        ([], True, []),
        (["*"], True, []),
        (["127.0.0.1"], False, []),
    ],
)
def test_an_ip_address_in_development_is_told_to_be_of_no_use(hosts, debug, expected):
    assert ids(ALLOWED_HOSTS=hosts, DEBUG=debug, **(UNSET if debug else {})) == expected


# URLs


@pytest.mark.parametrize("nested", NESTED.values(), ids=NESTED.keys())
def test_urls_that_are_included_where_nothing_finds_them_are_not_called_missing(nested):
    assert ids(ROOT_URLCONF=urlconf(nested)) == ["W013"]


@pytest.mark.parametrize(
    "included",
    [
        path("here/", include([OURS])),
        path("here/", include(("passkeys_django.urls", "passkeys"), namespace="keys")),
        path("here/", include("passkeys_django.urls", namespace="passkeys")),
    ],
)
def test_urls_that_are_found_are_not_told(included):
    assert ids(ROOT_URLCONF=urlconf(included)) == []
    assert ids(ROOT_URLCONF=urlconf(NESTED["namespace"], included)) == []


def test_a_url_that_the_site_answers_itself_is_not_told():
    own = path("passkeys/", lambda request: HttpResponse("our own list"))

    assert ids(ROOT_URLCONF=urlconf(own, OURS, EVERYTHING)) == []


@pytest.mark.parametrize(
    "templates",
    [[], JINJA_ONLY, [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": False}]],
    ids=["none", "another engine", "no APP_DIRS"],
)
def test_templates_that_no_engine_finds_are_told(templates):
    assert TEMPLATES_MISSING in {message.id for message in messages(TEMPLATES=templates)}


def test_an_engine_that_cannot_be_made_is_left_to_djangos_own_checks():
    assert ids(TEMPLATES=[{"NAME": "django"}]) == []


def test_another_engine_beside_djangos_is_not_told(settings):
    assert ids(TEMPLATES=[*JINJA_ONLY, *settings.TEMPLATES]) == []


# Hanko


@pytest.mark.parametrize(
    "tenant_id", ["0b4d7c5e-7a43-4b8f-9d0c-2f5a1c6e8d90", "0B4D7C5E-7A43-4B8F-9D0C-2F5A1C6E8D90"]
)
def test_a_uuid_is_a_tenant_id(tenant_id):
    assert ids(PASSKEY_PROVIDERS=hanko(tenant_id=tenant_id)) == []


@pytest.mark.parametrize("tenant_id", ["", "my-tenant", None, 5, "0b4d7c5e-7a43-4b8f-9d0c"])
def test_what_is_no_uuid_is_no_tenant_id(tenant_id):
    assert ids(PASSKEY_PROVIDERS=hanko(tenant_id=tenant_id)) == ["E011"]


@pytest.mark.parametrize(
    "base_url",
    [
        "https://passkeys.hanko.io",
        "https://passkeys.hanko.io/",
        "https://passkeys.example.com:8443",
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://hanko.localhost",
    ],
)
def test_hanko_is_reached_by_https_or_on_this_machine(base_url):
    assert ids(PASSKEY_PROVIDERS=hanko(base_url=base_url)) == []


@pytest.mark.parametrize(
    "base_url",
    [
        "http://passkeys.hanko.io",
        "http://10.0.0.1",
        "passkeys.hanko.io",
        "ftp://localhost",
        "",
        "http://localhost.evil.example",
    ],
)
def test_hanko_is_never_reached_by_http_elsewhere(base_url):
    assert ids(PASSKEY_PROVIDERS=hanko(base_url=base_url)) == ["E012"]


PRIVATE = [
    "http://hanko:8000",
    "http://10.0.0.1",
    "http://[fd00::1]:8000",
    "http://hanko.internal",
    "http://hanko.svc.cluster.local:8000",
]


@pytest.mark.parametrize("base_url", PRIVATE)
def test_hanko_is_reached_by_http_in_a_private_network_if_the_site_says_so(base_url):
    assert ids(PASSKEY_PROVIDERS=hanko(base_url=base_url)) == ["E012"]
    assert ids(PASSKEY_PROVIDERS=hanko(base_url=base_url, allow_http=True)) == []


@pytest.mark.parametrize(
    "base_url",
    ["http://passkeys.example.com", "http://8.8.8.8", "http://hanko.local.example", "ftp://hanko", "hanko"],
)
def test_no_option_lets_an_api_key_travel_over_the_internet_by_http(base_url):
    assert ids(PASSKEY_PROVIDERS=hanko(base_url=base_url, allow_http=True)) == ["E012"]


@pytest.mark.parametrize("base_url", PRIVATE)
def test_http_in_a_private_network_is_told_before_a_deployment(base_url):
    settings = {"PASSKEY_PROVIDERS": hanko(base_url=base_url, allow_http=True)}
    (warning,) = (message for message in messages(deploy=True, **settings) if message.id.endswith("W006"))

    assert base_url in warning.msg
    assert "API key" in warning.hint
    assert "topsecret" not in str(warning)


@pytest.mark.parametrize(
    "providers",
    [
        hanko(),
        hanko(base_url="http://localhost:8950", allow_http=True),
        {"default": EMBEDDED},
        {"default": {"PROVIDER": "no.such.Provider"}},
    ],
)
def test_before_a_deployment_nothing_is_told_of_other_providers(providers):
    assert "passkeys_django.W006" not in {
        message.id for message in messages(deploy=True, PASSKEY_PROVIDERS=providers)
    }


@pytest.mark.parametrize(
    ("base_url", "expected"), [(None, "E003"), ("https://[::1", "E012"), ("https://", "E012")], ids=repr
)
def test_a_base_url_that_is_none_is_told_and_stops_no_other_check(base_url, expected):
    assert ids(PASSKEY_PROVIDERS=hanko(base_url=base_url)) == [expected]


def test_tenant_id_and_api_key_in_each_others_place_tell_no_secret():
    other_id = "3f0a7a55-0c0e-4d0b-9b43-5d8f1c1f6f21"  # of no other test: from now on, each log is searched for it
    (message,) = messages(PASSKEY_PROVIDERS=hanko(tenant_id="topsecret", api_key=other_id))

    assert "topsecret" not in str(message)
