"""PASSKEY_LOCAL_FALLBACK: passkeys go on working while Hanko is down, and nobody outside can force it."""

import logging
import threading
from dataclasses import replace

import pytest
import requests
from django.core.cache import cache
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NameResolutionError

from passkeys_django.models import Passkey, RemovedPasskey
from passkeys_django.protocol.base64url import base64url_decode
from passkeys_django.providers import failover, get_provider
from passkeys_django.signals import provider_state_changed
from passkeys_django.testing import cose
from passkeys_django.testing.encoding import b64url
from passkeys_django.testing.hanko import Response, serve
from tests.conftest import Browser, hanko_settings, listening

pytestmark = pytest.mark.django_db
OUTAGES = {
    "refused connection": {"drop": True},
    "no answer in time": {"delay": 30},
    "cut off in the middle": {"truncate": True},
    "bad gateway": {"status": 502, "garbage": True},
    "unavailable": {"status": 503},
    "internal error to everything": {"status": 500},
    "a parking page": {"garbage": True},
}


@pytest.fixture
def at_hanko(hanko_site, settings, registered):
    """A browser with a passkey that Hanko holds, at a site with local fallback."""
    settings.PASSKEY_LOCAL_FALLBACK = True
    settings.PASSKEY_CONFIRM_METHOD = "any"  # a confirmation would ask the provider, too
    hanko_site.requests.clear()
    return registered


def fail(fake, **faults):
    for name, value in faults.items():
        setattr(fake.faults, name, value)


def upstream(fake, part):
    return sum(part in path for _method, path in fake.requests)


def is_down():
    return failover.is_down(get_provider())


def end_pause():
    """As if the 30 seconds were over."""
    cache.delete(failover._pause_key(get_provider()))


@pytest.mark.parametrize("faults", OUTAGES.values(), ids=OUTAGES)
class TestDuringAnOutage:
    def test_a_login_starts_and_finishes_here(self, at_hanko, fake_hanko, faults):
        fail(fake_hanko, **faults)
        assert at_hanko.login().status_code == 200
        assert is_down()

    def test_a_login_begun_at_hanko_finishes_here(self, at_hanko, fake_hanko, faults):
        credential = at_hanko.authenticator.get(at_hanko.request_options())
        fail(fake_hanko, **faults)
        assert at_hanko.post("finalize-login", credential).status_code == 200
        assert is_down()

    def test_a_registration_starts_and_finishes_here(self, at_hanko, user, fake_hanko, faults):
        fail(fake_hanko, **faults)
        browser = Browser().sign_in(user)
        assert browser.register().status_code == 201
        assert Passkey.objects.latest("created_at").provider == ""
        assert not RemovedPasskey.objects.exists()
        fake_hanko.faults.clear()
        assert browser.login().status_code == 200

    def test_a_registration_that_hanko_may_have_stored_is_kept_here_and_to_go_there(
        self, at_hanko, user, tenant, fake_hanko, faults
    ):
        browser = Browser().sign_in(user)
        credential = browser.authenticator.create(browser.creation_options())
        fail(fake_hanko, **faults)
        assert browser.post("finalize-registration", credential).status_code == 201
        assert Passkey.objects.latest("created_at").provider == ""
        removed = RemovedPasskey.objects.get()
        assert (removed.provider, removed.credential_id) == (f"hanko:{tenant.id}", credential["id"])

    def test_without_local_fallback_nothing_goes_on(self, at_hanko, settings, fake_hanko, faults):
        settings.PASSKEY_LOCAL_FALLBACK = False
        fail(fake_hanko, **faults)
        assert at_hanko.post("start-login").json()["code"] == "provider_unavailable"
        assert not is_down()


def stumble(fake, part, faults):
    """Hanko fails at one kind of request, as it does at some that browsers can cause, and stands else."""
    fail(fake, only=lambda request: part in request.path, **faults)


STUMBLES = {
    "500": {"status": 500},
    "HTML": {"respond": lambda request: Response(status=200, body=b"<html>")},
    "redirect": {"respond": lambda request: Response(status=302)},
    "a dropped connection": {"drop": True},
    "an answer that is cut off": {"truncate": True},
    "no answer in time": {"delay": 30},
    "a proxy whose server dropped the connection": {"status": 502, "garbage": True},
    "a proxy whose server does not answer": {"status": 504},
}


