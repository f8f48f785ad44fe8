"""What a session owes: a truth table of the policy, what the account has, and how its user logged in."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.policy import Due, password_owes, what_is_due
from passkeys_django.sessions.record import Authentication
from tests.policy.conftest import LATER, give_passkey, give_security_key

pytestmark = pytest.mark.django_db
STEP, PASSKEY, ENROLMENT = Due.SECOND_STEP, Due.PASSKEY, Due.ENROLMENT
HELD = {
    "nothing": lambda user: None,
    "passkey": give_passkey,
    "uncertain": lambda user: give_passkey(user, discoverable=None),
    "security-key": give_security_key,
    "refused": lambda user: give_passkey(user, refused_at="2026-01-01T00:00Z"),
    "elsewhere": lambda user: give_passkey(user, rp_id="other.example"),
}
LOGINS = {
    "old": None,
    "password": Authentication(user="1", methods=("password",), at=0),
    "other": Authentication(user="1", methods=("other",), at=0),
    "passkey": Authentication(user="1", methods=("passkey",), at=0, user_verified=False),
    "enrolment": Authentication(user="1", methods=("enrolment",), at=0),
    "both": Authentication(user="1", methods=("password", "passkey"), at=0),
    "key": Authentication(user="1", methods=("password", "security-key"), at=0),
}
# By passkey, password, and what is held: due after a password, after another way, after password and key.
TABLE = {
    ("optional", "allowed", "nothing"): (None, None, None),
    ("optional", "allowed", "passkey"): (None, None, None),
    ("optional", "second-step", "nothing"): (None, None, None),
    ("optional", "second-step", "passkey"): (STEP, None, None),
    ("optional", "second-step", "uncertain"): (STEP, None, None),
    ("optional", "second-step", "security-key"): (STEP, None, None),
    ("optional", "second-step", "refused"): (None, None, None),
    ("optional", "second-step", "elsewhere"): (None, None, None),
    ("optional", "refused", "nothing"): (ENROLMENT, None, None),
    ("optional", "refused", "passkey"): (STEP, None, None),
    ("optional", "refused", "security-key"): (STEP, None, None),
    ("required", "allowed", "nothing"): (PASSKEY, PASSKEY, PASSKEY),
    ("required", "allowed", "passkey"): (None, None, None),
    ("required", "allowed", "uncertain"): (None, None, None),
    ("required", "allowed", "security-key"): (PASSKEY, PASSKEY, PASSKEY),
    ("required", "allowed", "refused"): (PASSKEY, PASSKEY, PASSKEY),
    ("required", "second-step", "nothing"): (PASSKEY, PASSKEY, PASSKEY),
    ("required", "second-step", "passkey"): (STEP, None, None),
    ("required", "second-step", "security-key"): (STEP, None, None),
    ("required", "refused", "nothing"): (ENROLMENT, PASSKEY, PASSKEY),
    ("required", "refused", "passkey"): (STEP, None, None),
    ("required", "refused", "uncertain"): (STEP, STEP, PASSKEY),
    ("required", "refused", "security-key"): (STEP, PASSKEY, PASSKEY),
}


@pytest.mark.parametrize(("row", "expected"), TABLE.items(), ids=["-".join(row) for row in TABLE])
def test_g5_what_is_due(settings, user, row, expected):
    passkey, password, held = row
    settings.PASSKEY_POLICY = {"everybody": {"passkey": passkey, "password": password, "from": "2020-01-01"}}
    HELD[held](user)

    due = {name: what_is_due(user, login) for name, login in LOGINS.items()}

    by_password, by_other, by_key = expected
    assert (due["old"], due["password"], password_owes(user)) == (by_password,) * 3
    assert (due["other"], due["key"]) == (by_other, by_key)
    assert (due["passkey"], due["enrolment"]) == (None, None)


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("password", ["allowed", "refused"])
def test_before_the_date_nothing_is_due(settings, user, held, password):
    settings.PASSKEY_POLICY = {"everybody": {"passkey": "required", "password": password, "from": LATER}}
    HELD[held](user)

    assert password_owes(user) is None


def test_a_passkey_without_user_verification_counts_as_none_where_our_options_demand_it(settings, user):
    settings.PASSKEY_USER_VERIFICATION = "required"
    settings.PASSKEY_POLICY = {"everybody": {"passkey": "required"}}
    give_passkey(user, user_verified=False)

    assert password_owes(user) is Due.PASSKEY


@pytest.mark.parametrize(
    ("policy", "login", "statements"),
    [
        (None, "password", 0),
        ({"staff": {"passkey": "required"}}, "password", 0),
        ({"everybody": {"passkey": "required"}}, "passkey", 0),
        ({"everybody": {"passkey": "required"}}, "password", 1),
        ({"everybody": {"passkey": "required", "password": "second-step"}}, "password", 1),
        ({"group:Finance": {"passkey": "required"}}, "password", 1),
        ({"group:Finance": {}, "everybody": {"password": "second-step"}}, "password", 1),
    ],
)
def test_at_most_one_statement_is_needed(settings, user, policy, login, statements):
    settings.PASSKEY_POLICY = policy

    with CaptureQueriesContext(connection) as queries:
        what_is_due(user, LOGINS[login])

    assert len(queries) == statements
