"""What must be true of the database, whatever happened to servers, database, cache or provider."""

from collections import Counter
from collections.abc import Sequence

from passkeys_django.ceremonies.single_use import MAX_ENTRIES
from tests.servers.people import Attempt, Traffic
from tests.servers.services import PostgreSQL

HALF_WRITTEN = {
    "a passkey without its user's handle": """
        SELECT p.name FROM passkeys_django_passkey p LEFT JOIN passkeys_django_userhandle h USING (user_id)
        WHERE h.id IS NULL OR convert_from(p.user_handle, 'UTF8') <> h.handle""",
    "a passkey whose registration spent no challenge": """
        SELECT p.name FROM passkeys_django_passkey p JOIN passkeys_django_userhandle h USING (user_id)
        WHERE h.use_count = 0 OR jsonb_array_length(h.spent) = 0""",
    "a use without its challenge or its time": f"""
        SELECT name FROM passkeys_django_passkey WHERE jsonb_array_length(spent) <> least(use_count, {MAX_ENTRIES})
        OR (use_count > 0) <> (last_used_at IS NOT NULL)""",  # noqa: S608
    "an event without its passkey": """
        SELECT e.kind FROM passkeys_django_passkeyevent e LEFT JOIN passkeys_django_passkey p ON p.id = e.passkey
        WHERE e.passkey IS NOT NULL AND (p.id IS NULL OR p.user_id <> e.user_id)""",
    "more uses in the history than were counted": """
        SELECT p.name FROM passkeys_django_passkey p JOIN passkeys_django_passkeyevent e ON e.passkey = p.id
        WHERE e.kind = 'used' GROUP BY p.id HAVING count(*) > p.use_count""",
}


def nothing_is_half_written(postgresql: PostgreSQL) -> None:
    with postgresql.connect() as connection:
        for what, query in HALF_WRITTEN.items():
            assert connection.execute(query).fetchall() == [], what


def every_answered_login_holds(postgresql: PostgreSQL, traffic: Traffic) -> None:
    """Its session is there and its use was counted; and no use was counted that nobody attempted."""
    keys = [attempt.session_key for attempt in traffic.answered]
    answered, attempted = (_by_name(attempts) for attempts in (traffic.answered, traffic.attempts))
    with postgresql.connect() as connection:
        found = connection.execute(
            "SELECT count(DISTINCT session_key) FROM django_session WHERE session_key = ANY(%s)", [keys]
        ).fetchone()
        uses = connection.execute(
            "SELECT u.username, p.use_count FROM passkeys_django_passkey p JOIN auth_user u ON u.id = p.user_id"
            " WHERE u.username = ANY(%s)",
            [list(attempted)],
        ).fetchall()
    assert found == (len(keys),)
    assert {name for name, _count in uses} == set(attempted)
    for name, count in uses:
        assert answered[name] <= count <= attempted[name]


def _by_name(attempts: Sequence[Attempt]) -> Counter[str]:
    return Counter(attempt.name for attempt in attempts)
