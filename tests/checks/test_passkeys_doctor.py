"""manage.py passkeys_doctor: each finding appears with its mistake and not without it."""

import io
import json
import time
from email.utils import formatdate

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from passkeys_django.checks import doctor
from passkeys_django.exceptions import UnsupportedFeature
from passkeys_django.hanko import HankoClient, HankoProtocolError, diagnosis
from passkeys_django.models import Passkey, RemovedPasskey
from passkeys_django.providers import failover, get_provider
from passkeys_django.providers.findings import Finding, Level
from passkeys_django.testing import cose
from passkeys_django.testing.hanko import Response, in_process, serve
from tests.conftest import HANKO_URL, ORIGIN, hanko_settings, make_passkey, make_user
from tests.providers.recording import RECORDING

pytestmark = pytest.mark.django_db

ADMIN_URL = "http://admin.example:8001"
FILES = "django.core.cache.backends.filebased.FileBasedCache"
EMBEDDED = {"PROVIDER": "passkeys_django.providers.embedded.EmbeddedProvider"}
PUBLIC_KEY = cose.generate(cose.ES256).public_key


@pytest.fixture
def good(settings, tmp_path):
    """A site in production whose settings leave nothing to be said."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.PASSKEY_TRUSTED_PROXIES = 1
    settings.CACHES = {"default": {"BACKEND": FILES, "LOCATION": str(tmp_path)}}
    return settings


@pytest.fixture
def hanko(good, hanko_site):
    """The same with Hanko."""
    return hanko_site


@pytest.fixture
def with_passkey(hanko, tenant):
    return hanko.add_credential(tenant, user_id="ada-1", public_key=PUBLIC_KEY)


def examine(**options):
    """What is not in order, as level and name."""
    return {
        (each.level.value, each.name): each for each in doctor.examine(**options) if each.level is not Level.OK
    }


def messages(**options):
    return {each.name: each.message for each in doctor.examine(**options)}


# Nothing to mend


def test_an_embedded_site_is_fine_without_any_network(good):
    assert examine() == {}
    assert messages()["default: provider"] == "Ceremonies run in this process; no network is needed."
    assert "cache" not in messages()


def test_a_site_behind_proxies_that_it_does_not_count(good):
    del good.PASSKEY_TRUSTED_PROXIES

    assert examine().keys() == {("warning", "proxies")}
    assert "SECURE_PROXY_SSL_HEADER is set" in messages()["proxies"]


def test_a_site_with_hanko_is_fine(hanko, with_passkey):
    with in_process(hanko, HANKO_URL, admin_url=ADMIN_URL):
        assert examine(admin_url=ADMIN_URL) == {}
        said = messages(admin_url=ADMIN_URL)
    assert said["default: RP ID"] == "testserver here and there."
    assert said["default: API key"] == "It opens the tenant."
    assert said["default: key set"] == "1 usable."
    assert said["default: expiry"] == "A fresh challenge is not expired."
    assert said["default: origins"] == "The tenant accepts all of ours."
    assert said["cache"] == "FileBasedCache is shared between processes."


def test_the_doctor_leaves_nothing_behind_but_challenges(hanko, tenant, with_passkey):
    list(doctor.examine())

    assert list(tenant.users) == ["ada-1"]
    assert list(tenant.credentials) == [with_passkey.id]
    assert {method for method, _path in hanko.requests} == {"GET", "POST"}
    assert Passkey.objects.count() == 0


# Settings


@pytest.mark.parametrize(
    ("name", "value", "level", "text"),
    [
        ("PASSKEY_RP_ID", "https://example.com", "error", "passkeys_django.E005"),
        (
            "AUTHENTICATION_BACKENDS",
            ["django.contrib.auth.backends.ModelBackend"],
            "error",
            "passkeys_django.E001",
        ),
        ("ALLOWED_HOSTS", ["testserver", "www.testserver"], "warning", "passkeys_django.W001"),
        ("PASSKEY_PROVIDERS", "nonsense", "error", "passkeys_django.E002"),
        ("PASSKEY_PROVIDERS", {"default": {**EMBEDDED, "OPTIONS": {"no": 1}}}, "error", "passkeys_django.E003"),
        ("PASSKEY_RP_ID", 5, "error", "passkeys_django.E010"),
        ("PASSKEY_RP_ID", None, "error", "passkeys_django.E004"),
    ],
)
def test_what_the_checks_find_is_told(good, name, value, level, text):
    setattr(good, name, value)

    found = [each for each in doctor.examine() if each.name == "settings" and each.message.startswith(text)]

    assert [each.level for each in found] == [level]
    assert found[0].remedy


def test_a_check_without_a_hint_has_no_remedy(good, monkeypatch):
    message = doctor.checks.Error("Something.", id="x.E1")
    monkeypatch.setattr(doctor.checks, "ALL", [lambda: [message]])

    assert list(doctor.examine_settings()) == [
        Finding(level=Level.ERROR, name="settings", message="x.E1: Something.", remedy="")
    ]


# The provider


FAULTS = {
    "down": {"drop": True},
    "slow": {"delay": 60},
    "503": {"status": 503},
    "500": {"status": 500},
    "HTML": {"garbage": True},
    "HTML of a proxy": {"garbage": True, "status": 404},
    "truncated": {"truncate": True},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_service_out_of_order_is_one_error_with_a_remedy(hanko, fault):
    for name, value in fault.items():
        setattr(hanko.faults, name, value)

    found = examine()

    assert list(found) == [("error", "default: service")]
    assert found["error", "default: service"].remedy in (doctor.UNREACHABLE, doctor.REJECTED)


def test_an_unreachable_service_and_a_wrong_answer_have_different_remedies(hanko, tenant, settings):
    hanko.faults.drop = True
    assert examine()["error", "default: service"].remedy == doctor.UNREACHABLE
    hanko.faults.clear()
    settings.PASSKEY_PROVIDERS = hanko_settings(tenant, tenant_id="6f9d2b5e-8b0f-4b7b-9a55-000000000000")
    assert examine()["error", "default: service"].remedy == doctor.REJECTED


def test_a_tenant_that_does_not_exist(hanko, good, tenant):
    good.PASSKEY_PROVIDERS = hanko_settings(tenant, tenant_id="0b4d7c5e-7a43-4b8f-9d0c-2f5a1c6e8d90")

    finding = examine()["error", "default: service"]

    assert "tenant not found" in finding.message
    assert "tenant_id" in finding.remedy


def test_a_wrong_key(hanko, good, tenant):
    good.PASSKEY_PROVIDERS = hanko_settings(tenant, api_key="wrong-and-secret")

    found = examine()

    assert list(found) == [("error", "default: API key")]
    assert "The api key is invalid" in found["error", "default: API key"].message
    assert "wrong-and-secret" not in str(found)


def test_options_that_the_checks_refuse_are_not_tried(hanko, good, tenant):
    good.PASSKEY_PROVIDERS = hanko_settings(tenant, base_url="http://passkeys.example")

    assert list(examine()) == [("error", "settings")]
    assert hanko.requests == []


def test_a_tenant_of_another_rp_id(hanko, good):
    good.PASSKEY_RP_ID, good.PASSKEY_ORIGINS, good.ALLOWED_HOSTS = "example.com", ["https://example.com"], []

    found = examine()

    assert list(found) == [("error", "default: RP ID")]
    assert "'testserver'" in found["error", "default: RP ID"].message


def test_in_development_the_rp_id_may_be_the_requests_host(hanko, good):
    good.DEBUG, good.PASSKEY_RP_ID, good.PASSKEY_ORIGINS = True, None, None

    assert list(examine()) == [("warning", "default: RP ID")]


def test_a_key_set_that_cannot_be_read(hanko):
    hanko.faults.only = lambda request: request.path.endswith("jwks.json")
    hanko.faults.status = 500

    assert list(examine()) == [("error", "default: key set")]


def test_a_key_set_without_a_usable_key(hanko):
    hanko.faults.respond = lambda request: Response(status=200, body=b'{"keys": []}')
    hanko.faults.only = lambda request: request.path.endswith("jwks.json")

    assert "no usable key" in examine()["error", "default: key set"].message


def telling_the_time(fake, date):
    """The status page comes with this date."""
    headers = (("Content-Type", "text/html"), *((("Date", date),) if date else ()))
    fake.faults.only = lambda request: request.path == "/"
    fake.faults.respond = lambda request: Response(status=200, body=b"<html>", headers=headers)


@pytest.mark.parametrize(
    ("seconds", "level", "text"),
    [
        (3600, "error", "3600 s ahead of ours"),
        (-3600, "error", "3600 s behind ours"),
        (-15, "warning", "15 s behind ours"),
        (0, None, "The same as the server's."),
    ],
)
def test_a_clock_that_is_wrong(hanko, monkeypatch, seconds, level, text):
    now = 1_800_000_000
    monkeypatch.setattr("passkeys_django.providers.hanko.doctor.time.time", lambda: now)
    telling_the_time(hanko, formatdate(now + seconds, usegmt=True))

    assert list(examine()) == ([(level, "default: clock")] if level else [])
    assert text in messages()["default: clock"]


@pytest.mark.parametrize("date", [None, "today"])
def test_a_server_that_does_not_tell_the_time(hanko, date):
    telling_the_time(hanko, date)

    assert examine() == {}
    assert messages()["default: clock"] == "Not compared: the server does not tell its time."


def test_a_real_server_tells_the_time(fake_hanko):
    with serve(fake_hanko) as server:
        assert abs(diagnosis.server_time(server.url).timestamp() - time.time()) < 5


def test_a_status_page_that_is_not_there(hanko):
    hanko.faults.only = lambda request: request.path == "/"
    hanko.faults.status = 500

    assert list(examine()) == [("warning", "default: clock")]


def test_a_server_west_of_utc(hanko, good):
    """It writes its time zone's time as if it were UTC's: every challenge that can expire has expired at once."""
    west = hanko.create_tenant(rp_id="testserver", origins=[ORIGIN], timeout=-1)
    hanko.add_credential(west, user_id="ada-1", public_key=PUBLIC_KEY)
    good.PASSKEY_PROVIDERS = hanko_settings(west)

    found = examine()

    assert list(found) == [("error", "default: expiry")]
    assert "TZ=UTC" in found["error", "default: expiry"].remedy


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (1, "1.00 h ahead"),
        (14, "14.00 h ahead"),
        (5.75, "5.75 h ahead"),
        (-0.25, "0.25 h behind"),
        (-5, "5.00 h behind"),
        (-12, "12.00 h behind"),
    ],
)
def test_a_server_in_another_time_zone_than_utc(hanko, hours, text):
    """The doctor makes a call, and looks when the audit log says that it was."""
    hanko.state.utc_offset = hours * 3600

    found = examine()

    assert list(found) == [("error", "default: time zone")]
    assert text in found["error", "default: time zone"].message
    assert "TZ=UTC" in found["error", "default: time zone"].remedy


def test_a_server_west_of_utc_is_told_twice_where_somebody_has_a_passkey(hanko, with_passkey):
    hanko.state.utc_offset = -5 * 3600

    assert list(examine()) == [("error", "default: time zone"), ("error", "default: expiry")]


def test_the_call_of_the_doctor_is_found_among_those_of_others(hanko, tenant):
    """Rows of the time before the server's zone was corrected are newer than ours."""
    hanko.state.utc_offset = 3600
    client = HankoClient(tenant_id=tenant.id, base_url=HANKO_URL)
    for _ in range(50):
        client.start_login()
    hanko.state.utc_offset = 0

    assert examine() == {}
    assert messages()["default: time zone"] == "The audit log has the right time."


