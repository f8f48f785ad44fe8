"""What a login costs in SQL, and in time beside Django's own password login."""

import secrets
import statistics
import time
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from passkeys_django.models import Passkey, credential_id_sha256
from tests.benchmarks.conftest import ROUNDS
from tests.conftest import credentials_of

pytestmark = pytest.mark.django_db
TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT", "ROLLBACK")


def statements(act):
    """How many SQL statements `act` runs, transaction statements not counted."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return sum(not query["sql"].startswith(TRANSACTIONS) for query in queries)


def login_statements(registered):
    """SQL of start and of finalize, in a browser that was never here before."""
    browser = registered.other_browser()
    options = []
    start = statements(lambda: options.append(browser.request_options()))
    credential = browser.authenticator.get(options[0])
    return start, statements(lambda: browser.post("finalize-login", credential))


def unused_passkey(user):
    credential_id = secrets.token_urlsafe(20)
    return Passkey(
        id=uuid.uuid4(),
        user=user,
        rp_id="testserver",
        user_handle=b"handle",
        credential_id=credential_id,
        credential_id_sha256=credential_id_sha256(credential_id),
        public_key=b"key",
        name="unused",
    )


@pytest.mark.parametrize(
    ("rows", "of"), [(0, "one passkey"), (19, "20 of the user"), (100_000, "100,000 in the table")]
)
def test_a_login_costs_seven_statements_and_none_at_start(registered, user, other_user, figure, rows, of):
    owner = user if rows < 20 else other_user
    Passkey.objects.bulk_create((unused_passkey(owner) for _ in range(rows)), batch_size=5000)
    start, finalize = login_statements(registered)
    figure(f"SQL of a login, start + finalize, {of}", f"{start} + {finalize}", "0 + 7")
    assert start == 0
    assert finalize <= 7


def test_a_login_without_history_costs_six_statements(registered, figure, settings):
    settings.PASSKEY_EVENTS = False
    start, finalize = login_statements(registered)
    figure("SQL of a login, start + finalize, PASSKEY_EVENTS off", f"{start} + {finalize}", "0 + 6")
    assert start == 0
    assert finalize <= 6


def passkey_login(registered):
    """Seconds that the site needs; the authenticator's time is not the site's."""
    browser = registered.other_browser()
    Passkey.objects.update(spent=[])  # nobody signs in 200 times in ten minutes
    began = time.process_time()
    options = browser.request_options()
    start = time.process_time() - began
    credential = browser.authenticator.get(options)
    began = time.process_time()
    response = browser.post("finalize-login", credential)
    finalize = time.process_time() - began
    assert response.status_code == 200
    return start + finalize


def password_login(user):
    client = Client()
    began = time.process_time()
    client.get("/accounts/login/")
    response = client.post("/accounts/login/", credentials_of(user))
    seconds = time.process_time() - began
    assert response.status_code == 302
    return seconds


def test_an_embedded_login_beside_a_password_login(registered, user, figure):
    passkey_login(registered), password_login(user)
    ratios = [passkey_login(registered) / password_login(user) for _ in range(ROUNDS)]
    figure(
        "embedded login / password login (CPU, interleaved, median)",
        f"{statistics.median(ratios):.2f}",
        "at most 0.85",
    )
