"""Whatever is said in a ceremony, the finalize endpoints answer with a documented code and never with a 500."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passkeys_django.models import Passkey
from passkeys_django.testing import cose
from passkeys_django.testing.encoding import b64url
from tests.conftest import refusal
from tests.fuzz.answers import assert_documented, survived
from tests.fuzz.effort import EXAMPLES
from tests.fuzz.mutations import mutated, mutations
from tests.fuzz.values import cbor_values

pytestmark = pytest.mark.django_db


def forget_ceremonies(client):
    """The test client would send deleted cookies back, and every example would be slower than the one before."""
    for name in [name for name in client.cookies if name.startswith("passkey_")]:
        del client.cookies[name]


@EXAMPLES
@given(changes=mutations)
def test_finalize_login_survives_mutated_credentials(registered, changes):
    credential = mutated(registered.authenticator.get(registered.request_options()), changes)

    response = registered.post("finalize-login", credential)

    assert_documented(response, 200)
    forget_ceremonies(registered.client)


@EXAMPLES
@given(changes=mutations, algorithm=st.sampled_from([cose.ES256, cose.EDDSA, cose.RS256]))
def test_finalize_registration_survives_mutated_credentials(signed_in, changes, algorithm):
    Passkey.objects.all().delete()
    signed_in.authenticator.algorithm = algorithm
    credential = mutated(signed_in.authenticator.create(signed_in.creation_options()), changes)

    response = signed_in.post("finalize-registration", credential)

    assert_documented(response, 201)
    assert Passkey.objects.count() == (response.status_code == 201)
    forget_ceremonies(signed_in.client)


@EXAMPLES
@given(public_key=cbor_values.map(cbor2.dumps) | st.binary(max_size=100), count=st.integers(0, 2**32 - 1))
def test_finalize_registration_survives_every_public_key(signed_in, public_key, count):
    credential = signed_in.authenticator.create(
        signed_in.creation_options(), public_key=public_key, sign_count=count
    )

    response = survived(signed_in.post("finalize-registration", credential))

    assert refusal(response) == (400, "invalid_credential")
    forget_ceremonies(signed_in.client)


@EXAMPLES
@given(data=st.binary(max_size=37 + 200), signature=st.binary(max_size=100))
def test_finalize_login_survives_every_authenticator_data(registered, data, signature):
    credential = registered.authenticator.get(registered.request_options())
    credential["response"] |= {"authenticatorData": b64url(data), "signature": b64url(signature)}

    response = survived(registered.post("finalize-login", credential))

    assert refusal(response)[1] in ("invalid_credential", "login_failed")
    forget_ceremonies(registered.client)