def only_the_audit_log(fake, **faults):
    fake.faults.only = lambda request: request.path.endswith("/audit_logs")
    for name, value in faults.items():
        setattr(fake.faults, name, value)


@pytest.mark.parametrize("status", [404, 500])
def test_an_audit_log_that_cannot_be_read(hanko, status):
    """Before version 1.2 there is none."""
    only_the_audit_log(hanko, status=status)

    assert list(examine()) == [("warning", "default: time zone")]


def test_an_audit_log_that_does_not_show_our_call(hanko):
    headers = (("X-Total-Count", "0"),)
    only_the_audit_log(hanko, respond=lambda request: Response(status=200, body=b"[]", headers=headers))

    assert "not in the audit log" in examine()["warning", "default: time zone"].message


# How the tenant asks for passkeys


@pytest.fixture
def tenant_with(hanko, good):
    """A function: the tenant becomes one with these settings."""

    def become(**settings):
        tenant = hanko.create_tenant(rp_id="testserver", origins=[ORIGIN], **settings)
        good.PASSKEY_PROVIDERS = hanko_settings(tenant)
        return tenant

    return become


ODD = {
    "resident key": {"resident_key_requirement": "discouraged"},
    "attachment": {"attachment": "platform"},
    "attestation": {"attestation_preference": "direct"},
}


