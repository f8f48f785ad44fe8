"""What the software authenticator says is checked by py_webauthn, which shares no code with it."""

import json
import uuid
from typing import Any

import pytest
import webauthn
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import InvalidAuthenticationResponse, InvalidRegistrationResponse

from passkeys_django.testing import (
    CredentialExcluded,
    NoSuitableCredential,
    NoSupportedAlgorithm,
    SoftwareAuthenticator,
    cose,
)
from passkeys_django.testing.encoding import b64url, cbor, unb64url

ORIGIN = "https://example.com"
CHALLENGE = b64url(b"c" * 32)
# py_webauthn knows no ES384
KNOWN = sorted(cose.ALGORITHMS - {-35})


def creation_options(*algorithms: int, **members: Any) -> dict[str, Any]:
    return {
        "publicKey": {
            "rp": {"id": "example.com", "name": "Example"},
            "user": {"id": b64url(b"ada-1"), "name": "ada", "displayName": "Ada"},
            "challenge": CHALLENGE,
            "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in algorithms or (-7,)],
            **members,
        }
    }


def request_options(**members: Any) -> dict[str, Any]:
    return {"publicKey": {"challenge": CHALLENGE, "rpId": "example.com", **members}}


def verify_creation(credential: dict[str, Any]) -> Any:
    return webauthn.verify_registration_response(
        credential=credential,
        expected_challenge=unb64url(CHALLENGE),
        expected_rp_id="example.com",
        expected_origin=ORIGIN,
        require_user_verification=True,
        supported_pub_key_algs=list(COSEAlgorithmIdentifier),
    )


def verify_assertion(credential: dict[str, Any], public_key: bytes, count: int = 0) -> Any:
    return webauthn.verify_authentication_response(
        credential=credential,
        expected_challenge=unb64url(CHALLENGE),
        expected_rp_id="example.com",
        expected_origin=ORIGIN,
        credential_public_key=public_key,
        credential_current_sign_count=count,
        require_user_verification=True,
    )


def client_data(credential: dict[str, Any]) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(unb64url(credential["response"]["clientDataJSON"]))
    return decoded


@pytest.fixture
def authenticator() -> SoftwareAuthenticator:
    return SoftwareAuthenticator(origin=ORIGIN)


@pytest.mark.parametrize("fmt", ["none", "packed"])
@pytest.mark.parametrize("algorithm", KNOWN)
def test_each_algorithm_registers_and_signs_in(algorithm: int, fmt: str) -> None:
    authenticator = SoftwareAuthenticator(origin=ORIGIN, algorithm=algorithm)
    created = verify_creation(authenticator.create(creation_options(-7, algorithm), fmt=fmt))
    assert created.aaguid == str(authenticator.aaguid)
    assert created.credential_backed_up
    answered = verify_assertion(authenticator.get(request_options()), created.credential_public_key)
    assert answered.credential_id == created.credential_id
    assert {authenticator.credentials[b64url(answered.credential_id)].key.algorithm} <= cose.ALGORITHMS


def test_es384_signs() -> None:
    authenticator = SoftwareAuthenticator(origin=ORIGIN, algorithm=-35)
    authenticator.create(creation_options(-35))
    assert authenticator.get(request_options())["response"]["signature"]


@pytest.mark.parametrize("algorithm", KNOWN)
def test_a_tampered_signature_is_refused(algorithm: int) -> None:
    authenticator = SoftwareAuthenticator(origin=ORIGIN, algorithm=algorithm)
    created = verify_creation(authenticator.create(creation_options(algorithm)))
    with pytest.raises(InvalidAuthenticationResponse):
        verify_assertion(
            authenticator.get(request_options(), tamper_signature=True), created.credential_public_key
        )


def test_a_tampered_attestation_is_refused(authenticator: SoftwareAuthenticator) -> None:
    with pytest.raises(InvalidRegistrationResponse):
        verify_creation(authenticator.create(creation_options(), fmt="packed", tamper_signature=True))


def test_the_shape_is_that_of_tojson(authenticator: SoftwareAuthenticator) -> None:
    created = authenticator.create(creation_options(extensions={"credProps": True}))
    assert created["id"] == created["rawId"]
    assert created["type"] == "public-key"
    assert created["authenticatorAttachment"] == "platform"
    assert created["clientExtensionResults"] == {"credProps": {"rk": True}}
    assert created["response"]["transports"] == ["internal", "hybrid"]
    answered = authenticator.get(request_options(extensions={"credProps": True}))
    assert set(answered["response"]) == {"clientDataJSON", "authenticatorData", "signature", "userHandle"}
    assert answered["response"]["userHandle"] == b64url(b"ada-1")
    assert answered["clientExtensionResults"] == {}


def test_options_may_be_the_inside(authenticator: SoftwareAuthenticator) -> None:
    verify_creation(authenticator.create(creation_options()["publicKey"]))
    authenticator.get(request_options()["publicKey"])


def test_the_rp_id_defaults_to_the_host_of_the_origin(authenticator: SoftwareAuthenticator) -> None:
    created = authenticator.create(creation_options(rp={"name": "Example"}))
    assert authenticator.credentials[created["id"]].rp_id == "example.com"
    assert authenticator.get({"challenge": CHALLENGE})["id"] == created["id"]


