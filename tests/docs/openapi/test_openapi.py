"""passkeys_django/openapi.json says what the JSON endpoints take and answer: all of it, and nothing else."""

import pytest
from jsonschema import Draft202012Validator

from passkeys_django import exceptions
from passkeys_django.urls import urlpatterns
from tests.conftest import DOCUMENTED_CODES
from tests.docs.openapi.document import (
    DOCUMENT,
    OPERATIONS,
    assert_described,
    assert_taken,
    at,
    followed,
    mistakes,
    responses_of,
)
from tests.docs.openapi.replies import ENDPOINTS, FORMS, HTML, RECOVERY, SCENARIOS, Visit
from tests.docs.openapi.second_step import SECOND_STEP
from tests.docs.openapi.signed_form import SIGNED_FORM

pytestmark = pytest.mark.django_db
PAGES = {
    *("enrol", "enrol-link", "enrolled", "cancel-enrolment", "add-device", "signup", "required"),
    "manager-icon",
}
"""Without a face in JSON; the icon is a picture."""
USED_BY_NAME = {"securitySchemes", "pathItems"}
"""Parts without a reference in the document: `pathItems` is for documents of sites."""
NEEDS_HANKO = {key for key in SCENARIOS if key[1] >= 500 or key == ("accepted-credentials", 204, None)}
CASES = [("hanko", *key) for key in SCENARIOS] + [
    ("embedded", *key) for key in SCENARIOS if key not in NEEDS_HANKO
]


@pytest.fixture
def provider():
    return "embedded"


@pytest.fixture
def visit(request, provider, user, settings):
    fake = request.getfixturevalue("hanko_site") if provider == "hanko" else None
    return Visit(user, settings, fake)


@pytest.mark.parametrize(("provider", "name", "status", "code"), CASES)
def test_every_reply_is_as_described(visit, name, status, code):
    response = SCENARIOS[name, status, code](visit, name)

    assert response.status_code == status, response.content
    assert code_in(response) == code
    assert_described(response)


def code_in(response):
    if response.headers.get("Content-Type") == "application/problem+json":
        return response.json()["code"]
    return HTML if "html" in response.headers.get("Content-Type", "") and response.content else None


def described_replies():
    """Operation, status and code of every reply in the document."""
    for name in OPERATIONS:
        for status, response in responses_of(name).items():
            content = response.get("content", {})
            codes = codes_of(content.get("application/problem+json", {}).get("schema"))
            pages = [HTML] if "text/html" in content else []
            yield from ((name, status, code) for code in [*codes, *pages] or [None])


def codes_of(schema):
    if schema is None:
        return []
    if "oneOf" in schema:
        return [code for alternative in schema["oneOf"] for code in codes_of(alternative)]
    code = (schema if "properties" in schema else followed(schema))["properties"]["code"]
    return code.get("enum") or [code["const"]]


def test_every_reply_in_the_document_is_real():
    assert set(described_replies()) == set(SCENARIOS)


def test_every_code_is_there_with_its_statuses():
    found = {}
    for _name, status, code in (*described_replies(), *SIGNED_FORM):
        if code not in (None, HTML):
            found.setdefault(code, set()).add(status)

    assert found == DOCUMENTED_CODES
    assert set(found) == {error.code for error in all_errors()}


def all_errors(error=exceptions.PasskeyError):
    return [error, *(other for child in error.__subclasses__() for other in all_errors(child))]


def test_every_url_but_pages_is_there():
    paths = {url.name: f"/{url.pattern}".replace("<uuid:", "{").replace(">", "}") for url in urlpatterns}

    assert {name: path for name, (path, _operation) in OPERATIONS.items()} == {
        name: path for name, path in paths.items() if name not in PAGES
    }


@pytest.mark.parametrize("name", [*ENDPOINTS, *FORMS])
def test_scripts_post_and_nothing_else(visit, name):
    assert list(DOCUMENT["paths"][OPERATIONS[name][0]]) == ["post"]
    visit.registered()
    for method in ("get", "put", "patch", "delete"):
        response = visit.post(name, {} if method == "get" else None, method=method)
        is_page = method == "get" and response.headers["Content-Type"].startswith("text/html")
        assert response.status_code == 405 or (is_page and response.status_code in (200, 302))  # 302: to a page


# The document itself


def nodes(value):
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def test_every_schema_is_one():
    for schema in [
        *DOCUMENT["components"]["schemas"].values(),
        *(n["schema"] for n in nodes(DOCUMENT) if "schema" in n),
    ]:
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere_and_nothing_is_left_over():
    used = {node["$ref"] for node in nodes(DOCUMENT) if "$ref" in node}
    parts = DOCUMENT["components"].items()

    assert all(at(pointer) for pointer in used)
    assert used == {
        f"#/components/{kind}/{name}" for kind, named in parts if kind not in USED_BY_NAME for name in named
    }


def test_every_example_is_one():
    with_examples = [node for node in nodes(DOCUMENT) if "examples" in node]
    assert len(with_examples) > 20
    for schema in with_examples:
        for example in schema["examples"]:
            assert mistakes(schema, example) == []


def test_every_operation_that_changes_something_wants_the_csrf_token():
    for name in [*ENDPOINTS, *FORMS, *RECOVERY, SECOND_STEP]:
        _path, operation = OPERATIONS[name]
        assert {"$ref": "#/components/parameters/CSRFToken"} in operation["parameters"]


def test_no_schema_of_an_answer_lets_unknown_members_pass():
    answers = [name for name in DOCUMENT["components"]["schemas"] if not name.endswith("Credential")]
    for name in answers:
        for node in nodes(DOCUMENT["components"]["schemas"][name]):
            assert "properties" not in node or node["additionalProperties"] is False, name


def test_a_member_too_many_or_too_few_is_noticed():
    passkey = DOCUMENT["components"]["schemas"]["Passkey"]
    [good] = passkey["examples"]

    assert mistakes(passkey, {**good, "public_key": "AAAA"})
    assert mistakes(passkey, {name: value for name, value in good.items() if name != "aaguid"})
    assert mistakes(passkey, {**good, "id": "7"})
    assert mistakes(passkey, {**good, "created_at": "2026-11-21 16:44"})


def test_credentials_of_every_kind_are_taken(visit):
    """An authenticator without a user handle, and webauthn-json, which leaves members out."""
    credential = visit.registered().credential("login", user_handle=None)
    assert_taken("finalize-login", credential)
    for member in ("authenticatorAttachment", "clientExtensionResults"):
        credential.pop(member)
    assert_taken("finalize-login", {**credential, "unknown": True})