@pytest.mark.parametrize("with_admin_api", [False, True])
@pytest.mark.parametrize(("name", "setting"), ODD.items(), ids=ODD)
def test_a_setting_of_the_tenant_that_we_overrule_or_that_keeps_people_out(
    hanko, tenant_with, name, setting, with_admin_api
):
    tenant_with(**setting)

    with in_process(hanko, HANKO_URL, admin_url=ADMIN_URL):
        found = examine(admin_url=ADMIN_URL if with_admin_api else None)

    assert list(found) == [("warning", f"default: {name}")]
    assert next(iter(setting.values())) in found["warning", f"default: {name}"].message
    assert found["warning", f"default: {name}"].remedy


def test_a_tenant_in_use_is_asked_by_its_admin_api_only(hanko, tenant_with):
    """A registration that starts would leave a user behind, or overwrite somebody's name."""
    tenant = tenant_with(**{name: value for setting in ODD.values() for name, value in setting.items()})
    hanko.add_credential(tenant, user_id="ada-1", public_key=PUBLIC_KEY)

    assert examine() == {}
    with in_process(hanko, HANKO_URL, admin_url=ADMIN_URL):
        assert list(examine(admin_url=ADMIN_URL)) == [("warning", f"default: {name}") for name in ODD]
    assert list(tenant.users) == ["ada-1"]


