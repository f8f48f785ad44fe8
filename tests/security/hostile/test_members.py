"""A credential's members: missing, of the wrong type, in another spelling, too long, or named twice."""

import json
from functools import partial

import pytest

from passkeys_django.models import Passkey
from passkeys_django.testing.encoding import b64url
from tests.security.hostile.attempts import EVERY_LOGIN, HERE, attempts, changed

pytestmark = pytest.mark.django_db

REQUIRED = {
    "registration": ["id", "rawId", "type", "response", "response.clientDataJSON", "response.attestationObject"],
    "login": [
        "id",
        "rawId",
        "type",
        "response",
        "response.clientDataJSON",
        "response.authenticatorData",
        "response.signature",
    ],
}
EACH_REQUIRED = pytest.mark.parametrize(
    ("attempt", "path"),
    [(ceremony, path) for ceremony, paths in REQUIRED.items() for path in paths],
    indirect=["attempt"],
)
WRONG_TYPES = {
    "missing": ...,
    "null": None,
    "a number": 7,
    "a fraction": 1.5,
    "true": True,
    "a list": ["AAAA"],
    "an object": {"id": "AAAA"},
    "text": "x",
}


@EACH_REQUIRED
def test_a15_a_member_that_is_missing_or_of_the_wrong_type_is_refused(attempt, path):
    lies = {name: partial(changed, path=path, value=value) for name, value in WRONG_TYPES.items()}

    attempt.assert_each_refused(lies, attempt.malformed)


OTHER_TYPES = ["", "password", "Public-Key", "public-key ", "public-key\x00", "\ud800"]


@HERE
def test_a15_a_credential_of_another_type_is_refused(attempt):
    lies = {ascii(value): partial(changed, path="type", value=value) for value in OTHER_TYPES}

    attempt.assert_each_refused(lies, attempt.malformed)


TEXTS = {
    "registration": ["id rawId", "response.clientDataJSON", "response.attestationObject"],
    "login": [
        "id rawId",
        "response.clientDataJSON",
        "response.authenticatorData",
        "response.signature",
        "response.userHandle",
    ],
}
EACH_TEXT = pytest.mark.parametrize(
    ("attempt", "paths"),
    [(ceremony, paths) for ceremony, texts in TEXTS.items() for paths in texts],
    indirect=["attempt"],
)


def respelt(credential, paths, spell):
    """The credential with other text in these members; `id` and `rawId` stay the same as one another."""
    for path in paths.split():
        parent, _, name = path.rpartition(".")
        text = credential[parent][name] if parent else credential[name]
        changed(credential, path, spell(text))
    return credential


