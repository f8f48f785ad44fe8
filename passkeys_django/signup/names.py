"""The name and the e-mail address of a future account: how they are normalized, and which account has them now.

The same text must be compared, signed into a link, used as the mail's recipient, and stored. Otherwise, a
look-alike gets a second account beside the real one, or a link goes to one mailbox and proves another
(CVE-2019-19844).
"""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, router
from django.db.models import Q

_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def normalized(name: str, value: Any) -> Any:
    """The normalized value of the field `name`. A value that is not text is returned as it is.

    Text is normalized with NFKC, as Django does for usernames. The domain of an address becomes the one that mail
    is delivered to. The normalized value may break a rule that `value` keeps: validate it.
    """
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFKC", value).strip()
    return _deliverable(text) if name == _address_field() else text


def as_the_model_has_it(name: str, value: str) -> str:
    """The normalized value after the user model's own `clean()`, which a form calls for the whole user."""
    user = get_user_model()(**{name: normalized(name, value)})
    with suppress(Exception):  # clean() may fail because other fields are still empty
        user.clean()
    cleaned: str = getattr(user, name)
    return cleaned


def find_account(name: str, value: Any) -> Any:
    """A user whose field `name` has this value, in capital or small letters; None if no user has it."""
    model: Any = get_user_model()
    matching = Q()
    for spelling in _spellings(name, value):
        matching |= Q(**_in_any_case(name, spelling))
    return model._default_manager.using(router.db_for_write(model)).filter(matching).first()


def names_of(user: Any) -> dict[str, Any]:
    """The user's username and address, by field name, without empty values."""
    known_by = {user.USERNAME_FIELD, _address_field()}
    fields = [field for field in user._meta.concrete_fields if field.name in known_by]
    names = {field.name: getattr(user, field.attname) for field in fields}
    return {name: value for name, value in names.items() if value not in (None, "")}


def are_kept(checked: dict[str, Any], stored: dict[str, Any]) -> bool:
    """Was each of these names stored as it was checked? A site's `save()` may only turn A to Z into a to z."""
    return all(_small(value) == _small(stored.get(name)) for name, value in checked.items())


def _address_field() -> str:
    name: str = get_user_model().get_email_field_name()
    return name


def _deliverable(address: str) -> str:
    """The address with its domain encoded in IDNA 2003, as Django does for mails, and decoded again.

    IDNA 2003 turns "faß.example" into "fass.example": a link sent there proves nothing about "faß.example".
    """
    normalize = getattr(get_user_model()._default_manager, "normalize_email", str)
    local, at, domain = normalize(address).rpartition("@")
    with suppress(UnicodeError):  # no mail reaches such a domain
        domain = domain.encode("idna").decode("idna").lower()
    return f"{local}{at}{domain}"


def _spellings(name: str, value: Any) -> Iterator[Any]:
    """The value. For an address also its spelling with the domain in Punycode, which may be the stored one."""
    yield value
    if name == _address_field() and isinstance(value, str) and not value.isascii():
        local, at, domain = value.rpartition("@")
        with suppress(UnicodeError):
            yield f"{local}{at}{domain.encode('idna').decode('ascii')}"


def _in_any_case(name: str, value: Any) -> dict[str, Any]:
    """The lookup that ignores case. SQLite's `iexact` knows only A to Z; `iregex` runs in Python and knows all."""
    if not isinstance(value, str):
        return {name: value}
    if connections[router.db_for_write(get_user_model())].vendor == "sqlite":
        return {f"{name}__iregex": rf"\A{re.escape(value)}\Z"}
    return {f"{name}__iexact": value}


def _small(value: Any) -> Any:
    return value.translate(_ASCII_LOWER) if isinstance(value, str) else value