@pytest.mark.parametrize("faults", STUMBLES.values(), ids=STUMBLES)
class TestStumbling:
    """What a browser sends may make Hanko stumble over this one request: that is no outage."""

    def test_w5_over_a_login_is_a_provider_error_and_the_state_stays_up(self, at_hanko, fake_hanko, faults):
        stumble(fake_hanko, "login/finalize", faults)
        assert at_hanko.login().json()["code"] == "provider_error"
        assert not is_down()

    def test_w5_over_a_registration_is_a_provider_error_and_stores_nothing(
        self, at_hanko, user, fake_hanko, faults
    ):
        stumble(fake_hanko, "registration/finalize", faults)
        assert Browser().sign_in(user).register().json()["code"] == "provider_error"
        assert Passkey.objects.count() == 1
        assert not is_down()

    def test_w5_over_a_persons_name_is_no_outage_either(self, at_hanko, user, fake_hanko, faults):
        stumble(fake_hanko, "registration/initialize", faults)
        assert Browser().sign_in(user).post("start-registration").json()["code"] == "provider_error"
        assert not is_down()

    def test_w5_over_a_passkeys_new_name_is_no_outage_either(self, at_hanko, user, fake_hanko, faults):
        stumble(fake_hanko, "/credentials/", faults)
        passkey = Passkey.objects.get()
        at_hanko.sign_in(user).client.post(f"/passkeys/{passkey.pk}/rename/", {"name": "Laptop"})
        assert not is_down()


@pytest.mark.parametrize("faults", STUMBLES.values(), ids=STUMBLES)
def test_w5_a_start_that_fails_once_goes_on_without_hanko(at_hanko, fake_hanko, faults):
    """Nothing that a browser chose is in the start of a login, so nothing that it chose can be the reason."""
    requests = []
    fail(fake_hanko, only=lambda request: requests.append(request) or request is requests[0], **faults)

    assert at_hanko.login().status_code == 200
    assert is_down()


@pytest.fixture
def attempts(fake_hanko):
    """A function: from now on each request ends in this exception. Gives the path and read time-out of each."""
    patch = pytest.MonkeyPatch()

    def every_request_ends_in(exception):
        made = []

        def send(self, request, *, timeout, **kwargs):
            made.append((request.path_url.split("/", 2)[2], timeout[1]))
            raise exception

        patch.setattr(HTTPAdapter, "send", send)
        return made

    yield every_request_ends_in
    patch.undo()  # before the fake puts back what it has replaced


class TestTheProbe:
    def test_w5_comes_after_a_time_out_and_waits_for_a_shorter_time(self, at_hanko, attempts):
        credential = at_hanko.authenticator.get(at_hanko.request_options())
        made = attempts(requests.ReadTimeout())

        assert at_hanko.post("finalize-login", credential).status_code == 200
        assert made == [("login/finalize", 5.0), ("login/initialize", 2.0)]
        assert is_down()

    @pytest.mark.parametrize(
        "exception",
        [
            requests.ConnectTimeout(),
            requests.ConnectionError(MaxRetryError(None, "/", NameResolutionError("", None, OSError()))),
        ],
        ids=["a time-out to connect", "no such host"],
    )
    def test_w5_is_not_made_if_nothing_was_sent(self, at_hanko, attempts, exception):
        """Nothing that a browser chose can be the reason; a second time-out would be for nothing."""
        credential = at_hanko.authenticator.get(at_hanko.request_options())
        made = attempts(exception)

        assert at_hanko.post("finalize-login", credential).status_code == 200
        assert made == [("login/finalize", 5.0)]
        assert is_down()


def test_w5_a_probe_that_is_refused_was_answered(at_hanko, fake_hanko):
    gone = Response(status=404, body=b'{"title": "tenant not found", "details": "", "status": 404}')
    credential = at_hanko.authenticator.get(at_hanko.request_options())
    fake_hanko.faults.respond = lambda request: gone if "initialize" in request.path else Response(status=502)
    assert at_hanko.post("finalize-login", credential).json()["code"] == "provider_error"
    assert not is_down()