SPELLINGS = {
    "padded on the left": lambda text: "=" + text,
    "padded in the middle": lambda text: text[:8] + "==" + text[8:],
    "padded and more": lambda text: text + "==A",
    "in the other alphabet": lambda text: "+/" + text[2:],
    "in both alphabets": lambda text: text[:-4] + "-_+/",
    "a character too many": lambda text: text[: len(text) // 4 * 4] + "A",
    "with stray bits": lambda text: text[: len(text) // 4 * 4] + "AB",
    "with more stray bits": lambda text: text[: len(text) // 4 * 4] + "AAB",
    "with a space": lambda text: " " + text,
    "with a line end": lambda text: text + "\n",
    "in lines of MIME": lambda text: text[:8] + "\r\n" + text[8:],
    "with a NUL": lambda text: text + "\x00",
    "with a lone surrogate": lambda text: text + "\ud800",
    "with junk": lambda text: text[:8] + "!" + text[8:],
    "percent-encoded": lambda text: "%41" + text,
    "in a full-width letter": lambda text: "\uff21" + text[1:],
    "in a digit of Arabic": lambda text: "\u0661" + text[1:],
    "a data URL": lambda text: "data:;base64," + text,
    "hexadecimal": lambda text: "00:01",
}


@EACH_TEXT
def test_a15_base64url_in_any_other_spelling_is_refused(attempt, paths):
    lies = {name: partial(respelt, paths=paths, spell=spell) for name, spell in SPELLINGS.items()}

    attempt.assert_each_refused(lies, attempt.malformed)


@EACH_TEXT
def test_a15_padding_of_base64url_is_forgiven(attempt, paths):
    attempt.assert_accepted(respelt(attempt.answer(), paths, lambda text: text + "=" * (-len(text) % 4 or 2)))

    [credential_id] = attempt.browser.authenticator.credentials
    assert Passkey.objects.get().credential_id == credential_id


@EACH_TEXT
def test_a15_a_member_as_large_as_the_body_may_be_is_refused(attempt, paths):
    def lie(byte, credential):
        return respelt(credential, paths, lambda text: b64url(byte * (40_000 // len(paths.split()))))

    lies = {repr(byte): partial(lie, byte) for byte in (b"\x00", b"9", b"[", b"\x9f", b"\xff")}

    attempt.assert_each_refused(lies, attempt.broken_rule if "signature" in paths else attempt.malformed)


@HERE
def test_r11_a_credential_id_of_no_byte_or_of_1024_bytes_is_refused(attempt):
    def lie(size, credential):
        return respelt(credential, "id rawId", lambda text: b64url(bytes(size)))

    attempt.assert_each_refused({size: partial(lie, size) for size in (0, 1024)}, attempt.malformed)


@HERE
def test_r13_a4_an_id_that_differs_from_the_raw_id_is_refused(attempt):
    lies = {name: partial(changed, path=name, value=b64url(bytes(20))) for name in ("id", "rawId")}

    attempt.assert_each_refused(lies, attempt.malformed)


@attempts("registration at Hanko", "login at Hanko")
def test_a15_hanko_is_given_no_padding(attempt):
    """It takes none, and it would know the credential by another id."""
    attempt.assert_accepted(respelt(attempt.answer(), "id rawId", lambda text: text + "="))

    [credential_id] = attempt.browser.authenticator.credentials
    assert list(attempt.tenant.credentials) == [credential_id]


@EVERY_LOGIN
def test_a4_an_empty_user_handle_is_none(attempt):
    """Safari 15.4 to 17 and Android say so. Only a confirmation needs none, since it named the passkeys."""
    credential = changed(attempt.answer(), "response.userHandle", "")
    if attempt.start:
        attempt.assert_accepted(credential)
    else:
        attempt.assert_refused(credential, attempt.broken_rule)


def named_twice(credential, path):
    """The body in which a good credential names this member a second time."""
    good = credential
    for name in path.split("."):
        good = good[name]
    body = json.dumps(changed(credential, f"{path}\ue000", good), ensure_ascii=False)
    return body.replace("\ue000", "")


@EACH_REQUIRED
def test_a15_a_member_that_is_named_twice_is_refused(attempt, path):
    attempt.assert_each_refused({path: partial(named_twice, path=path)}, "invalid_request")


BODIES = {
    "a list around it": lambda text: f"[{text}]",
    "a second value after it": lambda text: text + "{}",
    "a NUL after it": lambda text: text + "\x00",
    "a byte order mark": lambda text: "\ufeff" + text,
    "NaN in a member": lambda text: text[:-1] + ', "x": NaN}',
    "Infinity in a member": lambda text: text[:-1] + ', "x": -Infinity}',
    "a number of 5,000 digits": lambda text: text[:-1] + f', "x": {"9" * 5000}}}',
    "deep lists in a member": lambda text: text[:-1] + f', "x": {"[" * 20_000}{"]" * 20_000}}}',
    "deep objects in a member": lambda text: text[:-1] + ', "x": ' + '{"x":' * 9_000 + "1" + "}" * 9_001,
    "a trailing comma": lambda text: text[:-1] + ",}",
    "cut in the middle": lambda text: text[: len(text) // 2],
    "a surrogate in UTF-8": lambda text: text.encode()[:-1] + b', "x": "\xed\xa0\x80"}',
    "UTF-16": lambda text: text.encode("utf-16"),
    "a form": lambda text: "credential=" + text,
    "over 64 KiB": lambda text: text[:-1] + f', "x": "{"A" * 65_536}"}}',
}


@HERE
def test_a15_a_good_credential_in_a_bad_body_is_refused(attempt):
    lies = {name: lambda credential, spoil=spoil: spoil(json.dumps(credential)) for name, spoil in BODIES.items()}

    attempt.assert_each_refused(lies, "invalid_request")


@HERE
def test_r14_members_that_nobody_asked_for_are_tolerated(attempt):
    credential = attempt.answer() | {
        "clientExtensionResults": {"appid": True, "\x00": "\ud800", "prf": [[[[{"a": 1e300}]]]]},
        "authenticatorAttachment": ["odd"],
        "\ud800": "\x00",
        "__proto__": {"id": 1},
    }
    credential["response"] |= {"publicKey": 1, "publicKeyAlgorithm": "x", "\x00": "\udfff"}

    attempt.assert_accepted(credential)
