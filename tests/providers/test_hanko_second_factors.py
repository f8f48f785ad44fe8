"""The provider's part below `/mfa`, against recorded answers of a real Hanko."""

import json
from pathlib import Path

import pytest
import responses

from passkeys_django.exceptions import LoginFailed, ProviderRejected, ProviderUnavailable
from passkeys_django.protocol.credentials import parse_authentication, parse_registration
from passkeys_django.protocol.descriptors import CredentialDescriptor
from passkeys_django.protocol.relying_party import RelyingParty
from passkeys_django.providers.base import UserEntity
from passkeys_django.providers.hanko.provider import HankoProvider

RECORDINGS = Path(__file__).parents[1] / "testing" / "recordings"
HANKO_URL = "https://passkeys.hanko.io"
SITE = RelyingParty(id="localhost", name="Demo", origins=("http://localhost:8080",))
QUIN = UserEntity(handle="quin-1", name="quin-1@example.com", display_name="")
KEY = CredentialDescriptor(id="puE2FgQ7EP76BPXU4ZJ6Lu5DEhE", transports=("usb",))


class Recorded:
    """One exchange: what was sent, and a provider that gets the recorded answer."""

    def __init__(self, mock, recording, step):
        document = json.loads((RECORDINGS / f"{recording}.json").read_text())
        exchange = next(each for each in document["exchanges"] if each["step"] == step)
        self.request, self.response = exchange["request"], exchange["response"]
        tenant = self.request["path"].split("/")[1]
        self.provider = HankoProvider(
            tenant_id=tenant, api_key=self.request["headers"]["apiKey"], base_url=HANKO_URL
        )
        mock.add(
            "POST", HANKO_URL + self.request["path"], json=self.response["body"], status=self.response["status"]
        )
        mock.assert_all_requests_are_fired = False
        mock.add("POST", f"{HANKO_URL}/{tenant}/login/initialize", json={"publicKey": {"challenge": "A" * 43}})


@pytest.fixture
def recorded(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with responses.RequestsMock() as mock:
        yield lambda recording, step: Recorded(mock, recording, step)


def step_options(provider, handle=b"quin-1"):
    return provider.start_second_step(
        relying_party=SITE, user_handle=handle, allow=[KEY], verification="discouraged"
    )


def test_the_options_for_a_key_are_ours_in_all_that_the_tenant_has_no_say_in(recorded):
    options = recorded("mfa", "mfa registration initialize").provider.start_security_key(
        relying_party=SITE, user=QUIN, exclude=[KEY], verification="discouraged"
    )

    assert options["authenticatorSelection"] == {
        "residentKey": "discouraged",
        "requireResidentKey": False,
        "userVerification": "discouraged",
    }
    assert options["attestation"] == "none"
    assert options["excludeCredentials"] == [KEY.to_json()]
    assert options["challenge"] == "nBtP89DNLw1w2YISKNZ7GU2c0xpIqHqZlO7QX3A5-qk"


def test_a_key_is_finalized_with_its_own_endpoint(recorded):
    exchange = recorded("mfa", "mfa registration finalize")

    token = exchange.provider.finalize_security_key(
        relying_party=SITE, credential=parse_registration(exchange.request["body"]), user_handle="quin-1"
    )

    assert token == exchange.response["body"]["token"]


def test_a_second_step_allows_what_the_site_says_and_not_what_hanko_lists(recorded):
    options = step_options(recorded("mfa", "mfa login initialize: all credentials are allowed").provider)

    assert options["allowCredentials"] == [KEY.to_json()]
    assert options["userVerification"] == "discouraged"


def test_trap_13_hanko_takes_a_passkey_for_a_second_step_too(recorded):
    exchange = recorded("mfa", "with an ordinary passkey")
    credential = parse_authentication(exchange.request["body"])

    token = exchange.provider.finalize_second_step(
        relying_party=SITE, credential=credential, user_handle=b"quin-1", public_key=b""
    )

    assert token == exchange.response["body"]["token"]


@pytest.mark.parametrize(
    "step", ["bad signature", "another user's credential", "unknown challenge", "discoverable challenge"]
)
def test_what_hanko_refuses_is_a_failed_login(recorded, step):
    exchange = recorded("mfa_errors", step)
    credential = parse_authentication(exchange.request["body"])

    with pytest.raises(LoginFailed):
        exchange.provider.finalize_second_step(
            relying_party=SITE, credential=credential, user_handle=b"quin-1", public_key=b""
        )


def test_trap_5_a_person_without_credentials_at_hanko_is_no_outage(recorded):
    exchange = recorded("mfa", "again")
    title = "failed to create webauthn assertion options for login: Found no credentials for user"
    refused, tenant = {"title": title, "details": "", "status": 500}, exchange.request["path"].split("/")[1]
    with responses.RequestsMock() as mock:
        mock.add("POST", HANKO_URL + exchange.request["path"], json=refused, status=500)
        mock.add("POST", f"{HANKO_URL}/{tenant}/login/initialize", json={"publicKey": {"challenge": "A" * 43}})
        with pytest.raises(ProviderRejected):
            step_options(exchange.provider)


def test_a_hanko_that_cannot_be_reached_is_down(recorded):
    provider = recorded("mfa", "again").provider
    with responses.RequestsMock(), pytest.raises(ProviderUnavailable):
        step_options(provider)


@pytest.mark.parametrize(
    ("handle", "runs"),
    [(b"sixteen bytes...", False), (b"\xc3" * 16, False), (b"\xff\xfe", False), (b"quin-1", True)],
    ids=ascii,
)
def test_trap_1_second_steps_are_run_there_only_for_handles_that_hanko_finds(recorded, handle, runs):
    assert recorded("mfa", "again").provider.runs_second_factors_of(handle) is runs
