"""The pages on moving from other packages are true. What needs those packages is tried by `make imports`."""

import re
import sys
import textwrap
import types
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from passkeys_django.imports import PACKAGES, Reason
from passkeys_django.imports.django_otp_webauthn import OLD_HANDLE
from passkeys_django.maintenance.importing import AS_SECURITY_KEY, UNSURE
from tests.support.tenant import run
from tests.support.two_steps import log_in, use_site

FOLDER = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = {package: (FOLDER / f"move-from-{package}.md").read_text(encoding="utf-8") for package in PACKAGES}
UNREADABLE_KEY, UNUSABLE_KEY = "unreadable public key", "unusable public key of algorithm …"
UNREADABLE = f"{Reason.UNREADABLE} (…)"
OF_MFA2 = {Reason.OLD_U2F, Reason.SEVERAL_USERS, Reason.OLDER_THAN_USER}
ELSEWHERE = {
    "django-otp-webauthn": OF_MFA2 | {UNREADABLE},
    "django-allauth": OF_MFA2 | {Reason.SWITCHED_OFF, Reason.BAD_ID, OLD_HANDLE, UNREADABLE_KEY},
    "django-passkeys": OF_MFA2 | {Reason.OTHER_RP_ID, OLD_HANDLE, AS_SECURITY_KEY},
    "django-mfa2": {Reason.OTHER_RP_ID, OLD_HANDLE},
    "django-mfa": OF_MFA2 | {Reason.OTHER_RP_ID, OLD_HANDLE, Reason.SWITCHED_OFF},
    "django-two-factor-auth": OF_MFA2 | {Reason.OTHER_RP_ID, OLD_HANDLE, Reason.NO_USER_HANDLE, UNSURE},
}
"""What the command never says of a package."""
SECURITY_KEYS = {"django-mfa2", "django-two-factor-auth"}
WITH_FUNCTION = [package for package, page in PAGES.items() if "# mysite/moving.py" in page]


@pytest.fixture
def register(at_otp_webauthn, at_allauth, at_passkeys, at_mfa2, at_mfa, at_two_factor):
    """A function: a browser whose authenticator registered with this package."""
    functions = {
        "django-otp-webauthn": at_otp_webauthn,
        "django-allauth": at_allauth,
        "django-passkeys": at_passkeys,
        "django-mfa2": at_mfa2,
        "django-mfa": at_mfa,
        "django-two-factor-auth": at_two_factor,
    }
    return lambda package, user: functions[package](user)[0]


@pytest.fixture
def signs_in(settings):
    """A function: does this browser sign in, alone or after the password?"""

    def sign_in(browser, package, user):
        if package not in SECURITY_KEYS:
            return browser.login().status_code == 200
        use_site(settings)
        return log_in(browser, user).status_code == 302

    return sign_in


@pytest.mark.parametrize("package", PACKAGES)
def test_every_line_that_the_command_may_print_is_explained(package):
    table = PAGES[package].split("## What it says")[1].split("\n## ")[0]
    explained = {
        line
        for row in table.splitlines()
        if row.startswith("| `")
        for line in re.findall(r"`(.+?)`", row.split(" | ")[0])
    }
    said = {*Reason, UNSURE, AS_SECURITY_KEY, OLD_HANDLE, UNREADABLE_KEY, UNUSABLE_KEY, UNREADABLE}

    assert explained == said - {Reason.UNREADABLE} - ELSEWHERE[package]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_example_is_printed_so(package):
    example = re.search(r"```text\n(.*?) *```", PAGES[package], re.DOTALL)[1].splitlines()

    assert re.fullmatch(r" *Would import \d+, skipped 3\.", example[0])
    printed = [re.fullmatch(r" +(\d+) (.+): user .*", line) for line in example[1:]]
    remarks = {UNSURE, AS_SECURITY_KEY}
    reasons = [re.sub(r" \(.*\)", "", line[2]) for line in printed]
    assert set(reasons) <= {*Reason, *remarks} - ELSEWHERE[package]
    assert sum(int(line[1]) for line in printed if line[2] not in remarks) == 3


@pytest.mark.parametrize("package", PACKAGES)
def test_the_commands_can_be_typed(register, signs_in, user, package):
    browser = register(package, user)
    first, second, *_own = commands(package)

    assert run(*first).startswith("Would import 1, skipped 0.\n")
    assert run(*second).startswith("Imported 1, skipped 0.\n")
    assert signs_in(browser, package, user)


@pytest.mark.parametrize("package", WITH_FUNCTION)
def test_a_function_of_ones_own_gives_other_user_handles(register, signs_in, user, monkeypatch, package):
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

    assert signs_in(browser, package, user)


def commands(package):
    """Each as its words."""
    return [line.split() for line in re.findall(r"python manage\.py (passkeys_import .+)", PAGES[package])]


SETTINGS = {
    "django-otp-webauthn": {
        "OTP_WEBAUTHN_RP_ID": "testserver",
        "OTP_WEBAUTHN_ALLOWED_ORIGINS": ["https://testserver"],
    },
    "django-passkeys": {"FIDO_SERVER_ID": "testserver"},
    "django-mfa2": {"FIDO_SERVER_ID": "testserver"},
    "django-mfa": {"MFA_FIDO2_RP_ID": "testserver"},
}


@pytest.mark.parametrize(("package", "names"), SETTINGS.items(), ids=SETTINGS)
def test_the_settings_are_those_of_the_other_package(package, names):
    block = re.search(r"```settings\n(.*?)```", PAGES[package], re.DOTALL)[1]
    known = dict(names)
    exec(textwrap.dedent(block), known)  # our own page

    assert known["PASSKEY_RP_ID"] == django_settings.PASSKEY_RP_ID
    if package == "django-otp-webauthn":
        assert known["PASSKEY_ORIGINS"] == django_settings.PASSKEY_ORIGINS


@pytest.mark.parametrize("package", PACKAGES)
def test_links_lead_somewhere(package):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", PAGES[package]):
        assert target.startswith("https://") or (FOLDER / target).resolve().is_file(), target
