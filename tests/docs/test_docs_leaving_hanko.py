"""docs/leaving-hanko.md is true: followed line by line against a fake Hanko, nobody is ever locked out."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from passkeys_django.models import Passkey
from tests.conftest import HANKO_URL, Browser
from tests.support.tenant import run

PAGE = (Path(__file__).parents[2] / "docs" / "leaving-hanko.md").read_text()


def steps():
    """In the order of the page: ("settings", Python) and ("command", words)."""
    for match in re.finditer(r"^ *```settings\n(.*?)```|^ {4,}python manage\.py ([^\n]+)$", PAGE, re.M | re.S):
        yield ("settings", match[1]) if match[1] else ("command", match[2])


def follow(step, settings, tenant):
    """What a person does; returns what a command prints."""
    kind, text = step
    if kind == "settings":
        place = {}
        exec(re.sub(r"^ +(?=PASSKEY)", "", text), place)  # our own page
        for entry in place["PASSKEY_PROVIDERS"].values():
            if "OPTIONS" in entry:
                entry["OPTIONS"]["base_url"] = HANKO_URL
        settings.PASSKEY_PROVIDERS = place["PASSKEY_PROVIDERS"]
        return ""
    name, *words = text.replace("TENANT-ID", tenant.id).split()
    return run(name, *words, *([] if "--dry-run" in words else ["--yes"]))


@pytest.mark.django_db
def test_the_page_can_be_followed_line_by_line_and_locks_nobody_out(
    hanko_site, tenant, registered, other_user, settings, monkeypatch
):
    monkeypatch.setenv("PASSKEY_TENANT_ID", tenant.id)
    monkeypatch.setenv("PASSKEY_SECRET_API_KEY", tenant.api_key)
    for credential in tenant.credentials.values():
        credential.created_at -= 3600 * 10**9
    latecomer = Browser().sign_in(other_user)
    printed = []
    for number, step in enumerate(steps()):
        printed.append(follow(step, settings, tenant))
        assert registered.login().status_code == 200, step
        if number == 2:  # the site has left: new passkeys are embedded
            assert latecomer.register().status_code == 201
        if number > 2:
            assert latecomer.login().status_code == 200, step

    text = "".join(printed)
    assert "Would relabel: 1\nRelabelled: 1\n" in text
    assert "Deleted there: 1\n" in text
    assert text.count("Left with embedded") == 2
    assert set(Passkey.objects.values_list("provider", flat=True)) == {""}
    assert len(printed) == 12


def test_every_command_of_the_page_exists():
    for name in {text.split()[0] for kind, text in steps() if kind == "command"}:
        assert load_command_class(get_commands()[name], name).help
