"""Staff and superusers stand above other people: only superusers change how these sign in."""

from typing import Any


def is_privileged(user: Any) -> bool:
    """Is this a member of the staff, or a superuser?"""
    return bool(getattr(user, "is_superuser", False) or getattr(user, "is_staff", False))


def is_active_superuser(user: Any) -> bool:
    return bool(user.is_active and getattr(user, "is_superuser", False))


def outranks(actor: Any, person: Any) -> bool:
    """May this actor change how that person signs in? For staff and superusers, only superusers may."""
    return is_active_superuser(actor) or not is_privileged(person)
