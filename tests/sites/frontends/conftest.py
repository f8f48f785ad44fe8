"""The samples, built once, and a site with either provider that serves them."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import passkeys_django
from tests.browser.conftest import (  # noqa: F401
    browser,
    chromium,
    free_port,
    hanko,
    hanko_settings,
    running_site,
)
from tests.sites.frontends.settings import BUILD, NODE_MODULES

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "docs/samples"
SCRIPTS = Path(passkeys_django.__file__).parent / "static/passkeys_django"
MODULE = ("passkeys.js", "passkeys_api.js", "passkeys_api.d.ts")
"""What a front end takes over from the package."""
FRAMEWORKS = ("react", "vue", "svelte", "typescript")
PAGE = """<!DOCTYPE html>
<html lang="en">
<title>Sample</title>
<div id="app"></div>
<script type="module" src="/{name}.ts"></script>
</html>
"""


def node(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a package's program on the samples."""
    binary = Path(sys.prefix).parents[1] / "bin/node"
    return subprocess.run(
        [binary, NODE_MODULES / script, *arguments], cwd=BUILD, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="session")
def project() -> None:
    """The front end as a developer has it: a sample, the module, and what starts the sample."""
    shutil.rmtree(BUILD, ignore_errors=True)
    shutil.copytree(Path(__file__).parent / "app", BUILD)
    shutil.copytree(SAMPLES, BUILD, dirs_exist_ok=True)
    (BUILD / "passkeys").mkdir()
    for name in MODULE:
        shutil.copy(SCRIPTS / name, BUILD / "passkeys")
    for name in FRAMEWORKS:
        (BUILD / f"{name}.html").write_text(PAGE.format(name=name))


@pytest.fixture(scope="session")
def built(project: None) -> None:
    done = node("vite/bin/vite.js", "build", "--logLevel", "warn")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


@pytest.fixture(scope="session")
def sites(
    built: None,
    chromium: str,  # noqa: F811
    hanko_settings: Callable[[int], dict[str, str]],  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, tuple[str, Path]]]:
    """By provider: the origin of the site, and the folder of its database."""
    with ExitStack() as stack:
        places = {}
        for provider in ("embedded", "hanko"):
            port, folder = free_port(), tmp_path_factory.mktemp(provider)
            settings = hanko_settings(port) if provider == "hanko" else {}
            settings["DJANGO_SETTINGS_MODULE"] = "tests.sites.frontends.settings"
            places[provider] = stack.enter_context(running_site(port, folder, **settings)), folder
        yield places


@pytest.fixture(params=["embedded", "hanko"])
def place(request: pytest.FixtureRequest, sites: dict[str, tuple[str, Path]]) -> tuple[str, Path]:
    return sites[request.param]
