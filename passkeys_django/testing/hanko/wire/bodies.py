"""Reads request bodies like the server's JSON decoder and validator, with the same error texts."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .http import ApiError, Request, internal_error

_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATES = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder()
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "bool": (bool,),
    "[]string": (list,),
    "object": (dict,),
}
# The server accepts these content types but finds no fields: it expects other field names there than in JSON
_FIELDLESS = ("application/x-www-form-urlencoded", "multipart/form-data", "application/xml", "text/xml")


@dataclass(frozen=True, kw_only=True)
class Field:
    """A member of a body and its rules."""

    name: str
    type: str = "string"
    required: bool = False
    #: an empty value counts as given, and breaks the rule "at least one entry"
    pointer: bool = False
    max: int | None = None
    url: bool = False
    one_of: tuple[str, ...] = ()
    fields: tuple["Field", ...] = ()
    #: the fields of the object are checked even if the object is absent
    always: bool = False


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The body of an endpoint. In the admin API, `title` replaces both usual titles of errors."""

    name: str
    fields: tuple[Field, ...]
    title: str | None = None


def read(request: Request, schema: Schema, *, chunked: bool = False) -> dict[str, Any]:
    """The validated members of the body. Without `chunked`, a chunked body counts as empty."""
    text = _text(request, chunked=chunked, title=schema.title)
    values = _decode(text, schema)
    messages = list(_broken_rules(schema.fields, values))
    if messages:
        raise ApiError(400, schema.title or "unable to validate request", " and ".join(messages))
    return values


def refuse_unstorable(*texts: str, blank: bool = False) -> None:
    """Raise the 500 of a database that cannot store a text: blank, with U+0000, or over 255 characters.

    With `blank`, blank texts are allowed.
    """
    for text in texts:
        if (not blank and not text.strip()) or "\0" in text or len(text) > 255:
            raise internal_error()


def _text(request: Request, *, chunked: bool, title: str | None) -> str:
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if not request.body or (request.chunked and not chunked) or content_type in _FIELDLESS:
        return "{}"
    if content_type != "application/json":
        raise ApiError(400, title or "unable to process request", "Unsupported Media Type")
    return request.body.decode("utf-8", "replace")


def _decode(text: str, schema: Schema) -> dict[str, Any]:
    title = schema.title or "unable to process request"
    start = _skip_space(text, 0)
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise ApiError(400, title, _syntax_error(text, error)) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        offset = start + 1 if isinstance(value, list) else end
        raise ApiError(400, title, _type_error(f"request.{schema.name}", value, "", offset))
    return _typed(schema.fields, value, title=title, prefix="", offsets=dict(_offsets(text)))


def _typed(
    fields: Sequence[Field], value: Mapping[str, Any], *, title: str, prefix: str, offsets: Mapping[str, int]
) -> dict[str, Any]:
    given = {name.lower(): member for name, member in value.items() if member is not None}
    typed: dict[str, Any] = {}
    for field in fields:
        if field.name.lower() not in given:
            continue
        member = given[field.name.lower()]
        path = f"{prefix}{field.name}"
        offset = offsets.get(path.split(".")[0].lower(), 0)
        if not _has_type(member, field.type):
            raise ApiError(400, title, _type_error(field.type, member, path, offset))
        if field.type == "object":
            member = _typed(field.fields, member, title=title, prefix=f"{path}.", offsets=offsets)
        typed[field.name] = _SURROGATES.sub("\ufffd", member) if isinstance(member, str) else member
    return typed


def _has_type(value: Any, expected: str) -> bool:
    if expected == "any":
        return True
    if isinstance(value, bool) and expected != "bool":
        return False
    if expected == "[]string" and isinstance(value, list):
        return all(isinstance(member, str) for member in value)
    return isinstance(value, _TYPES[expected])


def _broken_rules(fields: Sequence[Field], values: Mapping[str, Any]) -> Iterator[str]:
    for field in fields:
        value = values.get(field.name)
        if field.fields and (value is not None or field.always):
            yield from _broken_rules(field.fields, value or {})
        elif value is None or (not value and _zero_is_absent(field)):
            if field.required:
                yield f"{field.name} is a required field"
        else:
            yield from _broken_rule(field, value)


def _zero_is_absent(field: Field) -> bool:
    """Go cannot tell an empty string or 0 from an absent one, unless the member is a pointer."""
    return field.type in ("string", "int") and not field.pointer


def _broken_rule(field: Field, value: Any) -> Iterator[str]:
    if field.type in ("string", "[]string") and field.pointer and not field.url and not value:
        yield f"{field.name} must at least have 1 entry"
    if field.max is not None and len(value) > field.max:
        yield f"{field.name} cannot have more than {field.max} entries"
    if field.url and not _is_url(value):
        yield f"{field.name} must be a valid URL"
    if field.one_of and value not in field.one_of:
        yield f"{field.name} must be one of '{' '.join(field.one_of)}'"


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme and (parts.netloc or parts.path))


def _offsets(text: str) -> Iterator[tuple[str, int]]:
    """The byte offset where each member of the outermost object ends; for an object or array, where it begins."""
    position = _skip_space(text, 0) + 1
    while text[_skip_space(text, position)] != "}":
        name, position = _DECODER.raw_decode(text, _skip_space(text, position))
        start = _skip_space(text, _skip_space(text, position) + 1)
        value, position = _DECODER.raw_decode(text, start)
        end = start + 1 if isinstance(value, (dict, list)) else position
        yield name.lower(), len(text[:end].encode("utf-8", "replace"))
        position = _skip_space(text, position)
        position += text[position] == ","


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _syntax_error(text: str, error: json.JSONDecodeError) -> str:
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return "unexpected EOF"
    return f"Syntax error: offset={error.pos + 1}, error={invalid_character(text, error.pos)}"


def _type_error(expected: str, value: Any, path: str, offset: int) -> str:
    return f"Unmarshal type error: expected={expected}, got={_type_name(value)}, field={path}, offset={offset}"


def _type_name(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    names: tuple[tuple[type, str], ...] = ((str, "string"), (list, "array"), (dict, "object"))
    return next((name for type_, name in names if isinstance(value, type_)), "number")


def invalid_character(text: str, position: int) -> str:
    """The error text of Go's JSON parser for a character that cannot begin a value, or that breaks a literal."""
    for literal in ("null", "true", "false"):
        if text.startswith(literal[0], position):
            for expected, found in zip(literal, text[position:], strict=False):
                if expected != found:
                    return f"invalid character '{found}' in literal {literal} (expecting '{expected}')"
            return "unexpected end of JSON input"
    if position >= len(text):
        return "unexpected end of JSON input"
    return f"invalid character '{text[position]}' looking for beginning of value"