@pytest.mark.parametrize(
    ("theirs", "ours", "is_weaker"),
    [
        ("required", "required", False),
        ("required", "discouraged", False),
        ("preferred", "preferred", False),
        ("preferred", "required", True),
        ("discouraged", "required", True),
        ("discouraged", "preferred", True),
    ],
)
def test_a_user_verification_that_is_weaker_than_ours(tenant_with, good, theirs, ours, is_weaker):
    tenant_with(user_verification=theirs)
    good.PASSKEY_USER_VERIFICATION = ours

    found = examine()

    assert list(found) == ([("warning", "default: user verification")] if is_weaker else [])
    assert theirs in messages()["default: user verification"]


def test_a_registration_that_cannot_start(hanko):
    hanko.faults.only = lambda request: request.path.endswith("/registration/initialize")
    hanko.faults.status = 500

    assert list(examine()) == [("error", "default: registration")]


def test_without_a_passkey_there_the_expiry_is_not_tested(hanko, tenant):
    hanko.add_credential(tenant, user_id="ada-1", public_key=PUBLIC_KEY, is_mfa=True)

    assert examine() == {}
    assert messages()["default: expiry"] == "Not tested: the tenant has no passkey yet."


@pytest.mark.parametrize("user_id", ["sixteen bytes id", "ada-1"])
def test_an_expiry_that_cannot_be_tested(hanko, tenant, user_id):
    hanko.add_credential(tenant, user_id=user_id, public_key=PUBLIC_KEY)
    hanko.faults.only = lambda request: b"ada-1" in request.body
    hanko.faults.status = 500

    assert list(examine()) == [("warning", "default: expiry")]


def test_a_server_that_accepts_anything_is_no_passkey_api(hanko, tenant, with_passkey):
    hanko.faults.only = lambda request: request.path.endswith("/login/finalize")
    hanko.faults.respond = lambda request: Response(status=200, body=b'{"token": "a.b.c"}')
    client = HankoClient(tenant_id=tenant.id, api_key=tenant.api_key, base_url=HANKO_URL)

    with pytest.raises(HankoProtocolError, match="without a signature"):
        diagnosis.fresh_challenge_expired(client, user_id="ada-1")


def test_a_provider_that_raises_anything_is_an_error(good, monkeypatch):
    good.PASSKEY_PROVIDERS = {"default": RECORDING}  # whose starts raise NotImplementedError

    found = examine()

    assert found["error", "default: provider"].message == "It raises NotImplementedError."


def test_every_provider_is_asked(hanko, good, tenant):
    good.PASSKEY_PROVIDERS = {**hanko_settings(tenant), "old": EMBEDDED}

    assert {"default: RP ID", "old: provider"} <= set(messages())


# Origins


@pytest.fixture
def origins_of(hanko, good):
    """A function: the findings for a tenant with these origins."""

    def examined(*origins):
        other = hanko.create_tenant(rp_id="testserver", origins=origins)
        good.PASSKEY_PROVIDERS = hanko_settings(other)
        with in_process(hanko, HANKO_URL, admin_url=ADMIN_URL):
            return {name: finding.message for name, finding in examine(admin_url=ADMIN_URL).items()}

    return examined


