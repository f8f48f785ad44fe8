"""What a policy costs at each login and at each request, in SQL."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.benchmarks.test_embedded_login import login_statements
from tests.policy.conftest import BACKENDS, LATER, MIDDLEWARE, REQUIRED, give_passkey, log_in

pytestmark = pytest.mark.django_db
FOR_NOBODY_HERE = {
    "others": {"staff": {"passkey": "required"}},
    "to come": {"everybody": {"passkey": "required", "from": LATER}},
}
FOR_THEM = {"required": REQUIRED, "a group": {"group:Finance": {"passkey": "required"}}}
POLICIES = FOR_NOBODY_HERE | FOR_THEM


@pytest.fixture(autouse=True)
def _site(settings):
    settings.ROOT_URLCONF = "tests.policy.urls"
    settings.AUTHENTICATION_BACKENDS = BACKENDS


@pytest.fixture
def guard(settings):
    """A function: the site has this policy, and the middleware that belongs to one."""

    def guard(policy):
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
        settings.PASSKEY_POLICY = policy

    return guard


def statements(act):
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def more(what, before, after, figure, target):
    figure(f"policy: SQL of {what}, more than without one", f"{after} - {before}", target)
    return after - before


@pytest.mark.parametrize("policy", POLICIES)
def test_a_password_login_costs_nothing_more_or_one_statement(user, guard, figure, policy):
    give_passkey(user)
    before = statements(lambda: log_in(user, url="/accounts/login/"))
    guard(POLICIES[policy])

    after = statements(lambda: log_in(user, url="/accounts/login/"))

    limit = 1 if policy in FOR_THEM else 0
    assert more(f"a password login, {policy}", before, after, figure, f"at most {limit}") <= limit


@pytest.mark.parametrize("policy", POLICIES)
def test_a_passkey_login_costs_nothing_more(registered, guard, figure, policy):
    before = sum(login_statements(registered))
    guard(POLICIES[policy])

    assert more(f"a passkey login, {policy}", before, sum(login_statements(registered)), figure, "0") == 0


@pytest.mark.parametrize("policy", POLICIES)
def test_a_request_with_nothing_due_costs_nothing_more(user, guard, figure, policy):
    give_passkey(user)
    client, _response = log_in(user)
    before = statements(lambda: client.get("/home/"))
    guard(POLICIES[policy])
    assert client.get("/home/").status_code == 200  # this one judges the session

    assert more(f"a request, {policy}", before, statements(lambda: client.get("/home/")), figure, "0") == 0
