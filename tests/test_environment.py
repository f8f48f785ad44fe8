"""PASSKEY_PROVIDERS from the environment: all of Hanko's variables, or a message that names the missing one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from passkeys_django.checks.doctor import examine
from passkeys_django.checks.settings import check_providers, warn_of_providers
from passkeys_django.environment import API_KEY, BASE_URL, TENANT_ID, VARIABLES, providers_from_environment
from passkeys_django.hanko.command_line import commands
from passkeys_django.providers import get_provider
from passkeys_django.providers.embedded import EmbeddedProvider
from passkeys_django.providers.hanko import HankoProvider
from tests.conftest import HANKO_URL

ID, KEY = "0b4d7c5e-7a43-4b8f-9d0c-2f5a1c6e8d90", "bm90IGEgc2VjcmV0"
PAGE = (Path(__file__).parents[1] / "docs/providers/hanko.md").read_text(encoding="utf-8")
HALVES = [
    ({TENANT_ID: ID}, API_KEY),
    ({API_KEY: KEY}, TENANT_ID),
    ({TENANT_ID: ID, API_KEY: " \n"}, API_KEY),
    ({BASE_URL: "https://hanko.example.com", TENANT_ID: ID}, API_KEY),
    ({BASE_URL: "https://hanko.example.com", API_KEY: KEY}, TENANT_ID),
]


@pytest.fixture
def site(monkeypatch, settings):
    """A function: the site reads the environment, in which only these variables are set."""

    def site(variables, **options):
        for name in VARIABLES.values():
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.PASSKEY_PROVIDERS = providers_from_environment(**options)
        return settings.PASSKEY_PROVIDERS["default"]

    return site


@pytest.mark.parametrize("variables", [{}, dict.fromkeys(VARIABLES.values(), ""), {TENANT_ID: " "}])
def test_without_any_of_the_variables_the_provider_is_embedded(site, variables):
    site(variables, read_timeout=3.0)
    assert isinstance(get_provider(), EmbeddedProvider)
    assert check_providers() == []


def test_an_id_and_a_key_are_enough(site):
    assert site({TENANT_ID: f" {ID}\n", API_KEY: f"{KEY}\r\n"})["OPTIONS"] == {"tenant_id": ID, "api_key": KEY}
    assert (type(get_provider()), get_provider().identity) == (HankoProvider, f"hanko:{ID}")
    assert check_providers() == []


def test_an_address_and_further_options_are_taken(site):
    entry = site({TENANT_ID: ID, API_KEY: KEY, BASE_URL: "http://hanko:8000"}, allow_http=True)
    assert entry["OPTIONS"]["base_url"] == get_provider().base_url == "http://hanko:8000"
    assert check_providers() == []
    (warning,) = warn_of_providers()
    assert BASE_URL in warning.hint


@pytest.mark.parametrize(("variables", "missing"), HALVES)
def test_a_site_with_some_of_the_variables_is_told_the_missing_one_and_never_becomes_embedded(
    site, variables, missing
):
    site(variables)
    assert isinstance(get_provider(), HankoProvider)
    (message,) = check_providers()
    assert message.is_serious()
    assert "is empty" in message.msg
    assert missing in message.hint


WRONG = [
    ({TENANT_ID: "my-tenant", API_KEY: KEY}, TENANT_ID),
    ({TENANT_ID: KEY, API_KEY: "9f6f3a1c-2b84-4d57-8e11-c3d2a7b5e640"}, TENANT_ID),
    ({TENANT_ID: ID, API_KEY: KEY, BASE_URL: "http://hanko.example.com"}, BASE_URL),
    ({TENANT_ID: ID, API_KEY: KEY, BASE_URL: "hanko.example.com"}, BASE_URL),
]


@pytest.mark.parametrize(("variables", "wrong"), WRONG)
def test_check_and_doctor_name_the_variable_of_a_wrong_value_and_never_the_key(site, db, variables, wrong):
    site(variables)
    (message,) = check_providers()
    told = [f"{finding.message} {finding.remedy}" for finding in examine()]
    assert wrong in message.hint
    assert any(wrong in text for text in told)
    assert not any(KEY in text for text in [message.msg, message.hint, *told])


@pytest.mark.parametrize("change", [{API_KEY: "bm8ta2V5LW9mLXRoaXMtdGVuYW50"}, {TENANT_ID: ID}])
def test_the_doctor_names_the_variable_of_a_value_that_hanko_refuses(site, db, tenant, change):
    site({TENANT_ID: tenant.id, API_KEY: tenant.api_key, BASE_URL: HANKO_URL} | change)
    remedies = [finding.remedy for finding in examine() if finding.level.name == "ERROR"]
    assert any(variable in remedy for variable in change for remedy in remedies)


def test_the_variables_are_those_that_the_command_line_writes():
    assert (commands.TENANT_ID, commands.API_KEY) == (TENANT_ID, API_KEY)
    assert BASE_URL in commands.BASE_URL_HINT


def test_the_setting_written_out_is_the_same(site):
    entry, names = site({TENANT_ID: ID, API_KEY: KEY}), {"os": os}
    exec(re.findall(r'^```python title="settings\.py, written out"\n(.*?)^```', PAGE, re.M | re.S)[0], names)
    assert names["PASSKEY_PROVIDERS"] == {"default": entry}


# A settings.py


def manage(folder, *arguments, **variables):
    """Run a command of a site whose settings.py has the page's lines, in this environment."""
    (lines,) = re.findall(r'^ +```python title="settings\.py"\n(.*?)^ +```', PAGE, re.M | re.S)
    apps = [f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages", "staticfiles")]
    written = [
        re.sub(r"^ {4}", "", lines, flags=re.M),
        f"INSTALLED_APPS = {[*apps, 'passkeys_django']}",
        "AUTHENTICATION_BACKENDS = ['passkeys_django.backends.PasskeyBackend']",
        "SECRET_KEY, ROOT_URLCONF, STATIC_URL, STATIC_ROOT = 'x', 'site_urls', '/static/', 'static'",
        "ALLOWED_HOSTS = ['example.com']",
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}",
    ]
    (folder / "site_settings.py").write_text("\n".join(written))
    (folder / "site_urls.py").write_text(
        "from django.urls import include, path\n"
        "urlpatterns = [path('passkeys/', include('passkeys_django.urls'))]\n"
    )
    inherited = {name: value for name, value in os.environ.items() if name not in VARIABLES.values()}
    path = os.pathsep.join([str(folder), str(Path(__file__).parents[1])])
    return subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        env=inherited | {"DJANGO_SETTINGS_MODULE": "site_settings", "PYTHONPATH": path} | variables,
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_a_settings_module_reads_the_environment_while_it_is_being_read(tmp_path):
    code = "from django.conf import settings; print(settings.PASSKEY_PROVIDERS['default']['PROVIDER'])"
    for variables, provider in ({}, "EmbeddedProvider"), ({TENANT_ID: ID}, "HankoProvider"):
        ran = manage(tmp_path, "shell", "--no-imports", "-c", code, **variables)
        assert ran.stdout.strip().endswith(f".{provider}"), ran.stderr


@pytest.mark.parametrize("command", ["check", "passkeys_doctor"])
def test_a_command_names_the_missing_variable_and_fails(tmp_path, command):
    ran = manage(tmp_path, command, **{TENANT_ID: ID})
    assert ran.returncode != 0
    assert API_KEY in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_static_files_are_collected_without_secrets(tmp_path):
    ran = manage(tmp_path, "collectstatic", "--noinput", **{TENANT_ID: ID})
    assert ran.returncode == 0, ran.stderr
