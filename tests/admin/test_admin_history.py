"""The history in the admin: to be looked at, by nobody to be changed."""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import get_deleted_objects
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from passkeys_django.models import EventKind, Passkey, PasskeyEvent
from tests.conftest import make_passkey, make_user
from tests.support.staff import EVENTS, listed, run_action, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(user):
    return PasskeyEvent.objects.create(user=user, kind=EventKind.USED, name="Laptop")


def event_url(event, view):
    return reverse(f"admin:passkeys_django_passkeyevent_{view}", args=[event.pk])


def test_nobody_writes_the_history_by_hand(superuser, event):
    assert superuser.get(event_url(event, "change")).status_code == 200
    assert superuser.get(f"{EVENTS}add/").status_code == 403
    assert superuser.post(f"{EVENTS}add/", {"kind": "used"}).status_code == 403
    assert superuser.post(event_url(event, "change"), {"name": "Phone"}).status_code == 403
    for method in (superuser.get, superuser.post):
        assert method(event_url(event, "delete"), {"post": "yes"}).status_code == 403
    assert PasskeyEvent.objects.get().name == "Laptop"


def test_the_history_is_exported_and_there_is_no_way_to_delete(superuser, event):
    actions = superuser.get(EVENTS).context["action_form"].fields["action"].choices
    assert set(dict(actions)) == {"", "export_csv", "export_jsonl"}
    superuser.post(EVENTS, {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"})
    assert PasskeyEvent.objects.get() == event
    assert event_url(event, "delete") not in superuser.get(event_url(event, "change")).content.decode()


def test_whoever_may_delete_a_user_may_delete_the_users_history_with_it(superuser, user, event):
    """Django asks the admin of whatever goes along."""
    request = superuser.get("/admin/").wsgi_request
    make_passkey(user)

    _shown, counts, needed, protected = get_deleted_objects([user], request, admin.site)

    assert counts["passkey events"] == 1
    assert (needed, protected) == (set(), [])


def test_a_user_with_a_history_is_deleted_in_the_admin(superuser, user, event):
    make_passkey(user)
    if not admin.site.is_registered(type(user)):
        pytest.skip("this user model is not in the admin")

    response = superuser.post(reverse("admin:auth_user_delete", args=[user.pk]), {"post": "yes"})

    assert response.status_code == 302
    assert not PasskeyEvent.objects.exists()
    assert not Passkey.objects.exists()


def test_the_history_is_found_by_the_users_name_and_by_what_happened(superuser, user, other_user, event):
    refused = PasskeyEvent.objects.create(
        user=other_user, kind=EventKind.REFUSED, name="Phone", code="login_failed"
    )

    assert listed(superuser.get(EVENTS)) == {event, refused}
    assert listed(superuser.get(EVENTS, {"q": user.get_username()})) == {event}
    assert listed(superuser.get(EVENTS, {"q": "login_failed"})) == {refused}
    assert listed(superuser.get(EVENTS, {"kind__exact": "used"})) == {event}


def test_a_longer_history_takes_no_more_queries(superuser, user, event):
    with CaptureQueriesContext(connection) as short:
        superuser.get(EVENTS)
    for number in range(20):
        PasskeyEvent.objects.create(user=make_user(f"user{number}"), actor=user, kind=EventKind.REMOVED)

    with CaptureQueriesContext(connection) as long:
        assert len(listed(superuser.get(EVENTS))) == 21

    assert len(long) == len(short)


def test_what_staff_do_is_in_the_history_with_their_name(superuser, user):
    run_action(superuser, "delete_selected", make_passkey(user), post="yes")

    event = PasskeyEvent.objects.get()
    assert (event.kind, event.user, event.actor.is_superuser) == (EventKind.REMOVED, user, True)


def test_the_history_takes_a_permission_of_its_own(event):
    assert staff_client("view_passkey").get(EVENTS).status_code == 403


def test_staff_who_may_look_at_the_history_see_it(event):
    clerk = staff_client("view_passkeyevent")

    assert listed(clerk.get(EVENTS)) == {event}
    assert clerk.get(event_url(event, "change")).status_code == 200
    assert clerk.post(event_url(event, "delete"), {"post": "yes"}).status_code == 403
