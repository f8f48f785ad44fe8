"""What a login with us costs where there is more of something: `python -m tests.benchmarks.peers.growth`.

All logins are made in one process, in turns. It prints a line of JSON: CPU seconds, a list of rounds for each.
"""

import random
import statistics

import django
from django.db import connections

from tests.benchmarks.peers.browsers import ClientBrowser
from tests.benchmarks.peers.router import Router
from tests.benchmarks.peers.worker import say, tables, warm_handler

ROWS = 1_000_000
PEOPLE, ROUNDS, LOGINS = 60, 60, 10
TABLE = "passkeys_django_passkey"
NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)",
    "postgresql": "WITH n AS (SELECT generate_series(1, %s))",
}
NEW_IDS = {
    "sqlite": {"id": "lower(hex(randomblob(16)))", "credential_id_sha256": "lower(hex(randomblob(32)))"},
    "postgresql": {
        "id": "gen_random_uuid()",
        "credential_id_sha256": "encode(sha256(gen_random_uuid()::text::bytea), 'hex')",
    },
}


def fill(using, person):
    """Add as many copies of the person's passkey, under other ids."""
    connection = connections[using]
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, TABLE)]
        values = [NEW_IDS[connection.vendor].get(column, column) for column in columns]
        select = f"SELECT {', '.join(values)} FROM {TABLE}, n WHERE user_id = %s"  # noqa: S608
        insert = f"{NUMBERS[connection.vendor]} INSERT INTO {TABLE} ({', '.join(columns)}) {select}"
        cursor.execute(insert, [ROWS, person.user.pk])
        cursor.execute("ANALYZE")


def settle(using, passkeys):
    """People at this database with so many passkeys each."""
    from tests.benchmarks.peers.people import Person

    Router.using = using
    return [Person(f"{passkeys} {number}", passkeys=passkeys) for number in range(PEOPLE)]


def main():
    django.setup()
    with tables():
        groups = {"one": ("default", settle("default", 1)), "twenty": ("default", settle("default", 20))}
        groups["million"] = ("large", settle("large", 1))
        fill("large", groups["million"][1].pop())
        say(alternate(groups))


def alternate(groups):
    Router.using, people = groups["one"]
    handler = warm_handler(people[0])
    rounds = {name: [] for name in groups}
    for _ in range(ROUNDS):
        for name, (Router.using, people) in groups.items():
            chosen = random.sample(people, LOGINS)
            rounds[name].append(statistics.median(ClientBrowser(handler).sign_in(person) for person in chosen))
    return rounds


if __name__ == "__main__":
    main()