def test_origins_may_differ_in_case_and_be_more(origins_of):
    assert origins_of("HTTPS://TestServer", "https://other.testserver") == {}


def test_the_origins_of_apps_and_of_related_pages_are_compared_too(origins_of, settings):
    android = "android:apk-key-hash:FG3pg8VzBlDY7rmVLzT8ZBagg0LmHb6oigSWsj_PROU"
    settings.PASSKEY_ORIGINS = [ORIGIN, android]
    settings.PASSKEY_RELATED_ORIGINS = ["https://example.org"]
    settings.ROOT_URLCONF = "tests.views.test_well_known"

    assert origins_of(ORIGIN, android, "https://example.org") == {}
    assert origins_of(ORIGIN) == {
        ("error", "default: origins"): f"The tenant does not accept {android}, https://example.org."
    }


def test_an_origin_that_the_tenant_lacks(origins_of, good):
    assert origins_of("https://www.testserver") == {
        ("error", "default: origins"): "The tenant does not accept https://testserver."
    }


def test_an_origin_with_a_slash_never_matches(origins_of):
    findings = origins_of("https://testserver", "https://www.testserver/")
    assert findings == {
        (
            "error",
            "default: origins",
        ): "The tenant's https://www.testserver/ never matches: browsers send no slash at the end."
    }


def test_without_an_rp_id_origins_cannot_be_compared(origins_of, good):
    good.PASSKEY_RP_ID = None

    assert {name for _level, name in origins_of(ORIGIN)} == {"settings", "default: RP ID"}


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b"<html>",
        b'{"config": {"webauthn": {"relying_party": {"origins": "x"}}}}',
        b'{"config": {"webauthn": {"relying_party": {"origins": [1]}}}}',
    ],
)
def test_an_address_that_is_not_the_admin_api(hanko, body):
    hanko.faults.only = lambda request: request.path.startswith("/tenants/")
    hanko.faults.respond = lambda request: Response(status=200, body=body)

    with in_process(hanko, HANKO_URL, admin_url=ADMIN_URL):
        found = examine(admin_url=ADMIN_URL)

    assert list(found) == [("error", "default: origins")]
    assert "--admin-url" in found["error", "default: origins"].remedy


def test_an_admin_api_that_is_down(hanko):
    hanko.faults.only = lambda request: request.path.startswith("/tenants/")
    hanko.faults.drop = True

    with in_process(hanko, HANKO_URL, admin_url=ADMIN_URL):
        assert list(examine(admin_url=ADMIN_URL)) == [("error", "default: origins")]


def test_a_provider_without_an_admin_api_says_so(good):
    with pytest.raises(UnsupportedFeature):
        get_provider().configured_origins(admin_url=ADMIN_URL)
    assert list(get_provider().examine()) == []


# Cache, cookies, https


