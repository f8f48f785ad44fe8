"""Creating a passkey."""

import json
import time
import uuid

import pytest
from django.db.models import F

from passkeys_django.models import Passkey, UserHandle, UserHandleManager
from passkeys_django.testing import cose
from passkeys_django.testing.encoding import b64url, unb64url
from tests.conftest import Browser, ceremony_cookies, moved_clock, put_cookies, refusal

pytestmark = pytest.mark.django_db

INVALID = (400, "invalid_credential")
PUBLIC_FIELDS = {
    "id",
    "name",
    "credential_id",
    "aaguid",
    "transports",
    "backup_eligible",
    "backup_state",
    "created_at",
    "last_used_at",
    "kind",
    "manager",
    "use_count",
}


def answer(browser, *, start=None, **overrides):
    """A credential for a new challenge, not sent yet, by a device that does not mind to hold two."""
    options = browser.creation_options(start)["publicKey"]
    options["excludeCredentials"] = []
    return browser.authenticator.create(options, **overrides)


def finalize(browser, credential):
    return browser.post("finalize-registration", credential)


def make_passkeys(user, count):
    return [
        Passkey.objects.create(
            user=user,
            rp_id="testserver",
            user_handle=b"handle",
            credential_id=b64url(uuid.uuid4().bytes),
            public_key=b"",
            name=f"Passkey {number}",
        )
        for number in range(count)
    ]


# Options


def test_c2_c7_c12_c13_the_options_are_those_of_a_discoverable_passkey(signed_in, user):
    options = signed_in.creation_options()["publicKey"]

    assert options["rp"] == {"id": "testserver", "name": "Test server"}
    assert options["user"]["name"] == user.get_username()
    assert options["user"]["displayName"]
    assert options["pubKeyCredParams"] == [{"type": "public-key", "alg": alg} for alg in (-7, -8, -257)]
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert options["attestation"] == "none"
    assert 300_000 <= options["timeout"] <= 600_000
    assert len(unb64url(options["challenge"])) >= 16


def test_c9_the_user_id_is_the_handle_of_43_characters(signed_in, user):
    options = signed_in.creation_options()["publicKey"]

    handle = UserHandle.objects.get(user=user).handle
    assert len(handle) == 43
    assert unb64url(options["user"]["id"]) == handle.encode()


def test_c9_the_user_id_is_the_same_at_every_start_and_tells_nothing(signed_in, user, other_user):
    first, second = (signed_in.creation_options()["publicKey"] for _ in range(2))
    other = Browser().sign_in(other_user).creation_options()["publicKey"]

    assert first["user"]["id"] == second["user"]["id"] != other["user"]["id"]
    assert first["challenge"] != second["challenge"]
    assert unb64url(first["user"]["id"]).decode() not in (str(user.pk), user.get_username())


def test_c11_the_users_passkeys_are_excluded_with_their_transports(signed_in, user, other_user):
    make_passkeys(other_user, 1)
    created = signed_in.register().json()

    options = signed_in.creation_options()["publicKey"]

    assert options["excludeCredentials"] == [
        {"type": "public-key", "id": created["credential_id"], "transports": ["internal", "hybrid"]}
    ]