def test_the_algorithm_is_one_that_was_offered(authenticator: SoftwareAuthenticator) -> None:
    created = authenticator.create(creation_options(-65535, -8))
    assert authenticator.credentials[created["id"]].key.algorithm == -8
    with pytest.raises(NoSupportedAlgorithm):
        authenticator.create(creation_options(-65535))


def test_an_excluded_credential_is_not_made_again(authenticator: SoftwareAuthenticator) -> None:
    created = authenticator.create(creation_options())
    excluded = [{"type": "public-key", "id": "b3RoZXI"}, {"type": "public-key", "id": created["id"]}]
    authenticator.create(creation_options(excludeCredentials=excluded[:1]))
    with pytest.raises(CredentialExcluded):
        authenticator.create(creation_options(excludeCredentials=excluded))


def test_which_credential_answers(authenticator: SoftwareAuthenticator) -> None:
    first, second = (authenticator.create(creation_options())["id"] for _ in range(2))
    assert authenticator.get(request_options())["id"] == second
    allowed = [{"type": "public-key", "id": first}]
    assert authenticator.get(request_options(allowCredentials=allowed))["id"] == first
    assert authenticator.get(request_options(allowCredentials=allowed), credential_id=second)["id"] == second


def test_no_credential_no_answer(authenticator: SoftwareAuthenticator) -> None:
    authenticator.create(creation_options())
    for options, name in ((request_options(rpId="other.example"), None), (request_options(), "unknown")):
        with pytest.raises(NoSuitableCredential):
            authenticator.get(options, credential_id=name)


def test_the_counter_counts() -> None:
    authenticator = SoftwareAuthenticator(origin=ORIGIN, counter=5)
    created = verify_creation(authenticator.create(creation_options()))
    assert created.sign_count == 5
    answered = verify_assertion(authenticator.get(request_options()), created.credential_public_key, 5)
    assert answered.new_sign_count == 6
    overridden = authenticator.get(request_options(), sign_count=4)
    with pytest.raises(InvalidAuthenticationResponse):
        verify_assertion(overridden, created.credential_public_key, 6)


@pytest.mark.parametrize("flags", [{"up": False}, {"uv": False}, {"at": False}])
def test_flags_can_be_set(authenticator: SoftwareAuthenticator, flags: dict[str, bool]) -> None:
    with pytest.raises(InvalidRegistrationResponse):
        verify_creation(authenticator.create(creation_options(), flags=flags))


def test_a_device_without_user_verification() -> None:
    device = SoftwareAuthenticator(
        origin=ORIGIN,
        user_verified=False,
        backup_eligible=False,
        backup_state=False,
        transports=("usb",),
        attachment=None,
    )
    created = device.create(creation_options())
    assert created["authenticatorAttachment"] is None
    with pytest.raises(InvalidRegistrationResponse, match="verif"):
        verify_creation(created)


def test_client_data_can_be_falsified(authenticator: SoftwareAuthenticator) -> None:
    created = authenticator.create(
        creation_options(),
        origin="https://evil.example",
        challenge=b"x",
        client_data={"crossOrigin": True, "topOrigin": "https://top.example", "type": None},
    )
    assert client_data(created) == {
        "challenge": b64url(b"x"),
        "origin": "https://evil.example",
        "crossOrigin": True,
        "topOrigin": "https://top.example",
    }
    assert client_data(authenticator.get(request_options(), challenge="y"))["challenge"] == "y"


def test_the_answer_can_be_falsified(authenticator: SoftwareAuthenticator) -> None:
    authenticator.create(creation_options())
    answered = authenticator.get(
        request_options(), reported_id=b"other", user_handle=b"eve", signature=b"forged", rp_id="evil.example"
    )
    assert answered["id"] == answered["rawId"] == b64url(b"other")
    assert answered["response"]["userHandle"] == b64url(b"eve")
    assert answered["response"]["signature"] == b64url(b"forged")
    assert "userHandle" not in authenticator.get(request_options(), user_handle=None)["response"]


def test_the_attested_data_can_be_falsified(authenticator: SoftwareAuthenticator) -> None:
    created = authenticator.create(
        creation_options(),
        credential_id=b"mine",
        public_key=cbor({1: 2}),
        aaguid=uuid.UUID(int=0),
        fmt="fido-u2f",
        attestation_statement={"sig": b""},
        transports=None,
    )
    assert created["id"] == b64url(b"mine")
    assert "transports" not in created["response"]
    assert b"fido-u2f" in unb64url(created["response"]["attestationObject"])


def test_extensions_and_trailing_bytes(authenticator: SoftwareAuthenticator) -> None:
    created = authenticator.create(creation_options(), extensions={"credProtect": 2}, trailing=b"!")
    assert b"credProtect" in unb64url(created["response"]["attestationObject"])
    verify_creation(authenticator.create(creation_options(), extensions={"credProtect": 2}))
    assert (
        unb64url(authenticator.get(request_options(), trailing=b"!")["response"]["authenticatorData"])[-1:] == b"!"
    )


def test_secrets_stay_out_of_repr(authenticator: SoftwareAuthenticator) -> None:
    created = authenticator.create(creation_options())
    assert "private" not in repr(authenticator.credentials[created["id"]]).lower()


def test_base64url_is_strict() -> None:
    for text in ("YQ==", "a+b/", "a b", "YQ\n"):
        with pytest.raises(ValueError, match="base64url"):
            unb64url(text)
