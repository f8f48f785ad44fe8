"""What `make dist` builds and tries: the page for PyPI, and the login of its smoke test."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pypi_readme = runpy.run_path(str(ROOT / ".ci/pypi_readme.py"))
smoke_login = runpy.run_path(str(ROOT / ".ci/smoke_login.py"))
README = "# Title\n![A page](docs/a.png)\n[Docs](docs/a.md#b), [Hanko](https://hanko.io), [below](#title)"
SITE = 'from django.urls import path\n\nurlpatterns = [\n    path("", home),\n]\n'


def test_without_a_known_repository_nothing_on_pypi_leads_nowhere():
    text = pypi_readme["for_pypi"](README, "", "abc")
    assert text == "# Title\n\nDocs, [Hanko](https://hanko.io), [below](#title)"


def test_with_one_links_and_pictures_lead_to_it():
    text = pypi_readme["for_pypi"](README, "https://git.example/us/app", "abc")
    assert "![A page](https://git.example/us/app/raw/abc/docs/a.png)" in text
    assert "[Docs](https://git.example/us/app/blob/abc/docs/a.md#b)" in text
    assert "[Hanko](https://hanko.io), [below](#title)" in text


@pytest.mark.parametrize(
    ("project_urls", "url"),
    [
        ("project_urls =\n    Homepage = https://a.example\n    Source = https://git.example/us/app/\n", "https://git.example/us/app"),
        ("project_urls =\n    Homepage = https://a.example\n", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_repository_is_the_source_of_setup_cfg(project_urls, url):
    assert pypi_readme["repository"](f"[metadata]\nname = app\n{project_urls}[options]\n") == url


def test_our_readme_becomes_a_page_without_relative_links(tmp_path):
    for name in ("README.md", "setup.cfg"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    pypi_readme["main"](tmp_path, "abc")
    page = (tmp_path / "README.md").read_text("utf-8")
    assert re.findall(r"]\((?!https://|#)[^)]*\)", page) == []
    assert "## Add it to a site: five edits" in page
    assert "\n    pip install passkeys-django\n" in page
    assert "not on PyPI" not in page


def test_an_edit_keeps_what_the_file_had():
    text = smoke_login["edited"](SITE, 'urlpatterns = [\n    # ...\n    path("passkeys/", passkeys),\n]\n')
    assert text == SITE.replace("]\n", '    path("passkeys/", passkeys),\n]\n')


def test_an_edit_of_something_new_comes_last():
    assert smoke_login["edited"](SITE, "DEBUG = True\n") == SITE + "\nDEBUG = True\n"


def test_the_five_edits_make_a_fresh_site_one_that_people_sign_in_at_with_passkeys(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci/smoke_login.py")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"from {ROOT}/passkeys_django" in done.stdout
