"""PASSKEY_POLICY, and staff who act as somebody to whom something is due."""

from http import HTTPStatus

import pytest
from django.test import Client

from passkeys_django.models import Passkey
from tests.conftest import PASSWORD, Browser, make_passkey, make_user, refusal
from tests.sites.impersonation.test_acting_as_others import (
    ACTING,
    AS_JSON,
    begin,
    package,  # noqa: F401
    signed_in_as,
)
from tests.sites.owing import (
    MIDDLEWARE,
    POLICY_BACKEND,
    REQUIRED,
    SECOND_STEP,
    do_second_step,
    guard,
    is_parked,
    owner_of_passkey,
)

pytestmark = pytest.mark.django_db
FOR_ALL = {"everybody": {"passkey": "required", "password": "second-step"}}
STEP = "/passkeys/second-step/"


@pytest.fixture
def root(db):
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(root, settings):
    """A browser of staff with a passkey, who have signed in with it, on a site with a policy for everybody."""
    browser = owner_of_passkey(root)
    guard(settings, FOR_ALL)
    assert browser.login().status_code == HTTPStatus.OK
    return browser


@pytest.fixture
def customer(user):
    """Somebody with a passkey, of whom a second step is due after the password."""
    owner_of_passkey(user)
    return user


@pytest.mark.parametrize("has_passkey", [True, False], ids=["second step due", "passkey due"])
def test_staff_who_act_as_somebody_to_whom_something_is_due_go_on(package, staff, user, has_passkey):  # noqa: F811
    if has_passkey:
        make_passkey(user)

    begin(package, staff, user)

    assert not is_parked(staff.client)
    assert staff.client.get("/offer/").status_code == HTTPStatus.OK
    assert signed_in_as(staff) == user


def test_g5_they_cannot_do_the_other_persons_second_step_or_registration(package, staff, user):  # noqa: F811
    begin(package, staff, user)

    assert refusal(staff.post("start-registration")) == ACTING
    assert staff.client.get(STEP).status_code == HTTPStatus.FOUND
    assert staff.client.post(STEP, {"passkey": "{}"}).status_code == HTTPStatus.FOUND
    assert staff.client.get("/passkeys/required/").status_code == HTTPStatus.FOUND
    assert staff.post("start-login", {"purpose": "second-step"}).status_code >= HTTPStatus.BAD_REQUEST
    assert not Passkey.objects.filter(user=user).exists()
    assert signed_in_as(staff) == user


def test_back_in_their_own_account_they_show_their_own_passkey_if_the_session_does_not_know_it(
    package,  # noqa: F811
    staff,
    user,
    root,
):
    """Where the session was the customer's meanwhile, it does not say any more how the staff signed in."""
    begin(package, staff, user)

    package.end(staff.client)

    response = staff.client.get("/offer/")
    if not package.leaves_the_staffs_session:
        assert response["Location"].startswith(STEP)
        assert do_second_step(staff, response["Location"])["Location"] == "/offer/"
    assert signed_in_as(staff) == root


def test_g5_staff_who_owe_a_second_step_themselves_act_as_nobody(package, root, user, settings):  # noqa: F811
    """A thief has the password of staff."""
    owner_of_passkey(root)
    guard(settings, SECOND_STEP)
    thief = Browser(Client())
    thief.client.force_login(root, backend=POLICY_BACKEND)
    assert is_parked(thief.client) or thief.client.get("/offer/").status_code == HTTPStatus.FOUND

    assert package.begin(thief.client, user)["Location"].startswith(STEP)

    assert is_parked(thief.client)
    assert signed_in_as(thief).is_anonymous


def test_g5_a_mark_of_one_impersonation_does_not_cover_a_login_as_somebody_else(
    package,  # noqa: F811
    customer,
    settings,
):
    """Staff of a low rank, who may act as a customer, know the password of a colleague with a passkey."""
    low, colleague = make_user("low", is_staff=True, is_superuser=True), make_user("colleague", is_staff=True)
    owner_of_passkey(colleague)
    other = make_user("another-customer")
    guard(settings, {"staff": {"password": "second-step"}})
    browser = Browser(Client())
    browser.client.force_login(low, backend=POLICY_BACKEND)
    begin(package, browser, other)

    browser.client.force_login(colleague, backend=POLICY_BACKEND)  # what a site's own login view does

    assert browser.client.get("/offer/")["Location"].startswith(STEP)


def test_g5_nor_does_it_survive_signing_out(package, customer, staff, user):  # noqa: F811
    begin(package, staff, user)
    staff.client.post("/admin/logout/")
    staff.client.logout()
    staff.client.force_login(user, backend=POLICY_BACKEND)

    assert staff.client.get("/offer/", headers=AS_JSON).status_code == HTTPStatus.FORBIDDEN


def test_it_works_wherever_the_middleware_stands(package, staff, user, settings):  # noqa: F811
    """After the package's own middleware, `request.user` is the customer already when ours asks."""
    settings.MIDDLEWARE = [*(name for name in settings.MIDDLEWARE if name != MIDDLEWARE), MIDDLEWARE]
    cookies, staff.client = staff.client.cookies, Client()  # which reads the settings anew
    staff.client.cookies = cookies
    begin(package, staff, user)

    assert staff.client.get("/offer/").status_code == HTTPStatus.OK
    assert refusal(staff.post("start-registration")) == ACTING


def test_g5_a_password_of_the_customer_over_the_impersonation_confirms_nothing(
    package,  # noqa: F811
    customer,
    staff,
):
    begin(package, staff, customer)

    response = staff.client.post("/passkeys/confirm/", {"password": PASSWORD})

    assert response.status_code == HTTPStatus.FORBIDDEN


def test_required_parks_staff_without_a_passkey_before_they_act_as_anybody(package, root, user, settings):  # noqa: F811
    guard(settings, REQUIRED)
    browser = Browser()
    browser.client.force_login(root, backend=POLICY_BACKEND)

    assert package.begin(browser.client, user)["Location"].startswith("/passkeys/required/")
