"""Login and registration with Hanko: who verifies, what is sent, and what happens when Hanko misbehaves."""

import json
import time
import uuid
from dataclasses import replace

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.utils import timezone

from passkeys_django.ceremonies import storing
from passkeys_django.models import Passkey, RemovedPasskey, UserHandle
from passkeys_django.providers import get_provider
from passkeys_django.providers.base import UserEntity
from passkeys_django.relying_party import get_relying_party
from passkeys_django.testing import cose
from passkeys_django.testing.hanko import Response
from tests.conftest import ORIGIN, Browser, hanko_settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_hanko(hanko_site, registered):
    """A browser with a passkey that Hanko holds; the fake's requests so far are forgotten."""
    hanko_site.requests.clear()
    return registered


def paths(fake):
    return [path.split("/", 2)[2] for _method, path in fake.requests]


def redirect(request):
    return Response(status=302, body=b"", headers=(("Location", "https://evil.example/"),))


def broken_json(request):
    return Response(status=200, body=b'{"publicKey": ', headers=(("Content-Type", "application/json"),))


def set_faults(fake, **faults):
    for name, value in faults.items():
        setattr(fake.faults, name, value)


FAULTS = {
    "down": ({"drop": True}, "provider_unavailable", 503),
    "slow": ({"delay": 30}, "provider_unavailable", 503),
    "truncated": ({"truncate": True}, "provider_unavailable", 503),
    "bad gateway in HTML": ({"garbage": True, "status": 502}, "provider_unavailable", 503),
    "unavailable": ({"status": 503}, "provider_unavailable", 503),
    "internal error": ({"status": 500}, "provider_unavailable", 503),
    "HTML in place of JSON": ({"garbage": True}, "provider_unavailable", 503),
    "broken JSON": ({"respond": broken_json}, "provider_unavailable", 503),
    "redirect to elsewhere": ({"respond": redirect}, "provider_unavailable", 503),
}


@pytest.mark.parametrize(("faults", "code", "status"), FAULTS.values(), ids=FAULTS)
class TestWhenHankoMisbehaves:
    def check(self, response, code, status, caplog):
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert response["Content-Type"] == "application/problem+json"
        assert ("Retry-After" in response) == (status == 503)
        lines = [record for record in caplog.records if record.name == "passkeys_django"]
        assert len(lines) == 1
        assert code in lines[0].getMessage()

    def test_a_login_cannot_start(self, faults, code, status, at_hanko, fake_hanko, caplog):
        set_faults(fake_hanko, **faults)
        self.check(at_hanko.post("start-login"), code, status, caplog)

    def test_a_login_cannot_finish_and_the_next_one_can(
        self,
        faults,
        code,
        status,
        at_hanko,
        fake_hanko,
        caplog,
    ):
        credential = at_hanko.authenticator.get(at_hanko.request_options())
        set_faults(fake_hanko, **faults)
        self.check(at_hanko.post("finalize-login", credential), code, status, caplog)
        assert Passkey.objects.get().use_count == 0
        fake_hanko.faults.clear()
        assert at_hanko.login().status_code == 200

    def test_a_registration_cannot_finish_and_stores_nothing(
        self,
        faults,
        code,
        status,
        hanko_site,
        signed_in,
        caplog,
    ):
        credential = signed_in.authenticator.create(signed_in.creation_options())
        set_faults(hanko_site, **faults)
        self.check(signed_in.post("finalize-registration", credential), code, status, caplog)
        assert not Passkey.objects.exists()
        hanko_site.faults.clear()
        assert Browser(signed_in.client).register().status_code == 201

    def test_a_password_login_works_as_ever(self, faults, code, status, at_hanko, user, fake_hanko):
        set_faults(fake_hanko, **faults)
        assert Browser().sign_in(user).user_id == str(user.pk)


@pytest.mark.parametrize("option", ["api_key", "tenant_id"])
def test_a_wrong_key_or_an_unknown_tenant_is_a_provider_error(
    hanko_site, tenant, signed_in, settings, option, caplog
):
    settings.PASSKEY_PROVIDERS = hanko_settings(tenant, **{option: str(uuid.uuid4())})
    response = signed_in.post("start-registration")
    assert (response.status_code, response.json()["code"]) == (502, "provider_error")
    [line] = [record.getMessage() for record in caplog.records if record.name == "passkeys_django"]
    assert {"api_key": "401", "tenant_id": "404"}[option] in line
    assert tenant.api_key not in caplog.text


