"""docs/limits.md: its figures, its settings and the answer in it. tests/security/with_axes runs its Python."""

import json
import re
from pathlib import Path

import pytest
from django.core.cache import caches
from django.test import override_settings
from django.utils.module_loading import import_string

from passkeys_django.cache import PAUSE, WARN_EVERY
from passkeys_django.ceremonies.cookies import MAX_COOKIES
from passkeys_django.ceremonies.passkey_limit import MAX_PASSKEYS
from passkeys_django.checks.limits import CACHE_UNFIT
from passkeys_django.conf import RATE_LIMITS, passkey_settings
from passkeys_django.http.request_body import BODY_MAX_BYTES
from passkeys_django.models import NAME_MAX_LENGTH
from tests.conftest import Browser

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def settings_of(block):
    names = {}
    exec(compile(block, "docs/limits.md", "exec"), names)
    return {name: value for name, value in names.items() if name.isupper()}


def test_the_defaults_are_those_of_the_code():
    rows = re.findall(r"^\| (`[a-z-]+`[^|]*) \| `(\d+/[smhd])` \|", PAGE, re.MULTILINE)
    written = {name: rate for names, rate in rows for name in re.findall(r"`([a-z-]+)`", names)}

    assert written == RATE_LIMITS


@pytest.mark.parametrize("block", blocks("settings"))
def test_the_settings_can_be_used(block):
    with override_settings(**settings_of(block)):
        assert passkey_settings.rate_limits or caches["default"]._cache  # the client takes its OPTIONS


def test_the_redis_of_the_page_gives_up_in_time():
    [cache] = [found["CACHES"]["default"] for found in map(settings_of, blocks("settings")) if "CACHES" in found]
    client = import_string(cache["BACKEND"])(cache["LOCATION"], {"OPTIONS": cache["OPTIONS"]})._cache.get_client()

    assert client.connection_pool.connection_kwargs["socket_timeout"] == 0.5
    assert client.connection_pool.connection_kwargs["socket_connect_timeout"] == 0.5


@override_settings(PASSKEY_RATE_LIMITS={"start-login": "1/m"})
def test_the_answer_is_the_one_that_is_given(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_800_000_000 + 23.0)
    [written] = blocks("http")
    head, body = written.split("\n\n", 1)
    browser = Browser()
    browser.post("start-login")

    response = browser.post("start-login")

    assert response.json() == json.loads(body)
    lines = [f"HTTP/1.1 {response.status_code} {response.reason_phrase}"]
    lines += [f"{name}: {response[name]}" for name in ("Content-Type", "Retry-After")]
    assert head.splitlines() == lines


def test_the_other_figures_are_those_of_the_code():
    text = " ".join(PAGE.split())

    assert f"{MAX_PASSKEYS} passkeys a user, {NAME_MAX_LENGTH} characters a name" in text
    assert f"{BODY_MAX_BYTES // 1024} KiB a request, and {MAX_COOKIES} ceremony cookies" in text
    assert CACHE_UNFIT in text
    assert (PAUSE, WARN_EVERY) == (5, 60)
    assert "once a minute at most, leaves the cache alone for five seconds" in text
