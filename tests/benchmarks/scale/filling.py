"""Fills the tables inside the database: rows are copies of one row that Django has written, under other ids."""

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import AutoField

from passkeys_django.models import Passkey, PasskeyEvent, UserHandle
from tests.benchmarks.peers.people import Person
from tests.benchmarks.scale.size import HELD

BYTES = "decode(lpad(to_hex(n), 40, '0'), 'hex')"


def fill(size):
    person = Person("template")
    get_user_model().objects.filter(pk=person.user.pk).update(email="template@example.com")
    person.user.refresh_from_db()
    _copy(person.user, size.users, username="'user' || n", email="'user' || n || '@example.com'")
    first = get_user_model().objects.get(username="user1").pk
    _copy(UserHandle.objects.for_user(person.user), size.users, user_id=f"{first} + n - 1", handle=_padded("n"))
    somebody = f"{first} + mod(n - 1, {size.users})"
    held = " ".join(f"WHEN mod(n, {every}) = {least} THEN '{name}'" for name, (every, least) in HELD.items())
    _copy(
        Passkey.objects.get(user=person.user),
        size.passkeys,
        id="gen_random_uuid()",
        user_id=somebody,
        provider=f"CASE WHEN n <= {size.security_keys} THEN '' {held} ELSE '' END",
        kind=f"CASE WHEN n <= {size.security_keys} THEN 'security-key' ELSE 'passkey' END",
        credential_id=f"translate(rtrim(encode({BYTES}, 'base64'), '='), '+/', '-_')",
        credential_id_sha256=f"encode(sha256({BYTES}), 'hex')",
        created_at="now() - mod(n, 730) * interval '1 day'",
        # A sixth of all passkeys was made more than a year ago, and was never used.
        last_used_at="CASE mod(n, 3) WHEN 0 THEN NULL ELSE now() - mod(n, 700) * interval '12 hours' END",
    )
    _copy(
        PasskeyEvent.objects.create(user=person.user, kind="used", name="Laptop"),
        size.events,
        user_id=somebody,
        kind="CASE mod(n, 10) WHEN 0 THEN 'refused' WHEN 1 THEN 'signed_in' ELSE 'used' END",
        at=f"now() - ({size.events} - n)::float / {size.events} * interval '730 days'",
    )
    with connection.cursor() as cursor:
        for model in (get_user_model(), UserHandle, Passkey, PasskeyEvent):
            cursor.execute(f'VACUUM ANALYZE "{model._meta.db_table}"')


def _padded(number):
    return f"lpad({number}::text, 43, 'h')"


def _copy(row, count, **columns):
    """Add so many copies of the row. `columns` has SQL by column; n is 1 in the first copy, 2 in the next one."""
    meta = row._meta
    names = [field.column for field in meta.concrete_fields if not isinstance(field, AutoField)]
    values = [columns.get(name, f't."{name}"') for name in names]
    table, quoted = f'"{meta.db_table}"', ", ".join(f'"{name}"' for name in names)
    select = (
        f'SELECT {", ".join(values)} FROM {table} t, generate_series(1, {count}) n WHERE t."{meta.pk.column}" = %s'  # noqa: S608
    )
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({quoted}) {select}", [row.pk])