def test_j17_a_log_line_has_status_and_request_id_and_no_secret(at_hanko, tenant, fake_hanko, caplog):
    fake_hanko.faults.status = 500
    at_hanko.post("start-login")
    [line] = [record.getMessage() for record in caplog.records if record.name == "passkeys_django"]
    assert "500" in line
    assert "request " in line
    assert tenant.api_key not in line


def test_a_passkey_of_hanko_is_verified_by_hanko(at_hanko, fake_hanko):
    assert at_hanko.login().status_code == 200
    assert paths(fake_hanko) == ["login/initialize", "login/finalize"]


def test_the_row_names_the_tenant_and_not_the_alias(at_hanko, tenant):
    passkey = Passkey.objects.get()
    assert passkey.provider == f"hanko:{tenant.id}"
    assert bytes(passkey.user_handle).decode() == UserHandle.objects.get().handle


def test_c7_c11_excluded_credentials_come_from_our_rows_and_algorithms_are_those_that_we_can_verify(
    at_hanko, user
):
    options = at_hanko.sign_in(user).creation_options()["publicKey"]
    [excluded] = options["excludeCredentials"]
    assert excluded["id"] == Passkey.objects.get().credential_id
    assert excluded["transports"] == ["internal", "hybrid"]
    assert [parameter["alg"] for parameter in options["pubKeyCredParams"]] == [-7, -8, -257]


def test_a_site_that_left_hanko_verifies_its_passkeys_itself(at_hanko, settings, fake_hanko):
    del settings.PASSKEY_PROVIDERS
    assert at_hanko.login().status_code == 200
    assert fake_hanko.requests == []


def test_a_site_that_joined_hanko_goes_on_verifying_its_own_passkeys(registered, hanko_site):
    assert registered.login().status_code == 200
    assert paths(hanko_site) == ["login/initialize"]


def test_a_login_begun_before_the_site_left_hanko_finishes_here(at_hanko, settings):
    credential = at_hanko.authenticator.get(at_hanko.request_options())
    del settings.PASSKEY_PROVIDERS
    assert at_hanko.post("finalize-login", credential).status_code == 200


def test_a_login_begun_here_finishes_here_after_the_site_joined_hanko(registered, tenant, settings, fake_hanko):
    credential = registered.authenticator.get(registered.request_options())
    settings.PASSKEY_PROVIDERS = hanko_settings(tenant)
    assert registered.post("finalize-login", credential).status_code == 200
    assert fake_hanko.requests == []


def test_the_passkey_of_another_tenant_is_verified_here(at_hanko, fake_hanko, settings):
    other = fake_hanko.create_tenant(rp_id="testserver", origins=["https://testserver"])
    settings.PASSKEY_PROVIDERS = hanko_settings(other)
    assert at_hanko.login().status_code == 200
    assert paths(fake_hanko) == ["login/initialize"]


def test_a_registration_begun_at_hanko_is_kept_here_if_the_site_left_meanwhile(hanko_site, signed_in, settings):
    credential = signed_in.authenticator.create(signed_in.creation_options())
    del settings.PASSKEY_PROVIDERS
    assert signed_in.post("finalize-registration", credential).status_code == 201
    assert Passkey.objects.get().provider == ""


def delete_at_hanko(passkey):
    get_provider().delete_credential(passkey.credential_id)


def test_a_passkey_that_hanko_removed_is_refused_also_after_leaving(at_hanko, settings):
    delete_at_hanko(Passkey.objects.get())
    response = at_hanko.login()
    assert (response.status_code, response.json()["code"]) == (403, "login_failed")
    assert Passkey.objects.get().refused_at is not None
    del settings.PASSKEY_PROVIDERS
    assert at_hanko.login().json()["code"] == "login_failed"


def test_a_passkey_that_hanko_refuses_but_holds_is_not_given_up(at_hanko):
    assert at_hanko.login(tamper_signature=True).json()["code"] == "login_failed"
    assert Passkey.objects.get().refused_at is None
    assert at_hanko.login().status_code == 200


def test_a_login_at_the_provider_clears_an_earlier_refusal(at_hanko):
    Passkey.objects.update(refused_at=timezone.now())
    assert at_hanko.login().status_code == 200
    assert Passkey.objects.get().refused_at is None


