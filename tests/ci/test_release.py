"""What a release says of itself is true: version, change log, classifiers; and .ci/release.py, which makes one."""

import importlib.util
import re
from configparser import ConfigParser
from datetime import date
from pathlib import Path

import pytest

import passkeys_django

ROOT = Path(__file__).parents[2]
URL = "https://git.example/us/app"
LOG = "# Changelog\n\nThe form.\n\n## Unreleased\n\n### Added\n\n- A thing.\n"


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture
def setup_cfg():
    config = ConfigParser(interpolation=None)
    config.read_string(read("setup.cfg"))
    return config


@pytest.fixture
def classified(setup_cfg):
    """A function: the versions that the classifiers give of this."""
    return lambda what: set(re.findall(rf"^{what} :: (\d+\.\d+)$", setup_cfg["metadata"]["classifiers"], re.M))


@pytest.fixture
def tried():
    """Python's version and the requirements of each environment that .ci/run makes."""
    rows = re.search(r"combinations='\n(.*?)\n'", read(".ci/run"), re.DOTALL)[1]
    return re.findall(r"^\S+ +(\S+) +\S+ +(.+)$", rows, re.MULTILINE)


@pytest.fixture
def run():
    """The names of the combinations that .ci/run makes, and of those that .ci/run runs."""
    made = re.search(r"combinations='\n(.*?)\n'", read(".ci/run"), re.DOTALL)[1]
    return (
        re.findall(r"^(\S+) ", made, re.MULTILINE),
        re.findall(r"^ *combination (\S+)(?: |$)", read(".ci/run"), re.MULTILINE),
    )


def test_each_environment_that_is_made_is_tried_once(run):
    made, tried_ones = run
    assert sorted(made) == sorted(tried_ones)


@pytest.fixture
def release(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / ".ci"))
    spec = importlib.util.spec_from_file_location("release", ROOT / ".ci" / "release.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_classifiers_are_the_python_versions_that_are_tried(classified, tried):
    assert classified("Programming Language :: Python") == {python for python, _ in tried}


def test_the_classifiers_are_the_django_versions_that_are_tried(classified, tried):
    django = {version for _, needs in tried for version in re.findall(r"django(?:==|~=)(\d+\.\d+)", needs)}
    assert classified("Framework :: Django") == django


def test_the_readme_promises_the_versions_of_the_classifiers(classified):
    pythons, djangos = (
        sorted(classified(what)) for what in ("Programming Language :: Python", "Framework :: Django")
    )
    promise = f"Python {pythons[0]} to {pythons[-1]}, Django {', '.join(djangos[:-1])} and {djangos[-1]}."
    assert promise in read("README.md")


def test_the_oldest_of_everything_that_is_allowed_is_tried(setup_cfg, tried):
    assert setup_cfg["options"]["python_requires"] == f">={tried[0][0]}"
    lowest = dict(re.findall(r"^(\w+)\S*>=([\d.]+)$", setup_cfg["options"]["install_requires"], re.MULTILINE))
    oldest = dict(re.findall(r"(\w+)==([\d.]+)", tried[0][1]))
    assert oldest.keys() == lowest.keys()
    assert all(re.fullmatch(rf"{lowest[name]}(\.0)*", oldest[name]) for name in lowest)


def test_the_change_log_has_the_version_unless_it_is_not_released():
    headings = re.findall(r"^## (.+)$", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] in ("Unreleased", "[Unreleased]")
    if ".dev" not in passkeys_django.__version__:
        assert re.fullmatch(rf"\[{passkeys_django.__version__}] - \d{{4}}-\d\d-\d\d", headings[1])


def test_a_release_dates_what_was_unreleased(release):
    text = release.released(LOG, "0.1.0", date(2026, 11, 21), "")
    assert text == LOG.replace("Unreleased", "[Unreleased]\n\n## [0.1.0] - 2026-11-21")


def test_the_headings_are_links_where_the_repository_is_known(release):
    first = release.released(LOG, "0.1.0", date(2026, 11, 21), URL)
    more = first.replace("[Unreleased]\n", "[Unreleased]\n\n### Fixed\n\n- It.\n", 1)
    second = release.released(more, "0.2.0", date(2026, 12, 1), URL)
    assert first.endswith(
        f"thing.\n\n[Unreleased]: {URL}/compare/v0.1.0...HEAD\n[0.1.0]: {URL}/releases/tag/v0.1.0\n"
    )
    assert second.endswith(
        f"thing.\n\n[Unreleased]: {URL}/compare/v0.2.0...HEAD\n"
        f"[0.2.0]: {URL}/compare/v0.1.0...v0.2.0\n[0.1.0]: {URL}/releases/tag/v0.1.0\n"
    )
    assert "## [0.2.0] - 2026-12-01\n\n### Fixed\n\n- It.\n\n## [0.1.0] - 2026-11-21" in second


def test_nothing_is_released_twice(release):
    once = release.released(LOG, "0.1.0", date(2026, 11, 21), "")
    with pytest.raises(ValueError, match="nothing under Unreleased"):
        release.released(once, "0.1.1", date(2026, 11, 22), "")


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "passkeys_django").mkdir()
    (tmp_path / "passkeys_django/__init__.py").write_text('"""App."""\n\n__version__ = "0.1.0.dev0"\n', "utf-8")
    for name in ("CHANGELOG.md", "setup.cfg"):
        (tmp_path / name).write_text(LOG if name == "CHANGELOG.md" else "[metadata]\nname = app\n", "utf-8")
    return tmp_path


def test_a_release_sets_the_version_and_the_change_log(release, checkout):
    release.main(checkout, "0.1.0")
    assert (checkout / "passkeys_django/__init__.py").read_text("utf-8") == '"""App."""\n\n__version__ = "0.1.0"\n'
    assert re.search(r"## \[0\.1\.0] - \d{4}-\d\d-\d\d\n", (checkout / "CHANGELOG.md").read_text("utf-8"))


def test_a_development_version_leaves_the_change_log_alone(release, checkout):
    release.main(checkout, "0.2.0.dev0")
    assert '__version__ = "0.2.0.dev0"' in (checkout / "passkeys_django/__init__.py").read_text("utf-8")
    assert (checkout / "CHANGELOG.md").read_text("utf-8") == LOG


def test_what_is_no_version_changes_nothing(release, checkout):
    with pytest.raises(ValueError, match=r"v0\.1\.0 is not a version"):
        release.main(checkout, "v0.1.0")
    assert (checkout / "CHANGELOG.md").read_text("utf-8") == LOG
