"""A command in a process of its own, on the database of the test."""

import os
import subprocess
import sys
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from django.conf import settings
from django.core.management import execute_from_command_line
settings.DATABASES["default"]["NAME"] = sys.argv[1]
execute_from_command_line(["manage.py", *sys.argv[2:]])
"""


def start_command(*arguments, stdin=None, stdout, is_buffered=False):
    """Start `manage.py` with these arguments. Only tests that commit show their rows to another process."""
    python = [sys.executable, *([] if is_buffered else ["-u"])]
    return subprocess.Popen(
        [*python, "-c", PROGRAM, str(connection.settings_dict["NAME"]), *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )
