"""docs/architecture.md is true: no import points to a room that does not lie below."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "passkeys_django"
MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if "migrations" not in path.parts and path != PACKAGE / "__init__.py" and path.stat().st_size
)


def rooms():
    """The floor of each room in the picture, counted from the top."""
    picture = re.search(r"```rooms\n(.*?)```", (ROOT / "docs/architecture.md").read_text(), re.DOTALL)[1]
    return {
        room: floor
        for floor, line in enumerate(picture.splitlines())
        for room in re.findall(r"\S*(?:\.py|/)(?=\s|$)", line.split("   ")[0] + " ")
    }


ROOMS = rooms()


def room_of(path):
    """The room of a file: itself, or the nearest folder that the picture names."""
    relative = path.relative_to(PACKAGE)
    names = [str(relative), *(f"{parent}/" for parent in relative.parents)]
    return next(name for name in names if name in ROOMS)


def imported(path):
    """Dotted names of all modules that a file imports, relative ones resolved."""
    package = ["passkeys_django", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def own_files(path):
    """The files of the package that a file imports."""
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != "passkeys_django" or len(parts) == 1:
            continue
        base = PACKAGE.joinpath(*parts[1:])
        yield from (file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file())


def name_of(path):
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_file_has_a_room_in_the_picture(path):
    assert room_of(path)


def test_every_room_in_the_picture_exists():
    assert ROOMS
    assert [room for room in ROOMS if not (PACKAGE / room).exists()] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path):
    floor = ROOMS[room_of(path)]
    upward = {
        f"{name_of(path)} -> {name_of(file)}"
        for file in own_files(path)
        if room_of(file) != room_of(path) and ROOMS[room_of(file)] <= floor
    }
    assert upward == set()


def files_that_import(library):
    return {name_of(path) for path in MODULES if any(name.split(".")[0] == library for name in imported(path))}


def test_requests_is_imported_by_the_client_library_only():
    assert {name.split("/")[0] for name in files_that_import("requests")} <= {"hanko", "testing"}


def test_py_webauthn_is_imported_where_keys_and_attested_data_are_parsed():
    assert files_that_import("webauthn") == {"protocol/public_keys.py", "protocol/authenticator_data.py"}


def test_the_client_library_knows_no_django_and_of_ours_only_which_domains_work():
    pure = [
        PACKAGE / "protocol" / name for name in ("__init__.py", "domains.py", "base64url.py", "unicode_text.py")
    ]
    for path in [*(PACKAGE / "hanko").rglob("*.py"), *pure]:
        names = {name for name in imported(path) if not name.startswith("passkeys_django.hanko")}
        assert not {name for name in names if name.split(".")[0] in ("django", "jwt", "webauthn")}, path
        assert {file for file in own_files(path) if not file.is_relative_to(PACKAGE / "hanko")} <= set(pure), path


def test_w6_only_the_contract_of_a_provider_deletes_copies_by_their_id_alone():
    callers = {
        name_of(path)
        for path in MODULES
        if not is_for_tests(path) and re.search(r"\.delete_credential\(", path.read_text())
    }
    assert callers == {"providers/base.py", "providers/hanko/provider.py"}  # the latter calls Hanko's client


def is_for_tests(path):
    return room_of(path).startswith("testing/")


def test_nothing_imports_the_testing_kit():
    importers = {
        name_of(path) for path in MODULES if not is_for_tests(path) and any(map(is_for_tests, own_files(path)))
    }
    assert importers == set()


def test_only_sites_that_list_it_import_what_stands_beside_another_package():
    importers = {
        name_of(path)
        for path in MODULES
        if room_of(path) != "contrib/" and any(room_of(file) == "contrib/" for file in own_files(path))
    }
    assert importers == set()


WALL = """
import importlib, pkgutil, sys
from django.conf import settings
if {configured}:
    settings.configure()
room = importlib.import_module("passkeys_django.{room}")
for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
    importlib.import_module(module.name)
assert "passkeys_django.models" not in sys.modules
assert settings.configured is {configured}
"""


@pytest.mark.parametrize(("room", "configured"), [("protocol", False), ("hanko", False), ("providers", True)])
def test_the_walls_hold_each_module_is_imported_without_apps(room, configured):
    """`protocol/` needs no settings either."""
    program = WALL.format(room=room, configured=configured)
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, env={"PATH": ""})


def test_the_root_has_at_most_twenty_modules():
    assert len([path for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]) <= 20


ROOM_FOLDERS = sorted({path.parent for path in MODULES if path.parent != PACKAGE})


@pytest.mark.parametrize("folder", ROOM_FOLDERS, ids=name_of)
def test_no_room_has_more_than_twelve_files(folder):
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= 12


@pytest.mark.parametrize("folder", ROOM_FOLDERS, ids=name_of)
def test_each_room_says_what_it_is_for(folder):
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
