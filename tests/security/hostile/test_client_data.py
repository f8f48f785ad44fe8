"""What the browser says about a ceremony, signed and wrong all the same (WebAuthn L3, 5.8.1)."""

import json

import pytest

from passkeys_django.testing.encoding import b64url, unb64url
from tests.security.hostile.attempts import HERE, attempts, client_data, member

pytestmark = pytest.mark.django_db


def appended(text):
    """A function that puts more members at the end of a JSON object."""
    return lambda raw: raw[:-1] + b"," + text + b"}"


MALFORMED = {
    "nothing": lambda raw: b"",
    "null": lambda raw: b"null",
    "a list": lambda raw: b"[" + raw + b"]",
    "text": lambda raw: json.dumps(raw.decode()).encode(),
    "a number": lambda raw: b"1",
    "a number of 5,000 digits": lambda raw: b"1" * 5_000,
    "cut": lambda raw: raw[:-1],
    "a NUL after it": lambda raw: raw + b"\x00",
    "more after it": lambda raw: raw + b"{}",
    "a comment after it": lambda raw: raw + b"//",
    "two byte order marks": lambda raw: b"\xef\xbb\xbf" * 2 + raw,
    "a byte order mark after it": lambda raw: raw + b"\xef\xbb\xbf",
    "UTF-16": lambda raw: raw.decode().encode("utf-16"),
    "no UTF-8": appended(b'"x":"\xff"'),
    "overlong UTF-8": appended(b'"x":"\xc0\x80"'),
    "a surrogate in UTF-8": appended(b'"x":"\xed\xa0\x80"'),
    "a NUL in text": appended(b'"x":"\x00"'),
    "a line end in text": appended(b'"x":"\n"'),
    "single quotes": lambda raw: raw.replace(b'"', b"'"),
    "a trailing comma": lambda raw: raw[:-1] + b",}",
    "NaN": appended(b'"x":NaN'),
    "Infinity": appended(b'"x":-Infinity'),
    "deep lists": appended(b'"x":' + b"[" * 15_000 + b"]" * 15_000),
    "deep objects": appended(b'"x":' + b'{"x":' * 7_000 + b"1" + b"}" * 7_000),
    "open lists": lambda raw: b"[" * 30_000,
    "type twice": appended(b'"type":"webauthn.get"'),
    "challenge twice": appended(b'"challenge":"AAAA"'),
    "origin twice": appended(b'"origin":"https://evil.example"'),
    "crossOrigin twice": appended(b'"crossOrigin":false'),
    "an unknown member twice": appended(b'"x":1,"x":1'),
    "a member twice inside of another": appended(b'"x":{"y":1,"y":1}'),
}


@HERE
def test_a15_client_data_that_is_no_json_object_is_refused(attempt):
    attempt.assert_each_forgery_refused(client_data(MALFORMED), attempt.malformed)


@HERE
def test_a5_a_byte_order_mark_before_client_data_is_skipped_and_signed(attempt):
    """WebAuthn L3, 7.1 and 7.2: "UTF-8 decode" strips it, and the hash is over the bytes as they came."""
    attempt.assert_accepted(attempt.forged(client_data=lambda raw: b"\xef\xbb\xbf" + raw))

    if attempt.success == 200:
        unsigned = attempt.answer()
        raw = unb64url(unsigned["response"]["clientDataJSON"])
        unsigned["response"]["clientDataJSON"] = b64url(b"\xef\xbb\xbf" + raw)
        attempt.assert_refused(unsigned, attempt.broken_rule)


WRONG_TYPES = [..., None, 1, 0, True, False, [], ["x"], {}, {"x": "y"}]


@pytest.mark.parametrize("name", ["type", "challenge", "origin"])
@HERE
def test_a15_client_data_with_a_member_missing_or_of_the_wrong_type_is_refused(attempt, name):
    lies = {ascii(value): member(name, value) for value in WRONG_TYPES}

    attempt.assert_each_forgery_refused(client_data(lies), attempt.malformed)


@HERE
def test_r3_a2_cross_origin_and_top_origin_of_the_wrong_type_are_refused(attempt):
    lies = {f"crossOrigin {value!r}": member("crossOrigin", value) for value in (None, 0, 1, "false", "", [], {})}
    lies |= {f"topOrigin {value!r}": member("topOrigin", value) for value in (0, False, True, [], {})}

    attempt.assert_each_forgery_refused(client_data(lies), attempt.malformed)


