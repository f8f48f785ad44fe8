"""passkeys_django/openapi.json, and whether what the endpoints take and answer is what it says."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

import passkeys_django

DOCUMENT = json.loads((Path(passkeys_django.__file__).parent / "openapi.json").read_text(encoding="utf-8"))
REGISTRY = Registry().with_resource("openapi", DRAFT202012.create_resource(DOCUMENT))
OPERATIONS = {
    operation["operationId"]: (path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for operation in methods.values()
}
"""Path and operation by the name of the URL."""
READING = [
    next(iter(methods.values()))["operationId"] for methods in DOCUMENT["paths"].values() if "get" in methods
]
"""The operations that scripts GET; all others are POST."""


def at(pointer):
    """What a reference within the document ("#/…") leads to."""
    return REGISTRY.resolver("openapi").lookup(pointer).contents


def followed(node):
    return at(node["$ref"]) if "$ref" in node else node


def responses_of(name):
    """The described responses of an operation, by status."""
    return {int(status): followed(node) for status, node in OPERATIONS[name][1]["responses"].items()}


def mistakes(schema, value):
    """What is wrong with the value, in words; nothing, if it is as the schema says."""
    wrapped = {"$id": "wrapper", **absolute(schema)}
    validator = Draft202012Validator(wrapped, registry=REGISTRY, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(value)]


def absolute(schema):
    """The schema with references that can be followed from outside of the document."""
    return json.loads(json.dumps(schema).replace('"#/', '"openapi#/'))


def assert_described(response):
    """An answer whose status, headers, media type and every member are in the document."""
    name = response.resolver_match.url_name
    described = responses_of(name)
    assert response.status_code in described, (name, response.status_code, response.content)
    node = described[response.status_code]
    for header, spec in node.get("headers", {}).items():
        values = (
            [response[header]] if header in response else cookies_of(response) if header == "Set-Cookie" else []
        )
        assert values, (name, response.status_code, f"no {header}")
        assert not mistakes(followed(spec)["schema"], values[0]), (header, values)
    assert_content(node.get("content", {}), response)


def cookies_of(response):
    return [morsel.OutputString() for morsel in response.cookies.values() if morsel.key.startswith("passkey_")]


def assert_content(described, response):
    media_type = response.get("Content-Type", "").partition(";")[0]
    if not response.content:
        assert not described or response.request["REQUEST_METHOD"] == "HEAD"
        return
    assert media_type in described, (media_type, list(described))
    if media_type.endswith("json"):
        assert not mistakes(described[media_type]["schema"], response.json()), response.content


def assert_taken(name, body):
    """A request's body that is as the document says."""
    [content] = OPERATIONS[name][1]["requestBody"]["content"].values()
    assert not mistakes(content["schema"], body), body
