"""Links go to the address that the account had at its last login of strength 2. A login pays nothing for that."""

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from passkeys_django.models import Passkey, UserHandle
from tests.conftest import Browser
from tests.recovery.conftest import password_session


def stored():
    return UserHandle.objects.get().strong_address


def change_address(user, address):
    setattr(user, user.get_email_field_name(), address)
    user.save()


def address_of(user):
    return getattr(user, user.get_email_field_name())


def test_a_login_with_user_verification_remembers_it(registered, user):
    UserHandle.objects.update(strong_address="")
    assert registered.login().status_code == 200
    assert stored() == address_of(user)


def test_the_next_one_remembers_a_new_address(registered, user):
    registered.login()
    change_address(user, "new@example.com")
    assert stored() != "new@example.com"
    registered.login()
    assert stored() == "new@example.com"


def test_a_confirmation_remembers_it_too(registered, user):
    registered.sign_in(user)
    assert registered.login(start={"purpose": "confirm"}).status_code == 200
    assert stored() == address_of(user)


def test_g4_a_password_does_not(registered, user):
    registered.login()
    change_address(user, "thief@example.com")
    password_session(user)
    assert stored() != "thief@example.com"


def test_g4_a_passkey_without_user_verification_does_not(registered, user, settings):
    settings.PASSKEY_USER_VERIFICATION = "discouraged"
    UserHandle.objects.update(strong_address="")
    assert registered.login(flags={"uv": False}).status_code == 200
    assert stored() == ""


def test_g4_nothing_is_remembered_on_probation(registered, user):
    registered.login()
    UserHandle.objects.update(recovered_at=timezone.now())
    change_address(user, "thief@example.com")
    registered.login()
    assert stored() != "thief@example.com"


def test_a_login_costs_no_statement_more(registered, user):
    registered.login()
    fresh = registered.other_browser()
    options = fresh.request_options()
    with CaptureQueriesContext(connection) as queries:
        assert fresh.post("finalize-login", fresh.authenticator.get(options)).status_code == 200
    verbs = [query["sql"].split()[0] for query in queries]
    assert sum(verb in ("SELECT", "UPDATE", "INSERT") for verb in verbs) == 7


def test_an_imported_passkey_whose_user_has_no_handle_gets_one(registered, user):
    UserHandle.objects.all().delete()
    assert registered.login().status_code == 200
    assert stored() == address_of(user)


def test_an_account_without_an_address_needs_no_handle(registered, user):
    if user.get_email_field_name() == user.USERNAME_FIELD:
        pytest.skip("every account has an address")
    change_address(user, "")
    UserHandle.objects.all().delete()
    assert registered.login().status_code == 200
    assert not UserHandle.objects.exists()


def test_a_sign_up_remembers_it(db, settings):
    settings.PASSKEY_SIGNUP_FORM = "passkeys_django.signup.PasskeySignupForm"
    browser = Browser()
    named = get_user_model().USERNAME_FIELD
    options = browser.post("start-signup", {named: "new@example.com"})
    assert options.status_code == 200, options.content
    assert browser.post("finalize-signup", browser.authenticator.create(options.json())).status_code == 201
    user = Passkey.objects.get().user
    assert stored() == address_of(user)


def test_g4_the_first_passkey_remembers_the_address_that_the_account_has_then(registered, user):
    """Before the first strong login, a thief of the password may change the address."""
    assert stored() == address_of(user)

    change_address(user, "thief@example.com")
    UserHandle.objects.remember_first_address(user)

    assert stored() != "thief@example.com"


@pytest.mark.django_db(transaction=True)
def test_g4_the_old_address_hears_of_the_new_one(registered, user):
    registered.login()
    old = stored()
    change_address(user, "thief@example.com")
    mail.outbox.clear()

    registered.login()

    [message] = mail.outbox
    assert message.to == [old]
    assert "another e-mail address" in message.subject
    assert "thief" not in message.subject + message.body


def test_the_old_address_is_left_alone_where_nobody_is_told(
    registered, user, settings, django_capture_on_commit_callbacks
):
    settings.PASSKEY_NOTIFICATIONS = False
    registered.login()
    change_address(user, "new@example.com")
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        registered.login()
    assert stored() == "new@example.com"
    assert mail.outbox == []
