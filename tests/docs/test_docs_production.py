"""docs/production.md says what tests/servers runs with."""

import re
import runpy
from pathlib import Path

import pytest

from passkeys_django.environment import VARIABLES

PAGE = (Path(__file__).parents[2] / "docs/production.md").read_text(encoding="utf-8")


@pytest.fixture
def documented():
    names = {"DATABASES": {"default": {}}}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        exec(compile(block, "production.md", "exec"), names)
    return names


@pytest.fixture
def tried(monkeypatch):
    """The settings of the servers under test."""
    for variable in VARIABLES.values():
        monkeypatch.setenv(variable, "")  # a developer's .env stays out
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/0")
    monkeypatch.setenv("CONN_MAX_AGE", "60")
    return runpy.run_path(str(Path(__file__).parents[1] / "servers/settings.py"))


def test_the_database_is_documented_as_it_is_tried(documented, tried):
    assert documented["DATABASES"]["default"].items() <= tried["DATABASES"]["default"].items()


def test_redis_is_documented_as_it_is_tried(documented, tried):
    shown, used = (names["CACHES"]["default"] | {"LOCATION": ""} for names in (documented, tried))
    assert shown == used