def thief_of(browser, fake, tenant):
    """The browser of somebody who has replaced the key of this browser's credential at Hanko."""
    [credential] = browser.authenticator.credentials.values()
    delete_at_hanko(Passkey.objects.get())
    stolen = replace(credential, key=cose.generate(cose.ES256))
    fake.add_credential(
        tenant,
        user_id=credential.user_handle.decode(),
        public_key=stolen.public_key,
        credential_id=credential.credential_id,
    )
    thief = Browser()
    thief.authenticator.credentials[credential.credential_id] = stolen
    return thief


class TestTheKeyOfTheRow:
    """The public key that is stored here decides about each login, also if a provider verified the login first."""

    @pytest.fixture
    def thief(self, at_hanko, fake_hanko, tenant):
        thief = thief_of(at_hanko, fake_hanko, tenant)
        fake_hanko.requests.clear()
        return thief

    def test_w4_refuses_a_credential_that_was_replaced_at_the_provider(self, thief, fake_hanko, caplog):
        response = thief.login()

        passkey = Passkey.objects.get()
        assert (response.status_code, response.json()["code"]) == (403, "login_failed")
        assert thief.user_id is None
        assert passkey.refused_at is not None
        assert passkey.use_count == 0
        assert fake_hanko.requests[-1][1].endswith("login/finalize")
        [warning] = [record for record in caplog.records if "replaced" in record.getMessage()]
        assert warning.levelname == "WARNING"
        assert str(passkey.pk) in warning.getMessage()

    @pytest.mark.parametrize("fallback", [False, True])
    def test_w4_refuses_it_at_every_further_try_also_during_an_outage(self, thief, fake_hanko, settings, fallback):
        settings.PASSKEY_LOCAL_FALLBACK = fallback
        credential = thief.authenticator.get(thief.request_options())
        assert thief.login().json()["code"] == "login_failed"
        fake_hanko.faults.drop = True
        assert thief.post("finalize-login", credential).status_code in (403, 503)
        assert thief.user_id is None

    def test_w4_refuses_it_in_a_confirmation_too(self, thief, user):
        thief.sign_in(user)
        assert thief.login(start={"purpose": "confirm"}).json()["code"] == "login_failed"

    def test_w4_a_forged_signature_does_the_owner_no_harm(self, at_hanko, fake_hanko):
        assert at_hanko.login(tamper_signature=True).json()["code"] == "login_failed"
        assert Passkey.objects.get().refused_at is None
        assert paths(fake_hanko) == ["login/initialize", "login/finalize"]
        assert at_hanko.login().status_code == 200

    def test_w4_a_forged_signature_does_no_harm_while_the_copy_is_replaced(self, at_hanko, thief):
        assert at_hanko.login(tamper_signature=True).json()["code"] == "login_failed"
        assert Passkey.objects.get().refused_at is None

    def test_w4_the_owners_own_signature_does_no_harm_while_the_copy_is_replaced(self, at_hanko, thief):
        assert at_hanko.login().json()["code"] == "login_failed"
        assert Passkey.objects.get().refused_at is None

    @pytest.mark.parametrize(
        "public_key", [cose.generate(-35).public_key, b"", b"key"], ids=["ES384", "none", "x"]
    )
    def test_w4_a_stored_key_that_verifies_nothing_lets_nobody_in(self, at_hanko, public_key):
        Passkey.objects.update(public_key=public_key)
        assert at_hanko.login().json()["code"] == "login_failed"

    def test_j10_w4_a_token_about_another_passkey_lets_nobody_in(self, at_hanko, other_user, monkeypatch):
        """The provider vouches for another user than the one whose passkey answered."""
        other = Browser().sign_in(other_user)
        assert other.register().status_code == 201
        client = type(get_provider()._client)
        finalize, tokens = client.finalize_login, []
        with monkeypatch.context() as patched:
            patched.setattr(client, "finalize_login", lambda *args, **kw: tokens.append(finalize(*args, **kw)))
            other.login()
        monkeypatch.setattr(client, "finalize_login", lambda *args, **kwargs: tokens[0])
        at_hanko.client.logout()
        assert at_hanko.login().json()["code"] == "login_failed"
        assert at_hanko.user_id is None