def test_c14_user_verification_is_the_settings_wish(signed_in, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"

    options = signed_in.creation_options()["publicKey"]

    assert options["authenticatorSelection"]["userVerification"] == "preferred"


@pytest.mark.parametrize("body", [None, {}, {"start": True, "finish": False, "credential": None}])
def test_a_guides_body_starts_a_registration(signed_in, body):
    assert signed_in.post("start-registration", body).status_code == 200


def test_a_page_that_promises_this_device_asks_for_no_other(signed_in):
    options = signed_in.creation_options({"device": "this"})["publicKey"]
    assert options["authenticatorSelection"]["authenticatorAttachment"] == "platform"
    assert options["hints"] == ["client-device"]
    assert signed_in.register(start={"device": "this"}).status_code == 201


def test_without_such_a_promise_any_device_will_do(signed_in):
    options = signed_in.creation_options({"device": None})["publicKey"]
    assert "authenticatorAttachment" not in options["authenticatorSelection"]
    assert "hints" not in options


@pytest.mark.parametrize("device", ["that", "", 1, [], {}, True], ids=repr)
def test_unknown_devices_are_refused(signed_in, device):
    assert refusal(signed_in.post("start-registration", {"device": device})) == (400, "invalid_request")


def test_a_security_key_is_not_a_part_of_this_device(signed_in):
    start = {"device": "this", "kind": "security-key"}
    assert refusal(signed_in.post("start-registration", start)) == (400, "invalid_request")


@pytest.mark.parametrize("mediation", ["silent", "", 1, [], {}, True], ids=repr)
def test_an_unknown_mediation_is_an_invalid_request(signed_in, mediation):
    assert refusal(signed_in.post("start-registration", {"mediation": mediation})) == (400, "invalid_request")


# Success


def test_a_registration_answers_with_the_passkey(signed_in):
    response = signed_in.register()

    assert response.status_code == 201
    assert response["Content-Type"] == "application/json"
    passkey = Passkey.objects.get()
    assert set(response.json()) == PUBLIC_FIELDS
    assert response.json() == {
        "id": str(passkey.pk),
        "kind": "passkey",
        "name": "Google Password Manager",
        "manager": "Google Password Manager",
        "credential_id": passkey.credential_id,
        "aaguid": "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4",
        "transports": ["internal", "hybrid"],
        "backup_eligible": True,
        "backup_state": True,
        "created_at": passkey.created_at.isoformat(),
        "last_used_at": None,
        "use_count": 0,
    }
    assert response.json()["created_at"].endswith("+00:00")


def test_r15_a_registration_stores_all_that_is_needed_to_verify_here(signed_in, user):
    assert signed_in.register(sign_count=3).status_code == 201

    passkey = Passkey.objects.get()
    [credential] = signed_in.authenticator.credentials.values()
    assert passkey.user == user
    assert passkey.provider == ""
    assert passkey.rp_id == "testserver"
    assert bytes(passkey.user_handle) == credential.user_handle == user.passkey_handle.handle.encode()
    assert passkey.credential_id == credential.credential_id
    assert bytes(passkey.public_key) == credential.public_key
    assert passkey.sign_count == 3
    assert passkey.user_verified
    assert passkey.refused_at is None
    assert passkey.use_count == 0


@pytest.mark.parametrize("algorithm", [cose.ES256, cose.RS256, cose.EDDSA], ids=["ES256", "RS256", "EdDSA"])
def test_r8_every_offered_algorithm_registers(user, algorithm):
    assert Browser(algorithm=algorithm).sign_in(user).register().status_code == 201


@pytest.mark.parametrize(
    ("aaguid", "name"),
    [
        ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", "Google Password Manager"),
        ("d548826e-79b4-db40-a3d8-11116f7e8349", "Bitwarden"),
        ("00000000-0000-0000-0000-000000000000", "Passkey"),
        ("12345678-1234-1234-1234-123456789abc", "Passkey"),
    ],
)
def test_a_passkey_is_named_after_its_manager(signed_in, aaguid, name):
    assert signed_in.register(aaguid=uuid.UUID(aaguid)).json()["name"] == name


def test_a_registration_is_signalled_once(signed_in, user, sent):
    signed_in.register()

    [registered] = sent["passkey_registered"]
    assert registered["sender"] is Passkey
    assert registered["user"] == user
    assert registered["passkey"] == Passkey.objects.get()
    assert registered["request"].path == "/passkeys/finalize-registration"


def test_r6_r15_a_passkey_without_user_verification_is_stored_as_such_where_it_was_only_preferred(
    signed_in, settings
):
    settings.PASSKEY_USER_VERIFICATION = "preferred"

    assert signed_in.register(flags={"uv": False}).status_code == 201
    assert Passkey.objects.get().user_verified is False


def test_r14_unsolicited_extensions_are_tolerated(signed_in):
    assert signed_in.register(extensions={"credProtect": 2}).status_code == 201


@pytest.mark.parametrize(
    ("transports", "stored"),
    [
        (None, []),
        ([], []),
        (["usb", "nfc", "usb"], ["usb", "nfc"]),
        (["something-of-2031"], ["something-of-2031"]),
    ],
)
def test_transports_are_stored_each_once(signed_in, transports, stored):
    assert signed_in.register(transports=transports).json()["transports"] == stored


@pytest.mark.parametrize("size", [1, 1023])
def test_r11_a_credential_id_has_up_to_1023_bytes(signed_in, size):
    assert signed_in.register(credential_id=b"x" * size).status_code == 201


def test_a_registered_passkey_of_the_longest_id_signs_in(signed_in):
    signed_in.register(credential_id=b"x" * 1023)
    signed_in.client.logout()

    assert signed_in.login().status_code == 200


# Who may


def test_nobody_registers_without_being_signed_in(browser):
    assert refusal(browser.post("start-registration")) == (401, "not_authenticated")
    assert refusal(browser.post("finalize-registration", {})) == (401, "not_authenticated")


@pytest.fixture
def long_signed_in(user):
    """A browser in which `user` signed in more than five minutes ago."""
    with moved_clock(-301):
        return Browser().sign_in(user)


@pytest.mark.parametrize("name", ["start-registration", "finalize-registration"])
def test_r17_a_registration_needs_recent_authentication(long_signed_in, name):
    response = long_signed_in.post(name, {})

    assert refusal(response) == (403, "reauthentication_required")
    assert response.json()["reauthentication_url"] == "/passkeys/confirm/?next=%2Fpasskeys%2F"


def test_r17_recent_authentication_is_needed_at_the_end_as_well(user):
    with moved_clock(-299):
        browser = Browser().sign_in(user)
    credential = answer(browser)
    with moved_clock(2):
        response = finalize(browser, credential)

    assert refusal(response) == (403, "reauthentication_required")
    assert not Passkey.objects.exists()


def test_a_ceremony_survives_the_reauthentication_it_needs(user):
    with moved_clock(-299):
        browser = Browser().sign_in(user)
    credential = answer(browser)
    with moved_clock(2):
        finalize(browser, credential)
    assert browser.client.login(username=user.get_username(), password="correct horse battery staple")

    assert finalize(browser, credential).status_code == 201


def test_a_ceremony_survives_a_finalize_after_signing_out(signed_in, user):
    credential = answer(signed_in)
    cookies = ceremony_cookies(signed_in.client)
    signed_in.client.logout()
    put_cookies(signed_in.client, cookies)

    response = finalize(signed_in, credential)
    assert refusal(response) == (401, "not_authenticated")
    assert not any(name.startswith("passkey_") for name in response.cookies)
    assert signed_in.client.login(username=user.get_username(), password="correct horse battery staple")
    assert finalize(signed_in, credential).status_code == 201


def test_a_passkey_login_is_recent_authentication(registered):
    registered.login()

    assert registered.post("start-registration").status_code == 200


# The limit, and what exists already


def test_r19_a_user_has_at_most_20_passkeys(signed_in, user):
    make_passkeys(user, 19)
    assert finalize(signed_in, answer(signed_in)).status_code == 201

    assert refusal(signed_in.confirm().post("start-registration")) == (409, "passkey_limit_reached")


def test_r19_the_limit_holds_at_the_end_as_well(signed_in, user):
    credential = answer(signed_in)
    make_passkeys(user, 20)

    assert refusal(finalize(signed_in, credential)) == (409, "passkey_limit_reached")
    assert Passkey.objects.count() == 20


def test_another_users_passkeys_do_not_count(signed_in, other_user):
    make_passkeys(other_user, 20)

    assert signed_in.register().status_code == 201


def test_r12_an_own_credential_id_exists(signed_in):
    first = signed_in.register().json()

    response = finalize(signed_in, answer(signed_in, credential_id=unb64url(first["credential_id"])))

    assert refusal(response) == (409, "passkey_exists")
    assert Passkey.objects.count() == 1


def test_r12_another_users_credential_id_exists(signed_in, user, other_user):
    credential_id = unb64url(signed_in.register().json()["credential_id"])
    attacker = Browser().sign_in(other_user)

    assert refusal(attacker.register(credential_id=credential_id)) == (409, "passkey_exists")
    assert Passkey.objects.get().user == user


# The ceremony


def test_c3_a_replay_is_used(signed_in):
    credential = answer(signed_in)
    cookies = ceremony_cookies(signed_in.client)
    assert finalize(signed_in, credential).status_code == 201
    signed_in.confirm()

    put_cookies(signed_in.client, cookies)
    assert refusal(finalize(signed_in, credential)) == (409, "ceremony_used")
    assert Passkey.objects.count() == 1


def test_c3_a_replay_after_the_removal_is_used(signed_in):
    credential = answer(signed_in)
    cookies = ceremony_cookies(signed_in.client)
    assert finalize(signed_in, credential).status_code == 201
    Passkey.objects.all().delete()

    put_cookies(signed_in.client, cookies)
    assert refusal(finalize(signed_in, credential)) == (409, "ceremony_used")
    assert not Passkey.objects.exists()


def test_c3_one_challenge_makes_one_passkey(signed_in):
    options = signed_in.creation_options()
    first, second = (signed_in.authenticator.create(options) for _ in range(2))
    cookies = ceremony_cookies(signed_in.client)
    assert finalize(signed_in, first).status_code == 201
    signed_in.confirm(credential_id=first["id"])

    put_cookies(signed_in.client, cookies)
    assert refusal(finalize(signed_in, second)) == (409, "ceremony_used")


def test_a_refused_registration_spends_nothing(signed_in):
    options = signed_in.creation_options()
    cookies = ceremony_cookies(signed_in.client)
    refused = signed_in.authenticator.create(options, origin="https://evil.example")
    assert refusal(finalize(signed_in, refused)) == INVALID

    put_cookies(signed_in.client, cookies)
    assert finalize(signed_in, signed_in.authenticator.create(options)).status_code == 201


def test_c5_r16_another_users_cookie_is_not_found(signed_in, other_user):
    credential = answer(signed_in)
    cookies = ceremony_cookies(signed_in.client)
    signed_in.sign_in(other_user)
    put_cookies(signed_in.client, cookies)

    assert refusal(finalize(signed_in, credential)) == (400, "ceremony_not_found")
    assert not Passkey.objects.exists()


def test_c4_another_browser_is_not_found(signed_in, user):
    credential = answer(signed_in)

    assert refusal(finalize(Browser().sign_in(user), credential)) == (400, "ceremony_not_found")


@pytest.mark.parametrize("purpose", [None, {"purpose": "confirm"}], ids=["login", "confirm"])
def test_c5_a_login_challenge_is_no_good_for_a_registration(signed_in, purpose):
    options = signed_in.creation_options()
    options["publicKey"]["challenge"] = signed_in.request_options(purpose)["publicKey"]["challenge"]

    response = finalize(signed_in, signed_in.authenticator.create(options))

    assert refusal(response) == (400, "ceremony_not_found")
    assert not Passkey.objects.exists()


def test_c5_a_registration_challenge_is_no_good_for_a_login(registered, user):
    registered.sign_in(user).confirm()
    options = registered.request_options()
    options["publicKey"]["challenge"] = registered.creation_options()["publicKey"]["challenge"]

    response = registered.post("finalize-login", registered.authenticator.get(options))

    assert refusal(response) == (400, "ceremony_not_found")
    assert Passkey.objects.get().use_count == 1  # the confirmation


@pytest.mark.parametrize("overrides", [{}, {"origin": "https://evil.example"}], ids=["success", "refusal"])
def test_the_ceremony_cookie_is_deleted(signed_in, overrides):
    signed_in.register(**overrides)

    assert ceremony_cookies(signed_in.client) == {}


# What happens between the checks and the insert


def test_r12_a_credential_id_that_was_stored_meanwhile_exists(signed_in, user, other_user, meanwhile):
    credential = answer(signed_in)

    def store():
        [passkey] = make_passkeys(other_user, 1)
        passkey.credential_id = credential["id"]
        passkey.save()

    meanwhile(UserHandleManager, store)

    assert refusal(finalize(signed_in, credential)) == (409, "passkey_exists")
    assert UserHandle.objects.get(user=user).spent == []


def test_r19_the_limit_that_was_reached_meanwhile_holds(signed_in, user, meanwhile):
    meanwhile(UserHandleManager, lambda: make_passkeys(user, 20))

    assert refusal(signed_in.register()) == (409, "passkey_limit_reached")
    assert UserHandle.objects.get(user=user).spent == []


def test_c3_a_challenge_that_was_answered_meanwhile_is_used(signed_in, meanwhile):
    credential = answer(signed_in)
    [name] = ceremony_cookies(signed_in.client)
    spent = [[int(time.time() * 1_000_000), name.removeprefix("passkey_")]]
    meanwhile(UserHandleManager, lambda: UserHandle.objects.update(use_count=F("use_count") + 1, spent=spent))

    assert refusal(finalize(signed_in, credential)) == (409, "ceremony_used")
    assert not Passkey.objects.exists()


def test_another_registration_meanwhile_does_no_harm(signed_in, user, meanwhile):
    meanwhile(UserHandleManager, lambda: UserHandle.objects.update(use_count=F("use_count") + 1))

    assert signed_in.register().status_code == 201
    assert UserHandle.objects.get(user=user).use_count == 2


# The rules

BROKEN_RULES = {
    "type": ({"client_data": {"type": "webauthn.get"}}, "type 'webauthn.get'"),
    "origin with a port": ({"origin": "https://testserver:8443"}, "origin"),
    "origin of a subdomain": ({"origin": "https://www.testserver"}, "origin"),
    "origin without TLS": ({"origin": "http://testserver"}, "origin"),
    "origin in capitals": ({"origin": "https://TestServer"}, "origin"),
    "origin null": ({"origin": "null"}, "origin"),
    "another origin": ({"origin": "https://evil.example"}, "origin 'https://evil.example'"),
    "crossOrigin": ({"client_data": {"crossOrigin": True}}, "crossOrigin"),
    "topOrigin": ({"client_data": {"topOrigin": "https://evil.example"}}, "crossOrigin"),
    "another RP ID": ({"rp_id": "evil.example"}, "another RP ID"),
    "user not present": ({"flags": {"up": False}}, "user not present"),
    "user not verified": ({"flags": {"uv": False}}, "user not verified"),
    "backed up but not eligible": ({"flags": {"be": False, "bs": True}}, "backed up but not eligible"),
    "none with a statement": ({"attestation_statement": {"sig": b"x"}}, "with a statement"),
    "trailing bytes": ({"trailing": b"\x00"}, "more bytes than their flags announce"),
}


@pytest.mark.parametrize(("overrides", "reason"), BROKEN_RULES.values(), ids=BROKEN_RULES)
def test_a_broken_rule_refuses_the_registration(signed_in, refusals_logged, sent, overrides, reason):
    response = signed_in.register(**overrides)

    assert refusal(response) == INVALID
    assert not Passkey.objects.exists()
    assert sent["passkey_registered"] == []
    [message] = refusals_logged()
    assert "invalid_credential" in message
    assert reason in message


def test_r5_a_conditional_registration_needs_no_user_presence(signed_in):
    response = signed_in.register(start={"mediation": "conditional"}, flags={"up": False, "uv": False})

    assert response.status_code == 201
    assert Passkey.objects.get().user_verified is False


def test_a_conditional_registration_asks_for_no_user_verification(signed_in):
    options = signed_in.creation_options({"mediation": "conditional"})["publicKey"]

    assert options["authenticatorSelection"]["userVerification"] == "preferred"


def test_r5_user_presence_is_waived_by_the_start_alone(signed_in):
    credential = answer(signed_in, flags={"up": False})
    credential["mediation"] = "conditional"

    assert refusal(finalize(signed_in, credential)) == INVALID


# Bodies and the log


@pytest.mark.parametrize("body", ["[]", "1", "null", '"x"', "{", b"\xff", '{"id": 1, "id": 1}', "[" * 20_000])
def test_a15_a_body_that_is_no_json_object_is_an_invalid_request(signed_in, body):
    assert refusal(signed_in.post("finalize-registration", body)) == (400, "invalid_request")


def test_a16_the_log_names_no_credential(signed_in, caplog):
    caplog.set_level("DEBUG")
    secrets = set()
    for overrides, _reason in BROKEN_RULES.values():
        credential = answer(signed_in, **overrides)
        secrets |= {credential["id"], credential["response"]["clientDataJSON"]}
        secrets.add(credential["response"]["attestationObject"])
        finalize(signed_in, credential)

    log = "\n".join(record.getMessage() + str(record.exc_info) for record in caplog.records)
    assert "Passkey registration refused" in log
    assert not any(secret in log for secret in secrets)


def test_a_user_handle_remembers_challenges_for_eleven_minutes_only(signed_in, user):
    signed_in.creation_options()
    now = int(time.time() * 1_000_000)
    UserHandle.objects.update(spent=[[now - 661_000_000, "old"], [now - 600_000_000, "recent"]])

    assert signed_in.register().status_code == 201

    spent = json.loads(json.dumps(UserHandle.objects.get(user=user).spent))
    assert [digest for _at, digest in spent][:-1] == ["recent"]
