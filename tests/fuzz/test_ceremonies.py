"""Whoever answers whatever ceremony, with good signatures and authentic cookies: so all the code is reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passkeys_django.ceremonies.cookies import Purpose
from passkeys_django.testing.overrides import FLAG_BITS
from tests.conftest import put_cookies
from tests.fuzz.answers import assert_documented
from tests.fuzz.effort import EXAMPLES
from tests.fuzz.mutations import mutated, mutations
from tests.fuzz.site import undone, visitors
from tests.fuzz.values import cbor_values, words

pytestmark = pytest.mark.django_db

HOURS = 4000.0
begun = st.fixed_dictionaries(
    {
        "purpose": st.sampled_from(Purpose),
        "age": st.sampled_from([0, 0, 0, 599, 601, -29, -31]) | st.floats(-HOURS, HOURS),
        "provider": st.sampled_from(["", "", "", "hanko:gone"]),
        "whose": st.sampled_from(["user", "user", "other_user", None]),
        "conditional": st.booleans(),
        "verification": st.booleans(),
    }
)
client_data = st.dictionaries(
    st.sampled_from(["crossOrigin", "topOrigin", "tokenBinding", "type"]) | words,
    st.none() | st.booleans() | st.integers() | words | st.lists(words, max_size=2),
    max_size=2,
)
said = {
    "origin": st.sampled_from(["https://testserver", "http://testserver", "null"]) | words,
    "rp_id": st.sampled_from(["testserver", "example.com"]),
    "client_data": client_data,
    "flags": st.dictionaries(st.sampled_from(sorted(FLAG_BITS)), st.booleans(), max_size=2),
    "sign_count": st.integers(0, 2**32 - 1),
    "extensions": st.dictionaries(words, cbor_values, max_size=2),
    "trailing": st.binary(max_size=3),
    "tamper_signature": st.booleans(),
}
assertions = st.fixed_dictionaries(
    {},
    optional=said
    | {
        "user_handle": st.none() | st.binary(max_size=70),
        "reported_id": st.binary(max_size=1100),
        "signature": st.binary(max_size=300),
    },
)
attestations = st.fixed_dictionaries(
    {},
    optional=said
    | {
        "credential_id": st.binary(max_size=1100),
        "aaguid": st.uuids(),
        "transports": st.none() | st.lists(words, max_size=20),
        "fmt": st.sampled_from(["none", "packed", "fido-u2f", "tpm", "apple"]) | words,
        "attestation_statement": st.dictionaries(words, cbor_values, max_size=2),
    },
)
queries = st.sampled_from(["", "next=/there/", "next=//evil.example", "a&" * 1500])
changes = st.just([]) | mutations


def finalize(site, visitor, name, ceremony, credential, query=""):
    client = site.visitor(visitor, csrf_checks=False)
    put_cookies(client, ceremony.cookies)
    return client.post(f"/passkeys/finalize-{name}?{query}", credential, content_type="application/json")


@EXAMPLES
@given(visitor=visitors, ceremony=begun, overrides=assertions, changes=changes, query=queries)
def test_finalize_login_survives_every_assertion(site, visitor, ceremony, overrides, changes, query):
    ceremony = site.begun(**ceremony)
    credential = mutated(site.authenticator.get(ceremony.request_options(), **overrides), changes)

    with undone():
        assert_documented(finalize(site, visitor, "login", ceremony, credential, query), 200)


@EXAMPLES
@given(visitor=visitors, ceremony=begun, overrides=attestations, changes=changes)
def test_finalize_registration_survives_every_attestation(site, visitor, ceremony, overrides, changes):
    ceremony = site.begun(**ceremony)
    credential = mutated(site.authenticator.create(ceremony.creation_options(), **overrides), changes)
    site.authenticator.credentials.popitem()  # the next example's login must find the site's own

    with undone():
        assert_documented(finalize(site, visitor, "registration", ceremony, credential), 201)