class TestAPasskeyWithoutARow:
    def test_a10_is_unknown_if_hanko_does_not_know_it_either(self, at_hanko):
        passkey = Passkey.objects.get()
        delete_at_hanko(passkey)
        Passkey.objects.all().delete()
        assert at_hanko.login().json()["code"] == "unknown_passkey"

    def test_a10_must_not_be_forgotten_while_hanko_knows_it(self, at_hanko):
        Passkey.objects.all()._raw_delete("default")
        assert at_hanko.login().json()["code"] == "login_failed"

    def test_a10_is_unknown_if_its_removal_at_hanko_is_only_pending(self, at_hanko, fake_hanko):
        Passkey.objects.all().delete()
        assert RemovedPasskey.objects.exists()
        options = at_hanko.request_options()
        fake_hanko.requests.clear()
        response = at_hanko.post("finalize-login", at_hanko.authenticator.get(options))
        assert response.json()["code"] == "unknown_passkey"
        assert fake_hanko.requests == []

    def test_w6_somebody_elses_removal_of_the_same_id_makes_no_passkey_unknown(self, at_hanko, tenant):
        credential_id = Passkey.objects.get().credential_id
        Passkey.objects.all()._raw_delete("default")
        RemovedPasskey.objects.remember(
            provider=f"hanko:{tenant.id}", credential_id=credential_id, user_handle=b"somebody else"
        )
        assert at_hanko.login().json()["code"] == "login_failed"

    def test_a10_must_not_be_forgotten_while_hanko_cannot_be_asked(self, at_hanko, fake_hanko):
        Passkey.objects.all()._raw_delete("default")
        credential = at_hanko.authenticator.get(at_hanko.request_options())
        fake_hanko.faults.drop = True
        assert at_hanko.post("finalize-login", credential).json()["code"] == "login_failed"


class TestCompensation:
    """Our row cannot be stored after Hanko has accepted."""

    @pytest.fixture
    def refusing_database(self, monkeypatch):
        def save(*args, **kwargs):
            raise DatabaseError("disk full")

        monkeypatch.setattr(Passkey, "save", save)

    def test_removes_the_copy_at_hanko(self, hanko_site, tenant, signed_in, refusing_database):
        credential = signed_in.authenticator.create(signed_in.creation_options())
        with pytest.raises(DatabaseError):
            signed_in.post("finalize-registration", credential)
        assert tenant.users[UserHandle.objects.get().handle].credentials == {}
        assert not RemovedPasskey.objects.exists()

    def test_is_remembered_if_hanko_is_away_by_then(self, hanko_site, tenant, signed_in, refusing_database):
        credential = signed_in.authenticator.create(signed_in.creation_options())
        hanko_site.faults.only = lambda request: request.method == "DELETE"
        hanko_site.faults.drop = True
        with pytest.raises(DatabaseError):
            signed_in.post("finalize-registration", credential)
        removed = RemovedPasskey.objects.get()
        assert (removed.provider, removed.credential_id) == (f"hanko:{tenant.id}", credential["id"])

    def test_spares_a_copy_whose_row_exists(self, hanko_site, tenant, signed_in, user, monkeypatch):
        credential = signed_in.authenticator.create(signed_in.creation_options())
        assert signed_in.post("finalize-registration", credential).status_code == 201
        storing._compensate(get_provider(), Passkey.objects.get())
        assert credential["id"] in tenant.users[UserHandle.objects.get().handle].credentials


class TestTheTokenOfARegistration:
    """Hanko has accepted, but what it returned is not about this registration: nothing stays anywhere."""

    def finalize(self, browser, monkeypatch, tamper):
        credential = browser.authenticator.create(browser.creation_options())
        client = type(get_provider()._client)
        original = client.finalize_registration
        monkeypatch.setattr(
            client, "finalize_registration", lambda *args, **kwargs: tamper(original(*args, **kwargs))
        )
        return browser.post("finalize-registration", credential)

    def test_j1_must_be_signed_by_the_tenant(self, hanko_site, tenant, signed_in, monkeypatch):
        response = self.finalize(signed_in, monkeypatch, lambda token: token[:-8] + "AAAAAAAA")
        assert (response.status_code, response.json()["code"]) == (502, "provider_error")
        assert not Passkey.objects.exists()
        assert tenant.users[UserHandle.objects.get().handle].credentials == {}

    def test_j10_must_be_about_this_credential(self, hanko_site, tenant, signed_in, monkeypatch):
        tokens = []
        client = type(get_provider()._client)
        original = client.finalize_registration
        with monkeypatch.context() as patched:
            patched.setattr(
                client,
                "finalize_registration",
                lambda *args, **kwargs: tokens.append(original(*args, **kwargs)) or tokens[0],
            )
            assert signed_in.register().status_code == 201
            first = Passkey.objects.get()
            response = Browser(signed_in.confirm().client).register()
        assert (response.status_code, response.json()["code"]) == (502, "provider_error")
        assert Passkey.objects.get() == first
        assert list(tenant.users[UserHandle.objects.get().handle].credentials) == [first.credential_id]


