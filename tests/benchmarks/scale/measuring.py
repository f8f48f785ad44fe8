"""What is measured at the large site. Each function yields what was measured, the figure, and what is wanted."""

import re
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from passkeys_django.admin.figures.page import PATIENCE
from passkeys_django.maintenance.pruning import prune_events
from passkeys_django.models import Passkey
from tests.benchmarks.scale.site import open_snapshot

LIST = "/admin/passkeys_django/passkey/"
EVENTS = "/admin/passkeys_django/passkeyevent/"
FIGURES = f"{LIST}figures/"
LOGINS = 200
PAGE = 100
"""Rows of a page of the admin."""


def pages(size):
    """Pages of the admin: what is shown, the address, the query, and seconds that are wanted."""
    somebody, deep = f"user{size.users // 2}", max(1, min(1000, size.passkeys // PAGE))
    credential_id = Passkey.objects.order_by("pk").values_list("credential_id", flat=True)[0]
    yield "passkeys, first page", LIST, {}, 0.5
    yield f"passkeys, page {deep:,}", LIST, {"p": deep}, 2
    yield "passkeys, last page", LIST, {"before": ""}, 0.5
    yield "passkeys, search by user name", LIST, {"q": somebody}, 0.5
    yield "passkeys, search by e-mail", LIST, {"q": f"{somebody}@example.com"}, 0.5
    yield "passkeys, search by credential ID", LIST, {"q": credential_id}, 0.5
    yield "passkeys, parts of a user name", LIST, {"q": somebody, "parts": "yes"}, None
    yield "history, first page", EVENTS, {}, 0.5
    yield "history, search by user name", EVENTS, {"q": somebody}, 1
    yield "history, search that finds nothing", EVENTS, {"q": "nobody"}, None
    yield "history, last page", EVENTS, {"before": ""}, 0.5
    yield "figures", FIGURES, {}, 0.5


def reading(site, size):
    opened = 1
    while site.opens_once(FIGURES, {}) > PATIENCE:  # the page stops there, and counts other weeks the next time
        opened += 1
    yield "admin: figures, opened until all weeks are counted", f"{opened} times", "-"
    for what, address, query, wanted in pages(size):
        yield f"admin: {what}", f"{site.opens(address, query):.2f} s", f"{wanted} s" if wanted else "-"


def growth(site, few):
    """`few`: seconds of logins before the tables were filled."""
    ratio = statistics.median(site.logins(LOGINS)) / statistics.median(few)
    yield "login, compared with empty tables", f"{ratio:.2f}", "1.05"


def revoking(site, size):
    began = time.monotonic()
    keys = {"action": "delete_selected", "index": "0", "select_across": "1", "_selected_action": "all"}
    requests = site.sends(f"{LIST}?kind__exact=security-key", keys)
    left = Passkey.objects.filter(kind="security-key").count()
    assert left == 0, left
    yield f"admin: revoke {size.security_keys:,}", f"{time.monotonic() - began:.1f} s", "works"
    yield "  in so many requests", str(requests), "-"


def commands(site):
    """Commands in a process of their own, while people sign in."""
    for command, counted, wanted in (
        ("passkeys_report events", "", "-"),
        ("passkeys_sync few", "On both sides", "-"),
        ("passkeys_sync many", "On both sides", "-"),
        ("passkeys_prune --unused-for 365d --no-mail --yes", "Removed", "2,000 a second"),
        ("passkeys_prune --events --yes", "Deleted", "-"),
    ):
        alone, began = statistics.median(site.logins(LOGINS)), time.monotonic()
        output, beside, megabytes = _run_beside(site, command.split())
        seconds = time.monotonic() - began
        found = re.search(rf"^{counted}: (\d+)", output, re.MULTILINE) if counted else None
        rate = f"{int(found[1]) / seconds:,.0f} a second" if found else f"{seconds:.0f} s"
        yield command, rate, wanted
        yield "  logins meanwhile, compared with before", f"{statistics.median(beside) / alone:.2f}", "1.2"
        yield "  most memory of the process", f"{megabytes:.0f} MB", "flat"


def _run_beside(site, arguments):
    """The command's output, seconds of each login meanwhile, and the most megabytes that the process had."""
    process = subprocess.Popen(
        [sys.executable, "-m", "django", *arguments],
        stdout=subprocess.PIPE if "passkeys_report" not in arguments else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    seconds, most = site.logins(1), 0
    while process.poll() is None:
        most = max(most, _megabytes(process.pid))
        seconds += site.logins(1)
    output = process.communicate()[0] or ""
    assert process.returncode == 0, (arguments, output)
    return output, seconds, most


def _megabytes(pid):
    """Of memory that the process has, according to proc_pid_status(5); 0 if it has just ended."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0


def beside_a_snapshot():
    """Batches must not become slower while deleted rows cannot be cleaned up."""
    done, total = [], 0
    with open_snapshot():
        for deleted in prune_events(before=timezone.now() - timedelta(days=365)):
            total += deleted
            done.append((time.monotonic(), total))
    fifth = max(2, len(done) // 5)
    for what, part in (("first", done[:fifth]), ("last", done[-fifth:])):
        yield f"prune events beside a snapshot, {what} fifth", _rate(part), "flat"


def _rate(part):
    if len(part) < 2:
        return "too few"
    (begin, before), (end, after) = part[0], part[-1]
    return f"{(after - before) / (end - begin):,.0f} a second"
