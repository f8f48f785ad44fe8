"""The path item `SignedForm` of openapi.json, for the documents of sites: all real replies, and no others."""

from types import SimpleNamespace

import pytest

from tests.docs.openapi.document import DOCUMENT, assert_content, followed, mistakes
from tests.docs.openapi.signed_form import SIGNED_FORM
from tests.docs.openapi.test_openapi import code_in, codes_of
from tests.signatures.conftest import DATA, signer_of

pytestmark = pytest.mark.django_db
POST = DOCUMENT["components"]["pathItems"]["SignedForm"]["post"]
DESCRIBED = {int(status): followed(node) for status, node in POST["responses"].items()}
NEEDS_HANKO = {key for key in SIGNED_FORM if key[1] > 500}
CASES = [("hanko", *key) for key in SIGNED_FORM] + [
    ("embedded", *key) for key in SIGNED_FORM if key not in NEEDS_HANKO
]


@pytest.mark.parametrize(("provider", "name", "status", "code"), CASES)
def test_every_reply_is_as_described(provider, name, status, code, request, settings, monkeypatch, user):
    hanko = request.getfixturevalue("hanko_site") if provider == "hanko" else None
    settings.ROOT_URLCONF = "tests.signatures.site"
    site = SimpleNamespace(settings=settings, monkeypatch=monkeypatch, hanko=hanko)

    response = SIGNED_FORM[name, status, code](signer_of(user), site)

    assert (response.status_code, code_in(response)) == (status, code), response.content
    assert_content(DESCRIBED[status]["content"], response)
    for header, spec in DESCRIBED[status].get("headers", {}).items():
        assert not mistakes(followed(spec)["schema"], response[header]), header


def test_every_reply_in_the_document_is_real():
    described = set()
    for status, node in DESCRIBED.items():
        codes = codes_of(node["content"].get("application/problem+json", {}).get("schema")) or [None]
        described |= {("signed-form", status, code) for code in codes}
    assert described - {("signed-form", 403, "second_step_required")} == set(SIGNED_FORM)


def test_both_posts_are_taken_as_described(settings, user):
    settings.ROOT_URLCONF = "tests.signatures.site"
    signer = signer_of(user)
    schema = POST["requestBody"]["content"]["application/json"]["schema"]
    assert not mistakes(schema, DATA)
    credential = signer.authenticator.get(signer.start().json())
    assert not mistakes(schema, {**DATA, "passkey": credential, "signed_form": "page"})
