"""What the authenticator says, signed and wrong all the same (WebAuthn L3, 6.1): RP ID, flags, extensions."""

import itertools
from dataclasses import astuple, dataclass

import pytest

from passkeys_django.models import Passkey
from passkeys_django.testing.encoding import cbor
from tests.security.hostile.attempts import HERE, attempts

pytestmark = pytest.mark.django_db

NAMES = ("up", "uv", "be", "bs", "at", "ed")
FLAGS = dict(zip(NAMES, (0x01, 0x04, 0x08, 0x10, 0x40, 0x80), strict=True))
EXTENSIONS = cbor({"credProtect": 2})


def data(edits):
    """Forgeries: edits of the bytes by name."""
    return {name: {"authenticator_data": edit} for name, edit in edits.items()}


LENGTHS = {
    "nothing": lambda raw: b"",
    "one byte": lambda raw: raw[:1],
    "the hash alone": lambda raw: raw[:32],
    "36 bytes": lambda raw: raw[:36],
    "a NUL after it": lambda raw: raw + b"\x00",
    "an empty map after it": lambda raw: raw + b"\xa0",
    "extensions that no flag announces": lambda raw: raw + EXTENSIONS,
    "twice": lambda raw: raw + raw,
    "a byte before it": lambda raw: b"\x00" + raw,
    "30,000 bytes after it": lambda raw: raw + bytes(30_000),
}


@HERE
def test_a2_authenticator_data_of_another_length_is_refused(attempt):
    attempt.assert_each_forgery_refused(data(LENGTHS), attempt.malformed)


OTHER_RP_IDS = [
    "evil.example",
    "www.testserver",
    "testserver.",
    "TESTSERVER",
    "https://testserver",
    "testserver:443",
    "testserver\x00",
    "t\u0435stserver",
    "",
]
OTHER_HASHES = {
    "zeros": lambda raw: bytes(32) + raw[32:],
    "the first bit": lambda raw: bytes([raw[0] ^ 0x80]) + raw[1:],
    "the last bit": lambda raw: raw[:31] + bytes([raw[31] ^ 1]) + raw[32:],
    "in reverse": lambda raw: raw[31::-1] + raw[32:],
}


def test_r4_a2_another_rp_id_is_refused(attempt):
    lies = {ascii(rp_id): {"rp_id": rp_id} for rp_id in OTHER_RP_IDS} | data(OTHER_HASHES)

    attempt.assert_each_forgery_refused(lies, attempt.broken_rule)


# Flags


@dataclass(frozen=True)
class Flags:
    """A combination of flags, and the rules of WebAuthn L3, 7.1 and 7.2, written down a second time."""

    up: bool
    uv: bool
    be: bool
    bs: bool
    at: bool
    ed: bool

    @property
    def byte(self):
        return sum(bit for bit, is_set in zip(FLAGS.values(), astuple(self), strict=True) if is_set)

    def __str__(self):
        return " ".join(name for name in NAMES if getattr(self, name)) or "none"

    def outcome(self, attempt, *, attested, extended, verification):
        """What this browser is answered, if the data hold an attested credential and extensions or not."""
        registers = attempt.success == 201
        if (self.at, self.ed) != (attested, extended) or self.at != registers:
            return attempt.malformed
        is_sound = self.up and (self.uv or not verification) and (self.be or not self.bs)
        return "accepted" if is_sound else attempt.broken_rule


EVERY_COMBINATION = [Flags(*bits) for bits in itertools.product([False, True], repeat=len(NAMES))]


def with_flags(flags, *, extended):
    def edit(raw):
        return raw[:32] + bytes([flags.byte]) + raw[33:] + (EXTENSIONS if extended else b"")

    return edit


@pytest.mark.parametrize("extended", [False, True], ids=["no extensions", "extensions"])
@pytest.mark.parametrize("verification", ["required", "preferred"])
@HERE
def test_r5_r6_r7_a2_a7_every_combination_of_flags(attempt, settings, verification, extended):
    settings.PASSKEY_USER_VERIFICATION = verification
    registers = attempt.success == 201
    wanted = {"attested": registers, "extended": extended, "verification": verification == "required"}
    for flags in EVERY_COMBINATION:
        with attempt.subtests.test(flags=str(flags)):
            credential = attempt.forged(authenticator_data=with_flags(flags, extended=extended))
            expected = flags.outcome(attempt, **wanted)
            if expected == "accepted":
                attempt.assert_accepted(credential)
            else:
                attempt.assert_refused(credential, expected)
        if registers:
            Passkey.objects.all().delete()


@attempts("registration at Hanko", "login at Hanko", "confirmation")
def test_r5_r6_r7_a2_a7_flags_that_break_a_rule_do_so_everywhere(attempt):
    registers = attempt.success == 201
    lies = {
        str(flags): {"authenticator_data": with_flags(flags, extended=flags.ed)}
        for flags in EVERY_COMBINATION
        if flags.at == registers
        and flags.outcome(attempt, attested=registers, extended=flags.ed, verification=True) != "accepted"
    }
    assert len(lies) == 26

    attempt.assert_each_forgery_refused(lies, attempt.broken_rule)


@pytest.mark.parametrize("reserved", [0x02, 0x20, 0x22], ids=hex)
@HERE
def test_a2_flags_that_are_reserved_for_the_future_mean_nothing(attempt, reserved):
    attempt.assert_accepted(
        attempt.forged(authenticator_data=lambda raw: raw[:32] + bytes([raw[32] | reserved]) + raw[33:])
    )


@HERE
def test_a2_a_credential_in_an_assertion_and_none_in_a_registration(attempt):
    """Well formed, flags and all, but in the wrong ceremony."""
    attested = bytes(16) + (20).to_bytes(2) + bytes(20) + cbor({1: 1, 3: -8, -1: 6, -2: bytes(32)})

    def swap(raw):
        is_attested = raw[32] & FLAGS["at"]
        return raw[:32] + bytes([raw[32] ^ FLAGS["at"]]) + raw[33:37] + (b"" if is_attested else attested)

    attempt.assert_each_forgery_refused(data({"the other one's data": swap}), attempt.malformed)


# Extensions

HOSTILE_EXTENSIONS = {
    "none": b"",
    "a list": cbor([]),
    "text": cbor("credProtect"),
    "bytes": cbor(EXTENSIONS),
    "a number": b"\x00",
    "null": b"\xf6",
    "undefined": b"\xf7",
    "a simple value": b"\xf8\xff",
    "a tagged map": b"\xd9\xd9\xf7" + EXTENSIONS,
    "a map of indefinite length": b"\xbf\x61a\x01\xff",
    "text of indefinite length": b"\xa1\x7f\x61a\xff\x01",
    "a length longer than needed": b"\xb8\x01\x61a\x01",
    "a number longer than needed": b"\xa1\x61a\x18\x01",
    "a key twice": b"\xa2\x61a\x01\x61a\x02",
    "one value too few": b"\xa2\x61a\x01\x61b",
    "one value too many": b"\xa1\x61a\x01\x00",
    "two maps": EXTENSIONS * 2,
    "a huge length": b"\xbb\x7f" + b"\xff" * 7,
    "text of a huge length": b"\xa1\x7b\x7f" + b"\xff" * 7,
    "text that is no UTF-8": b"\xa1\x62\xc3\x28\x01",
    "a surrogate in UTF-8": b"\xa1\x63\xed\xa0\x80\x01",
    "a break alone": b"\xff",
    "a reserved head": b"\x1c",
    "deep lists": b"\xa1\x61a" + b"\x81" * 15_000 + b"\x00",
    "deep maps": b"\xa1\x61a" * 7_000 + b"\x00",
    "deep tags": b"\xa1\x61a" + b"\xc1" * 15_000 + b"\x00",
    "a reference to itself": b"\xa1\x61a\xd8\x1c\x81\xd8\x1d\x00",
    "a bignum longer than needed": b"\xa1\x61a\xc2\x42\x00\x01",
    "a short float that hides what follows": b"\xa1\x61a\xf9\x3c\x00" + b"hidden",
    "a date": b"\xa1\x61a\xc0\x61x",
    "a regular expression": b"\xa1\x61a\xd8\x23\x61(",
    "a fraction by zero": b"\xa1\x61a\xd8\x1e\x82\x01\x00",
}


@HERE
def test_a15_extensions_that_are_no_map_in_canonical_cbor_are_refused(attempt):
    def appended(extensions):
        return lambda raw: raw[:32] + bytes([raw[32] | FLAGS["ed"]]) + raw[33:] + extensions

    lies = {name: appended(extensions) for name, extensions in HOSTILE_EXTENSIONS.items()}

    attempt.assert_each_forgery_refused(data(lies), attempt.malformed)
