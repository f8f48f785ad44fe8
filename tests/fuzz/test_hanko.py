"""The same with Hanko: nothing that a browser says makes the provider stumble, or us over its answer."""

import secrets

import pytest
from hypothesis import given

from passkeys_django.models import Passkey
from tests.fuzz.answers import assert_documented
from tests.fuzz.effort import EXAMPLES
from tests.fuzz.mutations import mutated
from tests.fuzz.test_ceremonies import assertions, attestations, changes
from tests.fuzz.test_credentials import forget_ceremonies

pytestmark = pytest.mark.django_db


@EXAMPLES
@given(overrides=assertions, changes=changes)
def test_finalize_login_survives_every_assertion(hanko_site, registered, overrides, changes):
    credential = mutated(registered.authenticator.get(registered.request_options(), **overrides), changes)

    assert_documented(registered.post("finalize-login", credential), 200)
    forget_ceremonies(registered.client)


@EXAMPLES
@given(overrides=attestations, changes=changes)
def test_finalize_registration_survives_every_attestation(hanko_site, signed_in, overrides, changes):
    """With new ids: Hanko answers 500 to one that it has, and it forgets none when our rows go."""
    Passkey.objects.all().delete()
    overrides = overrides | {"credential_id": overrides.get("credential_id", b"") + secrets.token_bytes(16)}
    credential = mutated(signed_in.authenticator.create(signed_in.creation_options(), **overrides), changes)

    assert_documented(signed_in.post("finalize-registration", credential), 201)
    forget_ceremonies(signed_in.client)
