"""docs/testing.md is true: its Python runs, as the tests of a site."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from passkeys_django.testing import plugin
from passkeys_django.testing.hanko import Faults
from passkeys_django.testing.overrides import CreateOverrides, GetOverrides

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "testing.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_python_of_the_page_runs(tmp_path):
    tmp_path.joinpath("site_settings.py").write_text(
        "from tests.settings import *\ndel PASSKEY_ORIGINS\n" + "".join(blocks("settings"))
    )
    tmp_path.joinpath("pytest.ini").write_text(
        f"[pytest]\nDJANGO_SETTINGS_MODULE = site_settings\npythonpath = . {ROOT}\nfilterwarnings = error\n"
    )
    tmp_path.joinpath("test_page.py").write_text("\n\n".join(blocks("python")))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "passkeys_django.testing.plugin"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{PAGE.count('    def test_') + PAGE.count(chr(10) + 'def test_') + 3} passed" in done.stdout


@pytest.mark.parametrize(
    "name",
    [
        *CreateOverrides.__annotations__,
        *GetOverrides.__annotations__,
        *(name for name in Faults.__annotations__ if not name.startswith("_")),
        *(name for name, value in vars(plugin).items() if hasattr(value, "_fixture_function_marker")),
    ],
)
def test_the_page_names_everything(name):
    assert name in PAGE
