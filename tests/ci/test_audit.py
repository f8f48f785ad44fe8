""".ci/audit.py: what it makes of pip-audit's answers. Nothing is asked."""

import importlib.util
import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest

SPEC = importlib.util.spec_from_file_location("audit", Path(__file__).parents[2] / ".ci" / "audit.py")
audit = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(audit)

FINE_LINE = "1 libraries audited, no known vulnerability"
FINE = {"name": "django", "version": "5.2.19", "vulns": []}
UNKNOWN = {"name": "cffi", "skip_reason": "not found on PyPI"}
BAD = {"name": "pyjwt", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.14"], "aliases": []}]}


@pytest.fixture
def answer(monkeypatch):
    """A function: from now on pip-audit says this."""

    def set_answer(*dependencies, stdout=None, stderr=""):
        text = json.dumps({"dependencies": dependencies, "fixes": []}) if stdout is None else stdout
        fine = json.dumps({"dependencies": [FINE], "fixes": []})
        floors = audit.floors()
        monkeypatch.setattr(
            audit,
            "audited",
            lambda versions: CompletedProcess([], 1, fine if versions == floors else text, stderr),
        )

    return set_answer


def test_what_the_package_needs_is_audited_and_what_only_tests_need_is_not():
    names = set(audit.needed("passkeys-django"))

    assert {"django", "asgiref", "requests", "urllib3", "pyjwt", "cryptography", "webauthn"} <= names
    assert not names & {"pytest", "ruff", "hypothesis", "passkeys-django"}


def test_a_known_vulnerability_is_an_error(answer, capsys):
    answer(FINE, BAD, UNKNOWN)

    assert audit.main() == 1
    assert "VULNERABLE: pyjwt 1.0: PYSEC-1, fixed in 2.14" in capsys.readouterr().out


def test_without_one_all_is_well(answer, capsys):
    answer(FINE)

    assert audit.main() == 0
    assert capsys.readouterr().out.splitlines() == [FINE_LINE, f"Oldest versions: {FINE_LINE}"]


def test_the_oldest_versions_are_audited_and_told_and_are_no_error(monkeypatch, capsys):
    asked = []

    def audited(versions):
        asked.append(dict(versions))
        found = BAD if len(asked) == 2 else FINE
        return CompletedProcess([], 1, json.dumps({"dependencies": [found], "fixes": []}), "")

    monkeypatch.setattr(audit, "audited", audited)

    assert audit.main() == 0
    assert "Oldest versions: VULNERABLE: pyjwt 1.0: PYSEC-1, fixed in 2.14" in capsys.readouterr().out
    assert asked[0].keys() >= asked[1].keys()
    assert asked[1]["django"] == audit.floors()["django"]


def test_a_library_without_advisories_is_said_not_to_be_audited(answer, capsys):
    answer(FINE, UNKNOWN)

    assert audit.main() == 0
    assert capsys.readouterr().out.startswith("NOT AUDITED: cffi: not found on PyPI\n")


def test_without_a_network_all_are_said_not_to_be_audited(answer, capsys):
    answer(stdout="", stderr="Traceback\nConnectionError: no route\n")

    assert audit.main() == 0
    printed = capsys.readouterr().out
    assert printed.startswith("NOT AUDITED: ")
    assert "django" in printed
    assert "ConnectionError: no route\n" in printed
