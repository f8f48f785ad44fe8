"""manage.py passkeys_policy: whom PASSKEY_POLICY concerns, who has what it requires, whom it would lock out."""

import json
from typing import Any

from django.core.management.base import CommandParser

from ...conf import passkey_settings
from ...lifecycle.ways_in import site_takes_passwords
from ...policy.census import Tally, take_census
from ..console import PasskeyCommand, one_line_errors, printable

STRONGEST = "strongest"


class Command(PasskeyCommand):
    help = (
        "Say for each entry of PASSKEY_POLICY how many people it concerns, how many have the passkey that it "
        "requires, who could not get in any more, and for how many a password is not enough to change passkeys. "
        "An entry whose date is to come is counted as if the date had come. Inactive people are left out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON object, for scripts")

    def handle(self, *, json: bool, **_options: Any) -> None:
        with one_line_errors():
            tallies = take_census(passwords=site_takes_passwords())
        self.stdout.write(_as_json(tallies) if json else "\n".join(map(_as_text, tallies)))


def _as_json(tallies: list[Tally]) -> str:
    return json.dumps({"entries": [_entry(tally) for tally in tallies]}, indent=2)


def _entry(tally: Tally) -> dict[str, Any]:
    """`have_passkey` is None if the entry requires none."""
    entry = tally.entry
    return {
        "name": entry.name,
        "passkey": entry.passkey,
        "password": entry.password,
        "from": entry.since and entry.since.isoformat(),
        "people": tally.people,
        "have_passkey": tally.equipped if entry.begun.requires_passkey else None,
        "could_not_get_in": {"count": tally.locked_out, "names": tally.names},
        "bound_by_strongest": _bound(tally),
    }


def _bound(tally: Tally) -> int:
    return tally.bound if passkey_settings.confirm_method == STRONGEST else 0


def _as_text(tally: Tally) -> str:
    entry = tally.entry
    since = f", from {entry.since:%Y-%m-%d}" if entry.since else ""
    lines = [f"{entry.name}: passkey {entry.passkey}, password {entry.password}{since}"]
    lines.append(f"  people: {tally.people}")
    if entry.begun.requires_passkey:
        lines.append(f"  have the passkey that is required: {tally.equipped}")
    lines.append(f"  could not get in: {tally.locked_out}{_examples(tally)}")
    lines.append(f"  must confirm changes with more than a password: {_bound(tally)}")
    return "\n".join(lines)


def _examples(tally: Tally) -> str:
    if not tally.names:
        return ""
    more = ", ..." if tally.locked_out > len(tally.names) else ""
    return f" ({', '.join(map(printable, tally.names))}{more})"
