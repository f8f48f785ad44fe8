"""What it costs to move the passkeys of a site to another site of ours."""

import gc
import io
import tracemalloc
from itertools import islice

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.imports import exported
from passkeys_django.maintenance.exporting import export_passkeys
from passkeys_django.maintenance.importing import import_credentials
from passkeys_django.maintenance.users import keys_found_by
from passkeys_django.models import Passkey, UserHandle
from tests.imports.exporting import line

pytestmark = pytest.mark.django_db
FEW, MANY = 1_000, 4_000


@pytest.fixture
def path(tmp_path):
    """A file about many people, who are here."""
    model = get_user_model()
    model.objects.bulk_create(model(**{model.USERNAME_FIELD: f"user{number}"}) for number in range(MANY))
    account = {"strong_address": "", "recovered_at": None, "sessions_ended_at": None}
    people = enumerate(model.objects.order_by("pk"))
    lines = (line(user, account=account | {"handle": f"{number:043}"}) for number, user in people)
    path = tmp_path / "passkeys.jsonl"
    path.write_text("\n".join(lines))
    return path


def peak(steps, count):
    """The most bytes that so many steps take, beyond what was there before."""
    gc.collect()
    tracemalloc.start()
    try:
        assert sum(1 for _step in islice(steps, count)) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def import_some(path, count, *, dry_run):
    for model in (Passkey, UserHandle):
        model.objects.all().delete()
    with path.open("rb") as file:
        credentials = exported.credentials(file, match="username")
        outcomes = import_credentials(credentials, find_keys=keys_found_by("username"), dry_run=dry_run)
        return peak(outcomes, count)


def test_thousands_of_passkeys_in_one_command(path, figure):
    with CaptureQueriesContext(connection) as of_import:
        call_command("passkeys_import", file=str(path), yes=True, stdout=io.StringIO())
    assert Passkey.objects.count() == MANY
    with CaptureQueriesContext(connection) as of_export:
        call_command("passkeys_export", stdout=io.StringIO(), stderr=io.StringIO())

    for what, queries, most in (("import of an export", of_import, 66), ("export", of_export, 5)):
        per_thousand = len(queries) * 1_000 / MANY
        figure(f"{what}: SQL statements a thousand, of 4,000", f"{per_thousand:g}", f"at most {most}")
        assert per_thousand <= most


def test_an_import_needs_the_same_memory_for_any_number_of_lines(path, figure):
    import_some(path, FEW, dry_run=True)  # imports, caches and compiled patterns

    ratio = import_some(path, MANY, dry_run=True) / import_some(path, FEW, dry_run=True)

    figure("import of an export, dry run: memory for 4,000 beside 1,000", f"{ratio:.2f}", "at most 1.2")
    assert ratio <= 1.2


def test_an_import_that_stores_needs_more_memory_by_whom_to_tell_only(path, figure):
    import_some(path, FEW, dry_run=False)

    small, large = (import_some(path, count, dry_run=False) for count in (FEW, MANY))

    for_each = (large - small) / (MANY - FEW)
    figure("import of an export: bytes for each person to be told", f"{for_each:.0f}", "at most 600")
    assert for_each <= 600


def test_an_export_needs_the_same_memory_for_any_number_of_passkeys(path, figure):
    call_command("passkeys_import", file=str(path), yes=True, stdout=io.StringIO())
    peak(export_passkeys().lines("jsonl"), FEW)

    ratio = peak(export_passkeys().lines("jsonl"), MANY) / peak(export_passkeys().lines("jsonl"), FEW)

    figure("export: memory for 4,000 beside 1,000", f"{ratio:.2f}", "at most 1.2")
    assert ratio <= 1.2
