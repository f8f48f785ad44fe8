"""docs/how-to/move-a-site.md is true."""

import io
import json
import re
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from passkeys_django.imports import Reason
from passkeys_django.maintenance.exporting import _PASSKEY
from passkeys_django.maintenance.importing import OTHERS_HANDLE
from passkeys_django.management.console import AGAIN
from passkeys_django.models import RemovedPasskey, Tombstone
from tests.conftest import make_passkey, make_user
from tests.imports.exporting import empty_the_database, line
from tests.support.tenant import run

pytestmark = pytest.mark.django_db
PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "move-a-site.md").read_text(encoding="utf-8")
COMMANDS = [each.split() for each in re.findall(r"^ *python manage\.py (.+)$", PAGE, re.M)]


def section(heading):
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def first_cells(heading):
    rows = [row for row in section(heading).splitlines() if row.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def test_every_member_is_explained_in_the_order_of_the_file():
    assert first_cells("What the file contains") == [*_PASSKEY, "account"]


def test_the_lines_that_are_explained_are_what_the_command_prints():
    known = {*Reason, OTHERS_HANDLE, f"{Reason.UNREADABLE} (…)"}

    assert set(first_cells("What it says")) <= known
    assert OTHERS_HANDLE in first_cells("What it says")
    assert f"CommandError: Stopped. {AGAIN}\n" in PAGE


def test_the_commands_can_be_typed(registered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    export, dry_run, really, *_ = COMMANDS

    run(*export, stderr=io.StringIO())
    empty_the_database()
    make_user("ada")

    assert run(*dry_run) == "Would import 1, skipped 0.\n"
    assert run(*really) == "Imported 1, skipped 0.\n"
    assert registered.other_browser().login().status_code == 200


def test_the_example_is_printed_so():
    example = re.search(r"Would import \d+, skipped \d+\.\n(.*?)```", PAGE, re.S)[1].splitlines()

    for each in filter(str.strip, example):
        assert re.fullmatch(r" +\d+ (no such user|made for another .+|unreadable \(.+\)): (user|line) .+", each)


def test_the_script_gives_people_other_names(user, monkeypatch):
    script = re.search(r'```python title="rename.py.*?"\n(.*?)```', PAGE, re.S)[1]
    lines = [line(user, user=name, name="Schlüssel") for name in ("ada", "unknown")]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
    monkeypatch.setattr(sys, "stdout", written := io.StringIO())

    exec(script, {})  # our own page

    changed = [json.loads(each) for each in written.getvalue().splitlines()]
    names = ["ada@example.com", None]
    assert changed == [json.loads(old) | {"user": name} for old, name in zip(lines, names, strict=True)]


def test_removed_passkeys_can_be_brought_along(user, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    passkey = make_passkey(user, provider="hanko:x")
    Tombstone.objects.put_up_all([("testserver", passkey.credential_id)])
    RemovedPasskey.objects.remember(provider="hanko:x", credential_id="AAAA", user_handle=b"handle")
    *_, dump, load = COMMANDS

    call_command(*dump)
    for model in (Tombstone, RemovedPasskey):
        model.objects.all().delete()
    call_command(*load, verbosity=0)

    assert Tombstone.objects.removed(rp_id="testserver", credential_ids=[passkey.credential_id])
    assert RemovedPasskey.objects.get().user_handle == b"handle"
