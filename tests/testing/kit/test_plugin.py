"""The pytest plugin: its fixtures here, its place in pytest in processes of their own."""

import configparser
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from django.test import Client

from passkeys_django.models import Passkey
from passkeys_django.testing import login, register

ROOT = Path(__file__).parents[3]
PLUGIN = "passkeys_django.testing.plugin"


def test_the_authenticator_is_at_the_first_of_the_sites_origins(passkey_authenticator, settings, request):
    assert passkey_authenticator.origin == settings.PASSKEY_ORIGINS[0]


class TestWithoutOrigins:
    @pytest.fixture(autouse=True)
    def _settings(self, settings):
        settings.PASSKEY_ORIGINS = None
        settings.PASSKEY_RP_ID = "example.org"

    def test_it_is_where_the_site_is_by_default(self, passkey_authenticator):
        assert passkey_authenticator.origin == "https://example.org"


class TestWithoutAnything:
    @pytest.fixture
    def failing(self, settings, request):
        settings.PASSKEY_ORIGINS = settings.PASSKEY_RP_ID = None
        return request.getfixturevalue

    def test_the_fixture_says_what_is_missing(self, failing):
        with pytest.raises(pytest.fail.Exception, match="Set PASSKEY_RP_ID"):
            failing("passkey_authenticator")


@pytest.mark.django_db
def test_a_site_runs_its_ceremonies_at_the_fake(client, user, passkey_authenticator, hanko_tenant, fake_hanko):
    client.force_login(user)
    assert register(client, passkey_authenticator).status_code == 201
    assert list(hanko_tenant.credentials) == [Passkey.objects.get().credential_id]
    assert Passkey.objects.get().provider == f"hanko:{hanko_tenant.id}"
    assert login(Client(), passkey_authenticator).status_code == 200
    assert [path.split("/", 2)[2] for _method, path in fake_hanko.requests] == [
        "registration/initialize",
        "registration/finalize",
        ".well-known/jwks.json",
        "login/initialize",
        "login/finalize",
    ]


def test_a_bug_of_the_fake_is_not_kept_quiet():
    from passkeys_django.testing import plugin

    generator = plugin.fake_hanko.__wrapped__()
    fake = next(generator)
    fake.errors.append(KeyError("a bug"))
    with pytest.raises(AssertionError, match="an error inside of the fake Hanko"):
        next(generator)


def test_the_fake_is_gone_after_the_test():
    from passkeys_django.testing import plugin

    generator = plugin.fake_hanko.__wrapped__()
    next(generator)
    assert requests.get("https://passkeys.hanko.io/", timeout=1).status_code == 200
    with pytest.raises(StopIteration):
        next(generator)
    with pytest.raises(Exception, match=r"(?i)socket|connection|resolve"):
        requests.get("https://passkeys.hanko.io/", timeout=1)


# In pytest


def run(*arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )


def test_importing_it_imports_nothing_else_of_weight():
    heavy = ("django", "cryptography", "requests", "jwt", "webauthn")
    program = (
        f"import sys, pytest; before = set(sys.modules); import {PLUGIN}\n"
        "new = set(sys.modules) - before\n"
        f"assert not {set(heavy)!r} & {{name.partition('.')[0] for name in new}}, new\n"
        "print(sorted(name for name in new if name.startswith('passkeys_django')))"
    )
    done = run("-c", program)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == str(["passkeys_django", "passkeys_django.testing", PLUGIN])


def test_setup_cfg_registers_it_under_its_own_name():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert setup["options.entry_points"]["pytest11"].split("=") == [f"\n{PLUGIN} ", f" {PLUGIN}"]


@pytest.fixture
def site(tmp_path):
    """A site's test suite with nothing but the plugin, and a distribution that registers it."""
    info = tmp_path / "passkeys_plugin-1.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: passkeys-plugin\nVersion: 1\n")
    info.joinpath("entry_points.txt").write_text(f"[pytest11]\n{PLUGIN} = {PLUGIN}\n")
    tmp_path.joinpath("pytest.ini").write_text("[pytest]\nfilterwarnings = error\npythonpath = .\n")
    tmp_path.joinpath("test_site.py").write_text(
        "def test_a(request):\n"
        "    assert request.config.pluginmanager.has_plugin('passkeys_django.testing.plugin')\n"
        "    request.getfixturevalue('fake_hanko')\n"
    )
    return tmp_path


@pytest.mark.parametrize("extra", [(), ("-p", PLUGIN)])
def test_pytest_finds_it_by_its_entry_point_once(site, extra):
    program = (
        "import sys, pytest; sys.path[:0] = [sys.argv.pop(1), sys.argv.pop(1)]\n"
        "raise SystemExit(pytest.main(sys.argv[1:]))"
    )
    done = run(
        "-c", program, str(site), str(ROOT), "-q", "-p", "no:django", "-p", "no:cacheprovider", *extra, cwd=site
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_package_says_what_it_has():
    from passkeys_django import testing

    assert dir(testing) == testing.__all__ == sorted(testing.__all__, key=lambda name: (name.islower(), name))
    assert all(getattr(testing, name).__name__ == name for name in testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        testing.nothing  # noqa: B018
