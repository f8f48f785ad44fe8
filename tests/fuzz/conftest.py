import time
from importlib.util import find_spec

import pytest

from passkeys_django.models import Passkey
from tests.conftest import Browser, make_passkey, make_user
from tests.fuzz.answers import COUNTS
from tests.fuzz.effort import PLENTY
from tests.fuzz.evidence import JUDGED
from tests.fuzz.site import Site

A_DAY = 86_400
collect_ignore = [] if find_spec("schemathesis") else ["test_openapi.py"]  # `make fuzz` installs it


@pytest.fixture(autouse=True)
def _patient(settings):
    """Else there would soon be too many attempts, and on a slow machine logins that are too old."""
    settings.PASSKEY_RATE_LIMITS = None
    settings.PASSKEY_REAUTHENTICATION_AGE = A_DAY // 2


@pytest.fixture
def site(registered, user):
    other_user = make_user("eve")
    return Site(
        user=user,
        other_user=other_user,
        authenticator=registered.authenticator,
        passkey=Passkey.objects.get(user=user),
        other_passkey=make_passkey(other_user),
        sessions={"nobody": None, "just now": signed_in_since(user, 0), "long ago": signed_in_since(user, A_DAY)},
    )


def signed_in_since(user, seconds):
    """The key of a session whose person signed in so many seconds ago."""
    session = Browser().sign_in(user).client.session
    session["_passkeys_authentication"] |= {"at": time.time() - seconds}
    session.save()
    return session.session_key


def pytest_terminal_summary(terminalreporter):
    if PLENTY:
        terminalreporter.section(f"{COUNTS.total():,} fuzzed requests, and what came back")
        for (path, status), count in sorted(COUNTS.items()):
            terminalreporter.write_line(f"{status} {count:7} {path}")
        terminalreporter.section(f"{JUDGED.total():,} changes of good evidence, and the verdicts")
        for (verdict, what), count in sorted(JUDGED.items()):
            terminalreporter.write_line(f"{verdict} {count:9,} {what}")
