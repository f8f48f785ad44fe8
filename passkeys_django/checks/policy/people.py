"""What the policy means for the people in the database: do its groups exist, and can somebody still sign in?"""

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, models, router

from ...check_ids import POLICY_GROUP_UNKNOWN, POLICY_LOCKS_OUT
from ...lifecycle.ways_in import site_takes_passwords
from ...policy.census import active_users, somebody_gets_in
from ...policy.entries import groups
from .setting import demands_anything

RANKS = {"is_superuser": "superusers", "is_staff": "staff"}
"""The check looks at the first of these groups that has a member. If none has one, it looks at everybody."""


def check_groups(databases: Collection[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """The groups of the policy exist."""
    try:
        names = groups() if _is_asked(Group, databases) else []
        known = set(Group.objects.filter(name__in=names).values_list("name", flat=True)) if names else set()
    except (ImproperlyConfigured, DatabaseError):  # another check reports this, or the database is not migrated
        return []
    return [_unknown(name) for name in names if name not in known]


def _unknown(name: str) -> CheckMessage:
    return Warning(
        f"PASSKEY_POLICY['group:{name}'] holds for nobody: there is no group {name!r}.",
        hint="Correct the name, or create the group.",
        id=POLICY_GROUP_UNKNOWN,
    )


def check_somebody_gets_in(databases: Collection[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Under the policy, somebody can sign in who can help the others. A date that is to come counts as past."""
    try:
        if not demands_anything() or not _is_asked(get_user_model(), databases):
            return []
        rank, people = _most_powerful()
        locked_out = people.exists() and not somebody_gets_in(people, passwords=site_takes_passwords())
    except (ImproperlyConfigured, DatabaseError):
        return []
    return [_locks_out(rank)] if locked_out else []


def _is_asked(model: type[models.Model], databases: Collection[str] | None) -> bool:
    """May this database be read? `manage.py check` without `--database` names none."""
    return router.db_for_read(model) in (databases or ())


def _most_powerful() -> tuple[str, models.QuerySet[Any]]:
    users = active_users()
    fields = {field.name for field in users.model._meta.get_fields()}
    for flag, rank in RANKS.items():
        if flag in fields and (found := users.filter(**{flag: True})).exists():
            return rank, found
    return "people", users


def _locks_out(rank: str) -> CheckMessage:
    return Warning(
        f"Under PASSKEY_POLICY, none of the {rank} can sign in, at the latest from the date in the policy on: "
        "they have no passkey that certainly signs in.",
        hint="Let one of them create a passkey, or make a link with manage.py passkeys_enrol USER. "
        "manage.py passkeys_policy says who it is.",
        id=POLICY_LOCKS_OUT,
    )