@pytest.mark.parametrize("kind", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_a_cache_of_one_process(hanko, good, kind):
    good.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{kind}"}}

    assert list(examine()) == [("warning", "cache")]


def test_a_cache_that_cannot_be_made(hanko, good):
    good.CACHES = {"default": {"BACKEND": "no.such.Cache"}}

    assert [finding.level for finding in doctor.examine_cache()] == [Level.ERROR]


def test_providers_that_cannot_be_made_need_no_cache(good):
    good.PASSKEY_PROVIDERS = {"default": {"PROVIDER": "no.such.Provider"}}

    assert list(doctor.examine_cache()) == []


@pytest.mark.parametrize(
    ("names", "remedy"),
    [
        (["SESSION_COOKIE_SECURE"], "Set SESSION_COOKIE_SECURE = True."),
        (["CSRF_COOKIE_SECURE"], "Set CSRF_COOKIE_SECURE = True."),
        (
            ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"],
            "Set SESSION_COOKIE_SECURE = True and CSRF_COOKIE_SECURE = True.",
        ),
    ],
)
def test_cookies_that_travel_without_encryption(good, names, remedy):
    for name in names:
        setattr(good, name, False)

    found = examine()

    assert list(found) == [("warning", "cookies")]
    assert found["warning", "cookies"].remedy == remedy


def test_a_csrf_token_in_the_session_needs_no_cookie(good):
    good.CSRF_COOKIE_SECURE, good.CSRF_USE_SESSIONS = False, True

    assert examine() == {}


def test_in_development_cookies_are_nobodys_concern(good):
    good.DEBUG, good.SESSION_COOKIE_SECURE, good.CSRF_COOKIE_SECURE = True, False, False

    assert {"cookies", "https"}.isdisjoint(messages())


def test_a_proxy_may_have_to_be_named(good):
    assert "https" not in messages()
    good.SECURE_PROXY_SSL_HEADER = None

    assert "https" in messages()
    assert examine() == {}


# The database


def test_passkeys_are_counted_by_who_holds_them(hanko, tenant, user, other_user):
    make_passkey(user)
    make_passkey(user, provider=f"hanko:{tenant.id}")
    make_passkey(other_user, provider=f"hanko:{tenant.id}")

    assert examine() == {}
    assert messages()["passkeys"] == f"3 of 2 users (1 only here, 2 hanko:{tenant.id})."


def test_without_passkeys_there_is_nothing_to_count(good):
    assert messages()["passkeys"] == "0 of 0 users."


def test_passkeys_of_a_provider_that_is_gone(good, user):
    make_passkey(user, provider="hanko:gone")

    assert "1 passkeys belong to hanko:gone" in examine()["warning", "passkeys"].message


def test_passkeys_of_another_rp_id(good, user):
    make_passkey(user, rp_id="old.example")

    assert "another RP ID than testserver" in examine()["warning", "passkeys"].message


@pytest.mark.parametrize("rp_id", [None, 5])
def test_without_an_rp_id_nobody_is_stranded(good, user, rp_id):
    make_passkey(user)
    good.PASSKEY_RP_ID = rp_id

    assert ("warning", "passkeys") not in examine()


def test_removals_that_are_pending(good):
    RemovedPasskey.objects.remember(provider="hanko:gone", credential_id="AAAA", user_handle=b"x")

    found = examine()

    assert list(found) == [("warning", "removals")]
    assert "passkeys_sync" in found["warning", "removals"].remedy


def test_a_database_without_our_tables(good, monkeypatch):
    def missing():
        raise DatabaseError("no such table")

    monkeypatch.setattr(doctor, "_examine_passkeys", missing)

    found = examine()

    assert list(found) == [("error", "database")]
    assert "migrate" in found["error", "database"].remedy


# The command


def run(**options):
    stdout = io.StringIO()
    try:
        call_command("passkeys_doctor", stdout=stdout, **options)
    except CommandError as exc:
        return stdout.getvalue(), exc
    return stdout.getvalue(), None


def test_the_table_shows_level_name_message_and_remedy(good):
    make_passkey(make_user(), provider="hanko:gone")

    output, error = run()

    assert error is None
    assert "ok       settings           manage.py check finds nothing." in output.splitlines()
    assert "warning  passkeys           1 passkeys belong to hanko:gone, " in output
    assert "                            -> Right if you have left this provider" in output


def test_an_error_is_exit_code_1(good):
    good.AUTHENTICATION_BACKENDS = []
    _output, error = run()
    assert (str(error), error.returncode) == ("One error to correct.", 1)

    good.PASSKEY_RP_ID = "https://example.com"
    assert str(run()[1]) == "3 errors to correct."


def test_scripts_get_json(hanko, good, tenant):
    good.PASSKEY_PROVIDERS = hanko_settings(tenant, api_key="wrong-and-secret")

    output, error = run(json=True)

    findings = json.loads(output)
    assert {frozenset(finding) for finding in findings} == {frozenset(["level", "name", "message", "remedy"])}
    assert [finding["name"] for finding in findings if finding["level"] == "error"] == ["default: API key"]
    assert error.returncode == 1


@pytest.mark.parametrize("as_json", [False, True])
def test_no_key_and_no_token_is_shown(hanko, good, tenant, with_passkey, as_json):
    good.SECRET_KEY = "the-secret-key"
    hanko.faults.only = lambda request: request.path.endswith("/login/finalize")
    hanko.faults.respond = lambda request: Response(status=200, body=b'{"token": "a-token"}')

    output, _error = run(json=as_json)

    assert "could not be tested" in output.lower()
    assert not any(secret in output for secret in (tenant.api_key, "the-secret-key", "a-token"))


def test_a_provider_that_was_found_down_is_a_warning(hanko_site, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True
    assert not [finding for finding in doctor.examine_providers() if finding.name.endswith("failover")]
    failover._found_down(get_provider())
    [finding] = [finding for finding in doctor.examine_providers() if finding.name.endswith("failover")]
    assert finding.level is Level.WARNING
    assert finding.remedy