OTHER_TYPES = [
    "",
    "webauthn",
    "webauthn.",
    "webauthn.register",
    "Webauthn.get",
    "webauthn.get ",
    "webauthn.get\x00",
    "webauthn.create\n",
    "webauthn.create\ud800",
    "payment.get",
    "navigator.id.getAssertion",
    "x" * 30_000,
]


def test_r1_a1_client_data_of_another_type_is_refused(attempt):
    crossed = "webauthn.get" if attempt.success == 201 else "webauthn.create"
    lies = {ascii(value)[:40]: member("type", value) for value in (crossed, *OTHER_TYPES)}

    attempt.assert_each_forgery_refused(client_data(lies), attempt.broken_rule)


# The challenge

OTHER_SPELLINGS = {
    "padded": lambda text: text + "=",
    "in the other alphabet": lambda text: "+/" + text[2:],
    "with stray bits": lambda text: text[:40] + "AB",
    "a character too many": lambda text: text[:40] + "A",
    "with a line end": lambda text: text + "\n",
    "with a space": lambda text: " " + text,
    "with a NUL": lambda text: text + "\x00",
    "with a lone surrogate": lambda text: text + "\ud800",
    "with a letter outside ASCII": lambda text: "\uff21" + text[1:],
}
OTHER_CHALLENGES = {
    "none": lambda text: "",
    "one byte": lambda text: "AA",
    "zeros": lambda text: b64url(bytes(32)),
    "in the other case": lambda text: b64url(unb64url(text)).swapcase()[:40],
    "all but the last byte": lambda text: b64url(unb64url(text)[:-1]),
    "a byte more": lambda text: b64url(unb64url(text) + b"\x00"),
    "twice": lambda text: b64url(unb64url(text) * 2),
    "encoded twice": lambda text: b64url(text.encode()),
    "hexadecimal": lambda text: unb64url(text).hex(),
    "another bit": lambda text: b64url(bytes([unb64url(text)[0] ^ 1]) + unb64url(text)[1:]),
    "very long": lambda text: "A" * 30_000,
}


def challenges(spellings):
    def edit(spell):
        return lambda raw: member("challenge", spell(json.loads(raw)["challenge"]))(raw)

    return client_data({name: edit(spell) for name, spell in spellings.items()})


def test_c6_a2_the_challenge_is_compared_as_text(attempt):
    attempt.assert_each_forgery_refused(challenges(OTHER_SPELLINGS), attempt.malformed)


def test_a2_another_challenge_is_refused(attempt):
    attempt.assert_each_forgery_refused(challenges(OTHER_CHALLENGES), "ceremony_not_found")


@HERE
def test_c4_a2_the_challenge_of_another_browser_is_refused(attempt):
    foreign = attempt.browser.other_browser().request_options()["publicKey"]["challenge"]

    attempt.assert_each_forgery_refused(challenges({"": lambda text: foreign}), "ceremony_not_found")


RULES = {
    "type": {"client_data": member("type", "payment.get")},
    "origin": {"client_data": member("origin", "https://evil.example")},
    "crossOrigin": {"client_data": member("crossOrigin", True)},
    "RP ID": {"rp_id": "evil.example"},
    "user presence": {"flags": {"up": False}},
    "user verification": {"flags": {"uv": False}},
    "backup state": {"flags": {"be": False, "bs": True}},
}


@attempts("confirmation", "registration at Hanko", "login at Hanko")
def test_r2_r3_r4_r5_r6_r7_a2_each_rule_holds_in_a_confirmation_and_at_hanko(attempt):
    """Hanko looks neither at crossOrigin nor at the backup flags."""
    attempt.assert_each_forgery_refused(RULES, attempt.broken_rule)


TOLERATED = {
    "no crossOrigin": member("crossOrigin", ...),
    "no topOrigin": member("topOrigin", None),
    "token binding": member("tokenBinding", {"status": "supported"}),
    "something new": member("\ud800\x00", [{"x": 1e300}]),
    "white space": lambda raw: b"\n" + raw.replace(b",", b" ,\t") + b"\r\n ",
    "another order": lambda raw: json.dumps(dict(reversed(json.loads(raw).items()))).encode(),
}


@pytest.mark.parametrize("edit", TOLERATED.values(), ids=TOLERATED)
@HERE
def test_r14_client_data_with_something_that_nobody_asked_for_is_accepted(attempt, edit):
    attempt.assert_accepted(attempt.forged(client_data=edit))
