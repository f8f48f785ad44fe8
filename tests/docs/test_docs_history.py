"""docs/history.md: the columns of the exports, and every kind of event."""

import re
from pathlib import Path

import pytest

from passkeys_django.maintenance.reports import report_on_events, report_on_passkeys
from passkeys_django.models import EventKind, Passkey, PasskeyEvent

PAGE = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
REPORTS = {
    "passkeys": lambda: report_on_passkeys(Passkey.objects.all()),
    "events": lambda: report_on_events(PasskeyEvent.objects.all()),
}


@pytest.mark.parametrize("table", REPORTS)
def test_all_columns_of_an_export_are_there_in_their_order(table):
    rows = re.search(rf"^\| columns of `{table}` .*?\n\n", PAGE, re.DOTALL | re.MULTILINE)[0].splitlines()[2:]
    documented = [name for row in rows if row for name in re.findall(r"`(\w+)`", row.split(" | ")[0])]

    assert tuple(documented) == REPORTS[table]().columns


@pytest.mark.parametrize("kind", EventKind.values)
def test_an_event_has_its_row(kind):
    assert re.search(rf"^\| [^|]*`{kind}`", PAGE, re.MULTILINE)
