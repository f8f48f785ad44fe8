"""Good evidence of every kind: three algorithms, without a service, with Hanko, and with Hanko down at the end."""

import pytest

from passkeys_django.models import PasskeySignature
from passkeys_django.signatures.evidence.seal import seal
from passkeys_django.testing import cose
from tests.signatures.conftest import signer_of

ALGORITHMS = {"ES256": cose.ES256, "EdDSA": cose.EDDSA, "RS256": cose.RS256}
KINDS = [*ALGORITHMS, "Hanko", "Hanko, RS256", "Hanko down"]
FIELDS = [field.attname for field in PasskeySignature._meta.concrete_fields]


def values_of(signature):
    return {name: getattr(signature, name) for name in FIELDS}


def changed(signature, /, **values):
    """A copy in memory. The seal is as it was."""
    return PasskeySignature(**values_of(signature) | values)


def sealed_again(signature, /, **values):
    """What a site that lies would store: it can make every seal."""
    copy = changed(signature, **values)
    seal(copy)
    return copy


def evidence_of_kind(request, user, kind):
    """Evidence of this kind, from a whole ceremony."""
    settings = request.getfixturevalue("settings")
    settings.ROOT_URLCONF = "tests.signatures.site"
    fake = request.getfixturevalue("hanko_site") if kind.startswith("Hanko") else None
    signer = signer_of(user, algorithm=ALGORITHMS.get(kind.removeprefix("Hanko, "), cose.ES256))
    answer = signer.answer(signer.start().json())
    if kind == "Hanko down":
        settings.PASSKEY_LOCAL_FALLBACK = True
        fake.faults.drop = True
    response = signer.finish(answer)
    assert response.status_code == 201, response.content
    return PasskeySignature.objects.get()


@pytest.fixture(params=KINDS)
def evidence(request, user):
    return evidence_of_kind(request, user, request.param)


@pytest.fixture
def embedded(request, user):
    return evidence_of_kind(request, user, "ES256")


@pytest.fixture
def at_hanko(request, user):
    return evidence_of_kind(request, user, "Hanko")
