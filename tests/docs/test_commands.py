"""Every command that a page shows can be typed: the command, its options and its arguments exist."""

import argparse
import importlib.util
import re
import shlex

import pytest
from django.core.management import CommandError, get_commands, load_command_class

from passkeys_django.hanko.command_line import arguments as hanko_arguments
from passkeys_django.testing.hanko import __main__ as fake_hanko
from tests.docs.pages import ROOT, Command, commands

#: Commands of other packages, which pages about these packages show.
FOREIGN = {"tenant_command", "all_tenants_command"}
ANY = {"", "…", "passkeys_*"}  # what a sentence about all commands says
MANAGE = commands(r"manage\.py")
MODULES = commands("-m (?=[a-z])")
MAKE = commands("make")
SCRIPTS = commands(r"\.(?:ci|venv/bin)/\w+")
TARGETS = set(re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[1].split())


def words(command: Command) -> list[str]:
    """The words after the program, up to what is the shell's: a comment, a pipe, a redirection."""
    text = re.split(r" #|\s[|>&<;]", command.text.replace("\\\n", " "))[0]
    return shlex.split(text, comments=True)


def arguments_of(command: Command, program: str) -> list[str]:
    said = words(command)
    return said[said.index(program) + 1 :]


def options(said: list[str]) -> list[str]:
    return [word.split("=")[0] for word in said if word.startswith("--")]


def known(parser: argparse.ArgumentParser) -> set[str]:
    """The options of a parser, those of its commands included."""
    inner = [choice for action in parser._actions for choice in _parsers(action)]
    return set(parser._option_string_actions).union(*map(known, inner))


def _parsers(action: argparse.Action) -> list[argparse.ArgumentParser]:
    return list(action.choices.values()) if isinstance(action, argparse._SubParsersAction) else []


def test_the_pages_are_read():
    assert len(MANAGE) > 80
    assert len([command for command in MANAGE if not command.in_prose]) > 30
    assert len(MODULES) > 5
    assert len(MAKE) > 30


@pytest.mark.parametrize("command", MANAGE, ids=str)
def test_a_command_of_manage_py_can_be_typed(command):
    name, *said = arguments_of(command, "manage.py") or [""]
    if name in FOREIGN | ANY:
        return
    assert name in get_commands(), command
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    if command.in_prose:
        assert set(options(said)) <= known(parser), command
        return
    try:
        parser.parse_args(said)
    except CommandError as error:
        pytest.fail(f"{command}: {command.text}: {error}")


@pytest.mark.parametrize("command", MODULES, ids=str)
def test_a_module_that_is_run_exists_and_knows_the_arguments(command, monkeypatch):
    monkeypatch.setenv(hanko_arguments.ENVIRONMENT, "http://127.0.0.1:8951")  # as the page says before
    module, *said = arguments_of(command, "-m")
    assert importlib.util.find_spec(module) or module in ("twine", "build"), command
    if module == "passkeys_django.hanko" and not command.in_prose:
        hanko_arguments.parse(said)
    if module == "passkeys_django.testing.hanko":
        fake_hanko._parser().parse_args(said)


@pytest.mark.parametrize("command", MAKE, ids=str)
def test_a_target_of_make_exists(command):
    said = [word for word in arguments_of(command, "make") if "=" not in word]
    assert set(said) <= TARGETS, command


@pytest.mark.parametrize("command", SCRIPTS, ids=str)
def test_a_script_of_ours_exists(command):
    script = next(word for word in words(command) if word.startswith("."))
    assert script.startswith(".venv/bin/") or (ROOT / script).is_file(), command