def give_key(browser, fake, key):
    """From now on the browser's passkey has this key pair, here and at Hanko."""
    [credential] = browser.authenticator.credentials.values()
    browser.authenticator.credentials[credential.credential_id] = replace(credential, key=key)
    Passkey.objects.update(public_key=key.public_key)
    fake.state.credentials[credential.credential_id].public_key = b64url(key.public_key)


def test_w3_w5_a_key_that_crashes_hanko_turns_no_fallback_on(at_hanko, tenant, fake_hanko, settings):
    """With an RSA exponent of one byte go-webauthn panics, and the server drops the connection."""
    give_key(at_hanko, fake_hanko, cose.rsa_pair(public_exponent=3))
    with serve(fake_hanko) as server:
        settings.PASSKEY_PROVIDERS = hanko_settings(tenant, base_url=server.url)
        response = at_hanko.login()

    assert (response.status_code, response.json()["code"]) == (502, "provider_error")
    assert upstream(fake_hanko, "login/finalize") == 1
    assert not is_down()
    assert at_hanko.user_id is None


KNOWN_STUMBLES = {
    "a handle that is no UTF-8": {"user_handle": b"\xff" * 16},
    "a handle of 64 bytes": {"user_handle": b"h" * 64},
    "no signature to speak of": {"signature": b"\x00"},
    "garbage for a signature": {"signature": b"\xff" * 200},
    "no presence": {"flags": {"up": False}},
    "another RP ID": {"rp_id": "evil.example"},
    "another origin": {"origin": "https://evil.example"},
    "an id that nobody knows": {"reported_id": b"x" * 300},
}


@pytest.mark.parametrize("overrides", KNOWN_STUMBLES.values(), ids=KNOWN_STUMBLES)
def test_nobody_outside_can_force_the_fallback_at_a_login(at_hanko, overrides):
    assert at_hanko.login(**overrides).status_code in (400, 403)
    assert not is_down()


@pytest.mark.parametrize(
    "overrides",
    [
        {"credential_id": b"x" * 192},
        {"credential_id": b"x" * 1023},
        {"transports": ["usb", "usb"]},
        {"transports": ["\x00"]},
        {"fmt": "unheard-of", "attestation_statement": {}},
    ],
    ids=["id over 191 bytes", "longest id", "a transport twice", "NUL in a transport", "unknown format"],
)
def test_nobody_outside_can_force_the_fallback_at_a_registration(at_hanko, user, overrides):
    browser = Browser().sign_in(user)
    assert browser.register(**overrides).status_code in (201, 400)
    assert not is_down()
    assert not Passkey.objects.filter(provider="").exists()


def test_a_credential_that_hanko_knows_already_forces_nothing(at_hanko, user, other_user):
    """A known id is a 500 there; here it is known too, unless the row was never adopted."""
    credential_id = Passkey.objects.get().credential_id
    Passkey.objects.all()._raw_delete("default")
    browser = Browser().sign_in(other_user)
    response = browser.register(credential_id=base64url_decode(credential_id))
    assert response.json()["code"] == "provider_error"
    assert not is_down()


def test_a_passkey_that_hanko_gave_up_is_not_revived_by_an_outage(at_hanko, fake_hanko):
    get_provider().delete_credential(Passkey.objects.get().credential_id)
    assert at_hanko.login().json()["code"] == "login_failed"
    fail(fake_hanko, drop=True)
    assert at_hanko.login().json()["code"] == "login_failed"
    credential = at_hanko.authenticator.get(at_hanko.request_options())
    assert at_hanko.post("finalize-login", credential).json()["code"] == "login_failed"


def test_a_refusal_by_a_reachable_provider_is_a_refusal(at_hanko):
    assert at_hanko.login(tamper_signature=True).json()["code"] == "login_failed"
    assert not is_down()


