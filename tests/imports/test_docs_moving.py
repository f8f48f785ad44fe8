"""The pages on moving from other packages are true. What needs those packages is tried by `make imports`."""

import re
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from passkeys_django.imports import PACKAGES, Reason
from passkeys_django.imports.django_otp_webauthn import OLD_HANDLE
from passkeys_django.maintenance.importing import AS_SECURITY_KEY, UNSURE
from tests.support.tenant import run

FOLDER = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = {package: (FOLDER / f"move-from-{package}.md").read_text(encoding="utf-8") for package in PACKAGES}
KEYS = {"unusable public key of algorithm …", "unreadable public key"}
ELSEWHERE = {
    "django-otp-webauthn": {f"{Reason.UNREADABLE} (…)"},
    "django-allauth": {Reason.SWITCHED_OFF, Reason.BAD_ID, OLD_HANDLE, "unreadable public key"},
}
"""What the command never says of a package."""


@pytest.fixture
def register(at_otp_webauthn, at_allauth):
    """A function: a browser whose authenticator registered with this package."""
    functions = {"django-otp-webauthn": at_otp_webauthn, "django-allauth": at_allauth}
    return lambda package, user: functions[package](user)[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_line_that_the_command_may_print_is_explained(package):
    table = PAGES[package].split("## What it says")[1].split("\n## ")[0]
    explained = {
        line
        for row in table.splitlines()
        if row.startswith("| `")
        for line in re.findall(r"`(.+?)`", row.split(" | ")[0])
    }
    said = {*Reason, UNSURE, AS_SECURITY_KEY, OLD_HANDLE, *KEYS, f"{Reason.UNREADABLE} (…)"} - {Reason.UNREADABLE}

    assert explained == said - ELSEWHERE[package]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_example_is_printed_so(package):
    example = re.search(r"```text\n(.*?) *```", PAGES[package], re.DOTALL)[1].splitlines()

    assert re.fullmatch(r" *Would import \d+, skipped 3\.", example[0])
    for line in example[1:]:
        assert re.fullmatch(r" +\d+ (.+): user .*", line)[1] in {*Reason, AS_SECURITY_KEY}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_commands_can_be_typed(register, user, package):
    browser = register(package, user)
    first, second, _own = commands(package)

    assert run(*first) == "Would import 1, skipped 0.\n"
    assert run(*second) == "Imported 1, skipped 0.\n"
    assert browser.login().status_code == 200


@pytest.mark.parametrize("package", PACKAGES)
def test_a_function_of_ones_own_gives_other_user_handles(register, user, monkeypatch, package):
    browser = register(package, user)
    (credential,) = browser.authenticator.credentials.values()
    browser.authenticator.credentials[credential.credential_id] = replace(credential, user_handle=b"another")
    moving = types.ModuleType("mysite.moving")
    exec(re.search(r"```python\n(.*?)```", PAGES[package], re.DOTALL)[1], vars(moving))  # our own page
    moving.user_handle = {user.pk: b"another"}.get
    monkeypatch.setitem(sys.modules, "mysite", types.ModuleType("mysite"))
    monkeypatch.setitem(sys.modules, "mysite.moving", moving)

    name, source, _dry_run = commands(package)[2]
    run(name, source)

    assert browser.login().status_code == 200


def commands(package):
    """Each as its words."""
    return [line.split() for line in re.findall(r"python manage\.py (passkeys_import .+)", PAGES[package])]


def test_the_settings_are_those_of_the_other_package():
    block = re.search(r"```settings\n(.*?)```", PAGES["django-otp-webauthn"], re.DOTALL)[1]
    names = {"OTP_WEBAUTHN_RP_ID": "testserver", "OTP_WEBAUTHN_ALLOWED_ORIGINS": ["https://testserver"]}
    exec(re.sub(r"^ +", "", block, flags=re.MULTILINE), names)  # our own page

    assert names["PASSKEY_RP_ID"] == django_settings.PASSKEY_RP_ID
    assert names["PASSKEY_ORIGINS"] == django_settings.PASSKEY_ORIGINS


@pytest.mark.parametrize("package", PACKAGES)
def test_links_lead_somewhere(package):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", PAGES[package]):
        assert target.startswith("https://") or (FOLDER / target).resolve().is_file(), target
