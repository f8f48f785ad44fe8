"""A command in a process of its own, on the database of the test."""

import array
import fcntl
import os
import subprocess
import sys
import termios
from pathlib import Path

from django.db import connection

from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
PROGRAM = """
import signal
import sys
from django.conf import settings
from django.core.management import execute_from_command_line
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests that a shell runs in the background ignore Ctrl-C
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


def wait_until_it_waits_for_input(process):
    """Until the process has read all that its standard input holds, and sleeps."""
    wait_until(lambda: not _unread(process.stdin) and _is_asleep(process), "the command waits for more input")


def _unread(pipe):
    """How many bytes the pipe holds."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def _is_asleep(process):
    """In /proc/PID/stat, the state follows the program's name: proc_pid_stat(5)."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"
