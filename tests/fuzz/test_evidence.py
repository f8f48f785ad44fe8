"""Changed evidence is never accepted: neither with the old seal, nor with a seal that the site makes anew."""

import random

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passkeys_django.protocol.public_keys import load_public_key
from passkeys_django.signatures import verify_signature
from passkeys_django.signatures.evidence.seal import seal
from tests.conftest import make_user
from tests.fuzz.effort import EXAMPLES, MUTATIONS
from tests.fuzz.evidence import JUDGED, Mutator
from tests.signatures.conftest import DATA, signer_of
from tests.signatures.evidence.kinds import KINDS, evidence_of_kind, values_of

pytestmark = pytest.mark.django_db
SIGNED = ("id", "action", "text", "challenge", "client_data", "authenticator_data", "signature", "rp_id", "origin")
randoms = st.integers(0, 2**64 - 1).map(random.Random)


@pytest.fixture(params=KINDS)
def mutator(request, user):
    evidence = evidence_of_kind(request, user, request.param)
    signer = signer_of(make_user("grace"))
    others = [evidence_of_another(signer, purpose) for purpose in ("Lunch", "Dinner")]
    assert verify_signature(evidence)
    return Mutator(evidence, others)


def evidence_of_another(signer, purpose):
    return signer.signed({**DATA, "purpose": purpose})


def meaning(values):
    """What the passkey has signed, with which key, and what the service has confirmed with which key."""
    key, algorithm = load_public_key(values["public_key"])
    signed = [values[name] for name in SIGNED] + [key, algorithm]
    if not values["token"]:
        return signed
    token_key = jwt.PyJWK(values["jwk"], algorithm="RS256").key.public_numbers()
    return [*signed, values["token"], token_key, values["credential_id"]]


def accepted(evidence, what):
    verdict = bool(verify_signature(evidence))
    JUDGED["accepted, as it says the same" if verdict else "refused", what] += 1
    return verdict


@EXAMPLES
@given(where=randoms)
def test_no_change_is_accepted(mutator, where):
    """But the user may be gone: then the key of the user is still there."""
    for _ in range(MUTATIONS):
        evidence = mutator.mutated(where)
        if accepted(evidence, "with the old seal"):
            originals = [mutator.values, *mutator.others]
            assert values_of(evidence) in originals or values_of(evidence) in map(without_user, originals)


def without_user(values):
    return values | {"user_id": None}


@EXAMPLES
@given(where=randoms)
def test_a_site_that_seals_anew_still_cannot_change_what_was_signed(mutator, where):
    """The site's word are the public key as that of the person, whose it is, and what it did with the evidence."""
    for _ in range(MUTATIONS):
        evidence = mutator.mutated(where)
        if seal_again(evidence) and accepted(evidence, "with a new seal"):
            values = values_of(evidence)
            originals = [mutator.values, *mutator.others]
            assert meaning(values) in [meaning(original)[: len(meaning(values))] for original in originals]


def seal_again(evidence):
    try:
        seal(evidence)
    except (ValueError, TypeError, AttributeError):  # no such value can be stored
        return False
    return True
