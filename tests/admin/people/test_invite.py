"""Invite: on the user's page, for those who may, to whom they may."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail

from passkeys_django.models import Enrolment, UserHandle
from tests.admin.people.conftest import errand_url, page_of, user_url
from tests.conftest import Browser, make_user, moved_clock
from tests.support.staff import messages_of, staff_client

pytestmark = pytest.mark.django_db
LINK = re.compile(r"https://testserver/passkeys/enrol/[\w-]{43}/")


@pytest.fixture
def inviting(users):
    """Support staff who may invite."""
    return staff_client(f"view_{users._meta.model_name}", "view_passkey", "invite")


@pytest.fixture
def person(user):
    type(user).objects.filter(pk=user.pk).update(email="ada@example.com")
    user.refresh_from_db()
    return user


def test_g3_staff_hear_that_the_link_was_sent_and_do_not_see_it(
    inviting, person, django_capture_on_commit_callbacks
):
    url = errand_url("invite", person)
    assert f'href="{url}"' in page_of(inviting, user_url(person))
    assert "It is sent to ada@example.com." in page_of(inviting, url)
    assert not Enrolment.objects.exists()

    with django_capture_on_commit_callbacks(execute=True):
        response = inviting.post(url)

    assert response["Location"] == user_url(person)
    assert messages_of(response) == ["The link was sent by e-mail."]
    assert len([message for message in mail.outbox if LINK.search(message.body)]) == 1
    enrolment = Enrolment.objects.get()
    assert (enrolment.user, enrolment.reason) == (person, "invitation")
    assert enrolment.created_by.get_username().startswith("clerk")
    assert "Open link" in page_of(inviting, user_url(person))
    assert not LINK.search(page_of(inviting, user_url(person)))
    assert LogEntry.objects.get(object_id=str(person.pk)).get_change_message() == f"Added invitation “{person}”."


def test_g3_a_superuser_sees_the_link_once(superuser, person):
    response = superuser.post(errand_url("invite", person))

    assert response.status_code == 200
    assert LINK.search(response.content.decode())
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert not LINK.search(page_of(superuser, user_url(person)))


def test_the_link_goes_to_the_address_of_the_last_strong_login(
    inviting, person, django_capture_on_commit_callbacks
):
    handle = UserHandle.objects.for_user(person)
    UserHandle.objects.filter(pk=handle.pk).update(strong_address="strong@example.com")

    with django_capture_on_commit_callbacks(execute=True):
        inviting.post(errand_url("invite", person))

    [message] = [message for message in mail.outbox if LINK.search(message.body)]
    assert message.to == ["strong@example.com"]


@pytest.mark.parametrize("rank", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}])
def test_g3_a_help_desk_invites_no_staff_and_no_superusers(inviting, rank):
    colleague = make_user("colleague", email="c@example.com", **rank) if _has_name() else make_user("c", **rank)

    assert "Invite</a>" not in page_of(inviting, user_url(colleague))
    assert inviting.post(errand_url("invite", colleague)).status_code == 403
    assert not Enrolment.objects.exists()


def _has_name():
    from django.contrib.auth import get_user_model

    return get_user_model().USERNAME_FIELD != "email"


def test_g3_staff_without_the_permission_invite_nobody(desk, person):
    assert "Invite</a>" not in page_of(desk, user_url(person))
    assert desk.post(errand_url("invite", person)).status_code == 403
    assert not Enrolment.objects.exists()


def test_g1_a_session_that_is_an_hour_old_invites_nobody(person, boss):
    with moved_clock(-3600):
        thief = Browser().sign_in(boss).client

    assert thief.post(errand_url("invite", person))["Location"].startswith("/passkeys/confirm/")
    assert not Enrolment.objects.exists()


def test_somebody_without_an_address_is_invited_by_superusers_only(inviting, user):
    if not _has_name():
        pytest.skip("here every user has an address")
    assert "The user has no e-mail address." in page_of(inviting, errand_url("invite", user))

    response = inviting.post(errand_url("invite", user))

    assert "has no e-mail address" in messages_of(response)[0]
    assert not Enrolment.objects.exists()
