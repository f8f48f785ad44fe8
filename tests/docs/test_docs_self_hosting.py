"""docs/self-hosting.md: its ports, addresses and settings fit one another."""

import re
from pathlib import Path

import yaml

from passkeys_django.environment import VARIABLES
from passkeys_django.providers.hanko.provider import HankoProvider

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/self-hosting.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r'^```\w+ title="(.+?)"\n(.*?)^```', PAGE, re.MULTILINE | re.DOTALL))
SERVICES = yaml.safe_load(BLOCKS["compose.yaml"])["services"]
ENV = dict(line.split("=", 1) for line in BLOCKS[".env"].splitlines())


def ports(pattern):
    """The ports that the page names in this way."""
    return set(re.findall(pattern, PAGE, re.MULTILINE))


def test_one_public_and_one_admin_port_are_meant_all_over_the_page():
    for public in (
        r'^address: "127\.0\.0\.1:(\d+)"',
        r'"base_url": "http://127\.0\.0\.1:(\d+)"',
        r"^ +PASSKEY_BASE_URL=http://127\.0\.0\.1:(\d+)$",
        r"--port (\d+)",
    ):
        assert ports(public) == {"8950"}
    for admin in (
        r'admin_address: "127\.0\.0\.1:(\d+)"',
        r"HANKO_ADMIN_URL=http://127\.0\.0\.1:(\d+)",
        r"--admin-port (\d+)",
    ):
        assert ports(admin) == {"8951"}


def test_no_two_servers_are_at_one_port_of_the_machine():
    published = [port.rpartition(":")[0] for service in SERVICES.values() for port in service.get("ports", [])]

    assert sorted(published) == ["127.0.0.1:8000", "127.0.0.1:8951"]
    assert ENV["PASSKEY_ORIGINS"] == "http://localhost:8000"


def test_django_finds_hanko_by_the_line_of_its_env_file():
    config = yaml.safe_load(BLOCKS["hanko.yaml"])
    assert ENV["PASSKEY_BASE_URL"] == f"http://hanko{config['address']}"
    assert SERVICES["hanko"]["ports"] == [f"127.0.0.1:8951{config['admin_address']}"]
    assert SERVICES["web"]["env_file"] == ".env"


def test_check_is_content_with_that_line_and_reminds_before_a_deployment():
    options = {"tenant_id": "0b4d7c5e-7a43-4b8f-9d0c-2f5a1c6e8d90", "api_key": "key"}
    provider = HankoProvider(
        **options, base_url=ENV["PASSKEY_BASE_URL"], allow_http=ENV["PASSKEY_ALLOW_HTTP"] == "on"
    )

    assert provider.check() == []
    assert [message.id for message in provider.check_deployment()] == ["passkeys_django.W006"]


def test_the_server_runs_in_utc():
    assert SERVICES["hanko"]["environment"]["TZ"] == "UTC"


def test_the_example_project_reads_what_the_page_names():
    settings = (ROOT / "example_project/settings.py").read_text(encoding="utf-8")
    sample = (ROOT / ".env.example").read_text(encoding="utf-8")
    read = {*re.findall(r'"(\w+)"', settings), *VARIABLES.values()}

    assert "PASSKEY_PROVIDERS = providers_from_environment(" in settings
    assert [name for name in ENV if name not in read or f"#{name}=" not in sample] == []
