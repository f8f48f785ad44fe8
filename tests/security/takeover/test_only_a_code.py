"""Somebody who has found a recovery code, or the whole sheet, and nothing else."""

import pytest
from django.core import mail
from django.test import Client

from tests.conftest import PASSWORD
from tests.recovery.conftest import enrol, links_in, make_codes, recover
from tests.security.takeover.conftest import assert_owner_gets_in, enter, guard, try_all_doors

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(site):
    """The codes of the owner, made with the passkey."""
    assert site.login().status_code == 200
    codes = make_codes(site)
    site.client.logout()
    mail.outbox.clear()
    return codes


@pytest.mark.parametrize("password", ["", "a guess", PASSWORD + " ", "x" * 4096], ids=len)
def test_g4_codes_without_the_password_open_nothing(sheet, site, user, password):
    thief = Client()

    answers = {recover(user.get_username(), code, password, client=thief).json()["code"] for code in sheet}
    try_all_doors(thief, password)

    assert answers == {"recovery_failed"}
    assert user.passkeys.count() == 1
    assert user.passkey_recovery_codes.count() == len(sheet)
    assert links_in(mail.outbox) == []
    assert_owner_gets_in(site, user)


def test_g4_a_code_is_no_password_and_no_second_step(sheet, site, user):
    thief = enter(user, password=sheet[0])
    assert "_auth_user_id" not in thief.session
    thief = enter(user)
    for door in ("/accounts/login/", "/passkeys/second-step/", "/passkeys/confirm/"):
        thief.post(door, {"passkey": sheet[0], "token": sheet[1], "password": sheet[2]})

    try_all_doors(thief)

    assert user.passkeys.count() == 1


def test_g4_a_code_counts_for_nobody_else(sheet, site, user, other_user):
    answers = [recover(other_user.get_username(), code) for code in sheet]

    assert {response.json()["code"] for response in answers} == {"recovery_failed"}
    assert not other_user.passkeys.exists()


def test_g4_the_codes_of_somebody_who_made_new_ones_are_over(sheet, site, user):
    assert site.login().status_code == 200
    make_codes(site)

    assert {recover(user.get_username(), code).json()["code"] for code in sheet} == {"recovery_failed"}


def test_g4_a_code_in_the_cookie_or_the_link_of_an_enrolment_is_worth_nothing(sheet, site, user):
    for code in sheet[:3]:
        assert enrol(code)[1].json()["code"] == "enrolment_invalid"
        thief = Client()
        thief.cookies["passkeys_enrolment"] = code
        assert enrol(client=thief)[1].json()["code"] == "enrolment_invalid"


def test_g4_without_the_setting_codes_made_before_are_worth_nothing(sheet, site, user, settings):
    settings.PASSKEY_RECOVERY_CODES = False

    assert recover(user.get_username(), sheet[0]).status_code == 404


def test_g4_code_and_password_in_the_browser_of_somebody_else_leave_their_session(
    db, owner, user, other_user, settings
):
    """A person who is signed in is told whose link it is, and is replaced only by a new passkey."""
    guard(settings, None)
    assert owner.login().status_code == 200
    [code, *_] = make_codes(owner)
    client = enter(other_user)

    assert recover(user.get_username(), code, client=client).status_code == 201

    assert client.session["_auth_user_id"] == str(other_user.pk)
    assert user.get_username() in client.get("/passkeys/enrol/").content.decode()
