"""A superuser who has not signed in for years, never made a passkey, and whose password is in a leaked list."""

import pytest
from django.core import mail

from passkeys_django.models import Enrolment, Passkey
from tests.conftest import PASSWORD, Browser
from tests.enrolment.holder import holder_of
from tests.policy.conftest import seen
from tests.recovery.conftest import links_in, make_person, recover
from tests.security.takeover.conftest import (
    DOORS,
    EVES,
    address_of,
    ask_for_link,
    change_address,
    enter,
    guard,
    try_all_doors,
)

pytestmark = pytest.mark.django_db
POLICY = {"superusers": {"passkey": "required", "password": "refused", "from": "2020-01-01"}}


@pytest.fixture(params=["with our backend", "with Django's"])
def dormant(request, settings, db):
    """After `from`. A site that forgot to list PolicyModelBackend has the middleware only."""
    guard(settings, POLICY)
    if request.param == "with Django's":
        settings.AUTHENTICATION_BACKENDS = [
            "django.contrib.auth.backends.ModelBackend",
            "passkeys_django.backends.PasskeyBackend",
        ]
    return make_person("dormant", is_staff=True, is_superuser=True)


@pytest.mark.parametrize("door", DOORS)
def test_g5_the_password_opens_no_door_after_the_date(dormant, door):
    thief = enter(dormant, door=door)

    change_address(thief)
    try_all_doors(thief)

    assert "_auth_user_id" not in thief.session
    assert {*seen(thief).values()} <= {None}
    assert thief.get("/admin/").status_code == 302
    assert not Passkey.objects.exists()
    assert not Enrolment.objects.filter(reason="device").exists()
    assert address_of(dormant) != EVES


def test_g5_the_password_and_a_parked_session_cause_only_a_mail_to_the_owner(dormant):
    thief = enter(dormant, door="/own-login/")

    ask_for_link(thief)
    ask_for_link(thief, token="x")
    recover(dormant.get_username(), "0" * 16, PASSWORD, client=thief)

    assert {address for message in mail.outbox for address in message.to} <= {address_of(dormant)}
    assert all(enrolment.reason == "email" for enrolment in Enrolment.objects.all())
    assert len(links_in(mail.outbox)) <= 1
    assert not Passkey.objects.exists()


def test_g5_a_session_from_before_the_date_does_not_go_on(dormant, settings):
    settings.PASSKEY_POLICY = None
    thief = enter(dormant, door="/own-login/")
    assert thief.session["_auth_user_id"] == str(dormant.pk)
    settings.PASSKEY_POLICY = POLICY

    change_address(thief)
    try_all_doors(thief)

    assert address_of(dormant) != EVES
    assert thief.get("/admin/").status_code == 302
    assert not Passkey.objects.exists()


def test_g5_a_passkey_begun_before_the_date_is_not_finished_after_it(dormant, settings):
    settings.PASSKEY_POLICY = None
    thief = Browser(enter(dormant, door="/own-login/"))
    credential = thief.authenticator.create(thief.creation_options())
    settings.PASSKEY_POLICY = POLICY

    assert thief.post("finalize-registration", credential).status_code in (401, 403)

    assert not Passkey.objects.exists()


def test_g5_an_invitation_is_the_way_for_the_owner(dormant):
    """It needs no password, and the thief has no part in it."""
    owner = holder_of(dormant)
    assert owner.enrol().status_code == 201

    assert owner.client.get("/whoami/").json()["user"] == dormant.get_username()
    thief = enter(dormant)
    try_all_doors(thief)
    assert dormant.passkeys.count() == 1