def test_removing_a_passkey_removes_the_copy_at_hanko(at_hanko, user, tenant):
    at_hanko.sign_in(user).confirm().client.post(f"/passkeys/{Passkey.objects.get().pk}/remove/")
    assert not Passkey.objects.exists()
    assert not RemovedPasskey.objects.exists()
    assert tenant.users[UserHandle.objects.get().handle].credentials == {}


def test_a_removal_holds_here_and_is_remembered_while_hanko_is_away(at_hanko, user, fake_hanko):
    at_hanko.sign_in(user).confirm()
    fake_hanko.faults.drop = True
    at_hanko.client.post(f"/passkeys/{Passkey.objects.get().pk}/remove/")
    assert not Passkey.objects.exists()
    assert RemovedPasskey.objects.count() == 1


def test_renaming_a_passkey_renames_the_copy_at_hanko(at_hanko, user, tenant):
    at_hanko.sign_in(user)
    at_hanko.client.post(f"/passkeys/{Passkey.objects.get().pk}/rename/", {"name": "My laptop"})
    [copy] = tenant.users[UserHandle.objects.get().handle].credentials.values()
    assert copy.name == "My laptop"


def test_hanko_takes_no_registration_without_user_presence(hanko_site, signed_in):
    response = signed_in.post("start-registration", {"mediation": "conditional"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")


def test_a_tenant_of_another_rp_id_is_told_as_a_configuration_error(fake_hanko, settings, signed_in):
    settings.PASSKEY_PROVIDERS = hanko_settings(
        fake_hanko.create_tenant(rp_id="example.com", origins=["https://example.com"])
    )
    with pytest.raises(ImproperlyConfigured, match=r"PASSKEY_RP_ID is 'testserver' but .* 'example.com'"):
        signed_in.post("start-registration")


@pytest.mark.parametrize("resident_key", ["discouraged", "preferred"])
@pytest.mark.parametrize("attestation", ["direct", "indirect", "enterprise"])
def test_c12_c13_a_tenants_settings_make_no_other_passkeys(
    fake_hanko, settings, signed_in, resident_key, attestation
):
    tenant = fake_hanko.create_tenant(
        rp_id="testserver",
        origins=[ORIGIN],
        user_verification="preferred",
        resident_key_requirement=resident_key,
        attestation_preference=attestation,
    )
    settings.PASSKEY_PROVIDERS = hanko_settings(tenant)
    options = signed_in.creation_options()["publicKey"]
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "preferred",
    }
    assert options["attestation"] == "none"
    assert signed_in.register().status_code == 201


@pytest.mark.parametrize("selection", [None, [], "required", {}], ids=repr)
def test_c12_a_provider_that_says_nothing_of_it_makes_discoverable_passkeys(
    hanko_site, signed_in, monkeypatch, selection
):
    client = type(get_provider()._client)
    start = client.start_registration

    def starting(*args, **kwargs):
        options = start(*args, **kwargs)
        options["publicKey"]["authenticatorSelection"] = selection
        return options

    monkeypatch.setattr(client, "start_registration", starting)
    selected = signed_in.creation_options()["publicKey"]["authenticatorSelection"]
    assert selected == {"residentKey": "required", "requireResidentKey": True}


def test_a_confirmation_works_without_a_user_handle(at_hanko, user):
    at_hanko.sign_in(user)
    options = at_hanko.request_options({"purpose": "confirm"})
    assert [c["id"] for c in options["publicKey"]["allowCredentials"]] == [Passkey.objects.get().credential_id]
    credential = at_hanko.authenticator.get(options, user_handle=None)
    assert at_hanko.post("finalize-login", credential).status_code == 200


def test_nothing_of_the_browsers_reaches_hanko_unread(at_hanko, fake_hanko):
    sent = []
    fake_hanko.faults.respond = lambda request: sent.append(request.body)
    credential = at_hanko.authenticator.get(at_hanko.request_options())
    credential["clientExtensionResults"] = {"evil": "\ud800"}
    credential["extra"] = credential["response"]["extra"] = "x" * 1000
    assert at_hanko.post("finalize-login", credential).status_code == 200
    body = json.loads(sent[-1])
    assert set(body) == {"id", "rawId", "type", "clientExtensionResults", "response"}
    assert body["clientExtensionResults"] == {}
    assert set(body["response"]) == {"clientDataJSON", "authenticatorData", "signature", "userHandle"}


@pytest.mark.parametrize("fmt", ["packed", "unheard-of"])
def test_r10_an_attestation_statement_is_not_passed_on(hanko_site, signed_in, fmt):
    response = signed_in.register(fmt=fmt, attestation_statement={"alg": -7, "sig": b"bad"})
    assert response.status_code == 201, response.content


def test_what_would_make_hanko_stumble_is_refused_before_it_is_sent(hanko_site, signed_in):
    credential = signed_in.authenticator.create(signed_in.creation_options(), credential_id=b"x" * 192)
    hanko_site.requests.clear()
    response = signed_in.post("finalize-registration", credential)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_credential")
    assert hanko_site.requests == []


def test_a_transport_named_twice_is_sent_once(hanko_site, signed_in):
    assert signed_in.register(transports=["usb", "nfc", "usb"]).status_code == 201
    assert Passkey.objects.get().transports == ["usb", "nfc"]


@pytest.mark.parametrize("name", ["\x00", "   ", "x" * 200])
def test_names_that_hanko_cannot_store_are_made_fit(hanko_site, signed_in, user, name):
    type(user).objects.filter(pk=user.pk).update(password=user.password)
    options = get_provider().start_registration(
        relying_party=get_relying_party(None),
        user=UserEntity(handle="h" * 43, name=name, display_name=name),
    )
    assert len(options["user"]["name"]) <= 128


class TestTokens:
    def test_a_rotated_key_is_fetched_once(self, at_hanko, fake_hanko, tenant):
        assert at_hanko.login().status_code == 200
        fake_hanko.rotate_keys(tenant)
        fake_hanko.requests.clear()
        assert at_hanko.login().status_code == 200
        assert at_hanko.login().status_code == 200
        assert paths(fake_hanko).count(".well-known/jwks.json") == 1

    def test_j11_of_a_transaction_is_no_login(self, at_hanko, tenant, monkeypatch, caplog):
        client = get_provider()._client
        token = self.transaction_token(at_hanko, client)
        monkeypatch.setattr(type(client), "finalize_login", lambda *args, **kwargs: token)
        assert at_hanko.login().json()["code"] == "login_failed"
        assert "transaction" in caplog.text

    def transaction_token(self, browser, client):
        handle = UserHandle.objects.get().handle
        key = {"apiKey": client._api_key}
        base = f"{client.base_url}/{client.tenant_id}/transaction"
        body = {"user_id": handle, "transaction_id": "order-1", "transaction_data": {"amount": 1}}
        options = requests.post(f"{base}/initialize", json=body, headers=key, timeout=5).json()
        credential = browser.authenticator.get(options)
        return requests.post(f"{base}/finalize", json=credential, headers=key, timeout=5).json()["token"]

    def test_j4_of_another_tenant_is_refused(self, at_hanko, monkeypatch, caplog):
        """Only the key tells two tenants of one RP ID apart."""
        passkey, now = Passkey.objects.get(), int(time.time())
        claims = {"sub": bytes(passkey.user_handle).decode(), "cred": passkey.credential_id, "aud": ["testserver"]}
        token = jwt.encode(
            {**claims, "iat": now, "exp": now + 300},
            rsa.generate_private_key(65537, 2048),
            algorithm="RS256",
            headers={"kid": "theirs"},
        )
        monkeypatch.setattr(type(get_provider()._client), "finalize_login", lambda *args, **kwargs: token)
        assert at_hanko.login().json()["code"] == "login_failed"
        assert "unknown kid" in caplog.text

    def test_j16_an_outage_of_the_key_set_is_no_wrong_passkey(self, at_hanko, fake_hanko, caplog):
        cache.clear()
        fake_hanko.faults.only = lambda request: "jwks" in request.path
        fake_hanko.faults.drop = True
        response = at_hanko.login()
        assert (response.status_code, response.json()["code"]) == (503, "provider_unavailable")
