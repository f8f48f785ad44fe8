"""django-axes connects its receivers for good, so its tests have a process of their own."""

import subprocess
import sys
from pathlib import Path


def test_django_axes_sees_failed_passkey_logins():
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/security/with_axes",
        "--ds=tests.security.with_axes.settings",
        "-q",
    ]
    run = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)

    assert run.returncode == 0, run.stdout + run.stderr
