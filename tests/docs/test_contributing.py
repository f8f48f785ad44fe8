"""What contributors are given: CONTRIBUTING.md names what there is, hooks call make, forms are forms."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TARGETS = set(re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)[1].split())
FORMS = [path for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml"]
FIELDS = {"markdown", "input", "textarea", "dropdown", "checkboxes"}


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture
def hooks():
    [repository] = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    return repository["hooks"]


def test_every_make_target_is_explained_and_there_is_no_other():
    explained = {name for names in re.findall(r"`make ([a-z -]+)`", PAGE) for name in names.split()}
    assert explained == TARGETS


def test_the_files_that_the_page_names_are_there():
    links = re.findall(r"\]\((?!https:)([^)#]+)", PAGE)
    quoted = re.findall(r"`((?:\.ci|docs|passkeys_django|tests)/[\w/.-]+)`", PAGE)
    here = [name for name in links + quoted if "pl" not in name.split("/")]
    assert len(here) > 10
    assert [name for name in here if not (ROOT / name).exists()] == []


def test_hooks_run_what_make_lint_runs_in_its_versions(hooks):
    lint = re.search(r"^lint: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)[1].split()
    assert {hook["entry"] for hook in hooks} == {f"make {target}" for target in lint if target != "audit"}
    assert all(hook["language"] == "system" and not hook["pass_filenames"] for hook in hooks)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_is_one_that_github_shows(path):
    form = read(path)
    assert form["name"]
    assert form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in form["body"]} <= FIELDS
    assert all(field["attributes"]["label"] for field in fields)
    assert len({field["id"] for field in fields}) == len(fields) > 0


def test_an_issue_cannot_be_opened_without_a_form():
    assert len(FORMS) == 2
    assert read(ROOT / ".github/ISSUE_TEMPLATE/config.yml") == {"blank_issues_enabled": False}


@pytest.mark.parametrize("name", ["ISSUE_TEMPLATE/bug.yml", "PULL_REQUEST_TEMPLATE.md"])
def test_whoever_found_a_hole_is_sent_to_the_security_policy(name):
    assert "SECURITY.md" in (ROOT / ".github" / name).read_text(encoding="utf-8")