class TestLeavingItAlone:
    def test_nobody_waits_for_a_time_out_that_others_have_had(self, at_hanko, fake_hanko):
        fail(fake_hanko, drop=True)
        assert at_hanko.login().status_code == 200
        fake_hanko.requests.clear()
        for _ in range(5):
            assert at_hanko.login().status_code == 200
        assert fake_hanko.requests == []

    def test_one_probe_at_a_time_brings_it_back(self, at_hanko, fake_hanko):
        fail(fake_hanko, drop=True)
        at_hanko.login()
        end_pause()
        fake_hanko.requests.clear()
        at_hanko.request_options()
        at_hanko.request_options()
        assert len(fake_hanko.requests) == 1
        fake_hanko.faults.clear()
        end_pause()
        assert at_hanko.login().status_code == 200
        assert not is_down()
        assert upstream(fake_hanko, "login/finalize") == 1

    def test_a_refusal_brings_it_back_too(self, at_hanko, fake_hanko):
        credential = at_hanko.authenticator.get(at_hanko.request_options(), tamper_signature=True)
        failover._found_down(get_provider())
        end_pause()
        assert at_hanko.post("finalize-login", credential).json()["code"] == "login_failed"
        assert not is_down()

    def test_the_pause_can_be_set(self, at_hanko, tenant, fake_hanko, settings, monkeypatch):
        settings.PASSKEY_PROVIDERS = hanko_settings(tenant, pause_after_failure=7.0)
        timeouts = []
        monkeypatch.setattr(
            type(cache._connections[cache._alias]),
            "set",
            lambda self, key, value, timeout=None, version=None: timeouts.append(timeout),
        )
        fail(fake_hanko, drop=True)
        at_hanko.request_options()
        assert timeouts == [7.0]

    def test_a_change_of_state_is_logged_and_signalled_once(self, at_hanko, fake_hanko, caplog):
        caplog.set_level("WARNING", logger="passkeys_django")
        with listening(provider_state_changed) as received:
            fail(fake_hanko, drop=True)
            for _ in range(3):
                at_hanko.login()
                end_pause()
            fake_hanko.faults.clear()
            for _ in range(3):
                at_hanko.login()
        assert [(change["is_up"], change["provider"]) for change in received] == [
            (False, get_provider()),
            (True, get_provider()),
        ]
        levels = [record.levelno for record in caplog.records if record.name == "passkeys_django"]
        assert levels == [logging.ERROR, logging.WARNING]

    def test_an_unknown_passkey_is_not_asked_for_meanwhile(self, at_hanko, fake_hanko):
        Passkey.objects.all().delete()
        RemovedPasskey.objects.all().delete()
        failover._found_down(get_provider())
        assert at_hanko.login().json()["code"] == "login_failed"
        assert fake_hanko.requests == []

    def test_without_local_fallback_there_is_no_breaker(self, at_hanko, settings, fake_hanko):
        settings.PASSKEY_LOCAL_FALLBACK = False
        fail(fake_hanko, drop=True)
        for _ in range(3):
            assert at_hanko.post("start-login").status_code == 503
        assert len(fake_hanko.requests) == 3


def test_an_unreadable_key_set_does_not_stop_a_login_and_is_no_failed_one(at_hanko, fake_hanko, sent):
    cache.clear()
    fake_hanko.faults.only = lambda request: "jwks" in request.path
    fake_hanko.faults.drop = True
    assert at_hanko.login().status_code == 200
    assert sent["user_login_failed"] == []


def test_of_parallel_requests_after_the_pause_one_probes_and_nobody_waits_for_it(hanko_site, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True
    provider, done, others_done = get_provider(), [], threading.Event()
    failover._found_down(provider)
    end_pause()

    def work(who):
        if who is provider:
            assert others_done.wait(5)
        done.append(who)
        if len(done) == 7:
            others_done.set()

    threads = [threading.Thread(target=failover.call_or_fall_back, args=(provider, work)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 8
    assert done[-1] is provider
    assert provider not in done[:-1]
    assert not is_down()


def test_removing_and_renaming_do_not_wait_for_a_provider_that_is_down(at_hanko, user, fake_hanko, settings):
    settings.PASSKEY_CONFIRM_METHOD = "any"  # a confirmation would ask the provider
    at_hanko.sign_in(user)
    failover._found_down(get_provider())
    passkey = Passkey.objects.get()
    at_hanko.client.post(f"/passkeys/{passkey.pk}/rename/", {"name": "Laptop"})
    at_hanko.client.post(f"/passkeys/{passkey.pk}/remove/")
    assert fake_hanko.requests == []
    assert RemovedPasskey.objects.count() == 1
