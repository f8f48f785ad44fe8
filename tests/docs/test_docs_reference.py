"""docs/reference.md lists all codes, settings, checks, signals, URLs, tags and commands, and no others."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import load_command_class
from django.core.management.base import BaseCommand
from django.dispatch import Signal

import passkeys_django
from passkeys_django import exceptions, signals
from passkeys_django.conf import SETTING_NAMES, SINGLE_SETTINGS, passkey_settings
from passkeys_django.templatetags.passkeys import register
from passkeys_django.urls import urlpatterns
from passkeys_django.urls_well_known import urlpatterns as well_known

PACKAGE = Path(passkeys_django.__file__).parent
ROOT = PACKAGE.parent
PAGE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
SOURCES = {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}


def table(heading):
    """The rows of the table under this heading: the name in the first cell, and the cells after it."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)[1]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    names = [row[0].strip("`") for row in rows]
    assert len(names) == len(set(names)), f"a row twice under {heading}"
    return {name: row[1:] for name, row in zip(names, rows, strict=True)}


def in_backticks(cell):
    return re.findall(r"`([^`]+)`", cell)


def assert_complete(heading, real):
    """Every one has its row, and every row is about one that is there."""
    missing, foreign = sorted(set(real) - set(table(heading))), sorted(set(table(heading)) - set(real))
    assert not missing, f'docs/reference.md, "{heading}" lacks a row for: {", ".join(missing)}'
    assert not foreign, (
        f'docs/reference.md, "{heading}" has rows for what is not in the code: {", ".join(foreign)}'
    )


def settings_read():
    """conf.py is the only reader of our settings."""
    return set(re.findall(r"\bPASSKEY_[A-Z_]+", SOURCES[PACKAGE / "conf.py"]))


def test_all_settings_are_there():
    assert_complete("Settings", settings_read())
    assert settings_read() == SETTING_NAMES, "a setting that the check for misspelt names does not know"


def test_the_readme_names_settings_that_exist():
    named = set(re.findall(r"PASSKEY_\w+", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named - settings_read() == set(), "README.md: these settings are not in conf.py"


@pytest.mark.parametrize("name", SINGLE_SETTINGS)
def test_the_defaults_are_true(settings, name):
    """Where the default is a value and no description."""
    setting = f"PASSKEY_{name.upper()}"
    if hasattr(settings, setting):
        delattr(settings, setting)
    default = table("Settings")[setting][1]
    if default.startswith("`"):
        assert ast.literal_eval(default.strip("`")) == getattr(passkey_settings, name), setting


def errors():
    """The whole tree of exceptions, its root included."""
    found = [exceptions.PasskeyError]
    for error in found:
        found += error.__subclasses__()
    return [error for error in found if error.__module__.startswith("passkeys_django.")]


def statuses():
    """The statuses that each code comes with."""
    found = {}
    for error in errors():
        found.setdefault(error.code, set()).add(error.status)
    return found


def test_all_error_codes_are_there_with_their_statuses():
    assert_complete("Error codes", statuses())
    documented = {
        code: {int(status) for status in cells[0].split(", ")} for code, cells in table("Error codes").items()
    }
    assert documented == statuses()


def test_all_checks_are_there_with_their_levels():
    ids = {found for text in SOURCES.values() for found in re.findall(r'"(passkeys_django\w*\.[A-Z]\d{3})"', text)}
    assert_complete("System checks", ids)
    levels = {"E": "error", "W": "warning"}
    assert {id_: cells[0] for id_, cells in table("System checks").items()} == {
        id_: levels[id_[-4]] for id_ in ids
    }


def sent():
    """The arguments with which each of our signals is sent, by its name."""
    for text in SOURCES.values():
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="send" | "send_robust")):
                    yield name, {keyword.arg for keyword in node.keywords} - {"sender"}


def test_all_signals_are_there_with_their_arguments():
    ours = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    assert_complete("Signals", ours)
    documented = {name: set(in_backticks(cells[0])) for name, cells in table("Signals").items()}
    for name, arguments in sent():
        if name in ours:
            assert arguments == documented[name], f'docs/reference.md, "Signals": arguments of {name}'
    assert {name for name, _arguments in sent()} >= ours, "a signal that nobody sends"


@pytest.mark.parametrize(("heading", "urls"), [("URLs", urlpatterns), ("Well-known URLs", well_known)])
def test_all_urls_are_there_with_their_paths(heading, urls):
    paths = {pattern.name: str(pattern.pattern) for pattern in urls}
    assert_complete(heading, paths)
    documented = {name: cells[0].strip("`").replace("(empty)", "") for name, cells in table(heading).items()}
    assert documented == paths


def test_all_template_tags_are_there():
    assert_complete("Template tags", {*register.tags, *register.filters})


def options_of(name):
    """The command's own options."""
    command = load_command_class("passkeys_django", name)
    parser = command.create_parser("manage.py", name)
    everybodys = BaseCommand().create_parser("manage.py", name)
    return {option for option in parser._option_string_actions if option not in everybodys._option_string_actions}


def test_all_commands_are_there_with_their_options():
    names = {path.stem for path in (PACKAGE / "management" / "commands").glob("[!_]*.py")}
    assert_complete("Commands", names)
    documented = {name: set(in_backticks(cells[0])) for name, cells in table("Commands").items()}
    assert documented == {name: options_of(name) for name in names}
