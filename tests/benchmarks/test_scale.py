"""`make bench-scale` works, with few rows. The figures are for people."""

import os
import subprocess
import sys

import pytest
from django.db import connection

SIZES = {"SCALE_USERS": "300", "SCALE_PASSKEYS": "360", "SCALE_EVENTS": "1500"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the large database is one of PostgreSQL")
def test_everything_is_measured():
    command = [sys.executable, "-m", "tests.benchmarks.scale"]

    done = subprocess.run(command, env=os.environ | SIZES, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if "wanted: " in line]
    pages = ("first page", "page 3", "search by e-mail", "figures")
    for what in (*pages, "revoke 180", "last fifth", "sync many", "meanwhile"):
        assert [line for line in lines if what in line], done.stdout
