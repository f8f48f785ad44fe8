"""Staff revoke all passkeys of one person and end sessions. Only some staff may; all of it is written down."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client

from passkeys_django.models import EventKind, Passkey, PasskeyEvent, UserHandle
from passkeys_django.signals import passkey_removed
from tests.admin.people.conftest import MIDDLEWARE, errand_url, page_of, user_url
from tests.conftest import Browser, listening, make_passkey, make_user, moved_clock
from tests.support.staff import LIST, delete_url, listed, messages_of, run_action, staff_client

pytestmark = pytest.mark.django_db
ERRANDS = ["revoke_all", "end_sessions"]


def names_of_buttons(page):
    return {name for name in ("Invite", "Revoke all", "End sessions") if f">{name}</a>" in page}


def ended(user):
    return UserHandle.objects.filter(user=user, sessions_ended_at__isnull=False).exists()


def lose_password(user):
    user.set_unusable_password()
    user.save()


# Revoke all


def test_revoke_all_asks_first_and_says_whether_the_person_is_locked_out(desk, user):
    make_passkey(user, name="Blue laptop")
    url = errand_url("revoke_all", user)
    assert url in page_of(desk, user_url(user))

    page = page_of(desk, url)
    assert "Blue laptop" in page
    assert user.get_username() in page
    assert "can still sign in in another way" in page
    assert Passkey.objects.count() == 1

    lose_password(user)
    assert "is locked out afterwards" in page_of(desk, url)


def test_revoke_all_revokes_all_of_this_person_only(desk, user, other_user):
    for _ in range(3):
        make_passkey(user)
    kept = make_passkey(other_user)

    with listening(passkey_removed) as removed:
        response = desk.post(errand_url("revoke_all", user))

    assert response["Location"] == user_url(user)
    assert messages_of(response) == ["3 passkeys revoked."]
    assert list(Passkey.objects.all()) == [kept]
    assert len(removed) == 3
    assert {event.actor.is_staff for event in PasskeyEvent.objects.all()} == {True}
    assert LogEntry.objects.filter(object_id=str(user.pk)).count() == 3  # on the user's page


# End sessions


def test_end_sessions_ends_all_sessions_of_the_person(desk, user, django_capture_on_commit_callbacks):
    type(user).objects.filter(pk=user.pk).update(email="ada@example.com")
    with moved_clock(-60):
        thief = Browser().sign_in(user)
    url = errand_url("end_sessions", user)
    assert url in page_of(desk, user_url(user))
    assert "signed out everywhere" in page_of(desk, url)
    assert not ended(user)

    with django_capture_on_commit_callbacks(execute=True):
        response = desk.post(url)

    assert messages_of(response) == ["All sessions of this user were ended."]
    assert thief.client.get("/passkeys/").status_code == 302
    assert desk.get(user_url(user)).status_code == 200
    event = PasskeyEvent.objects.get(kind=EventKind.SESSIONS_ENDED)
    assert event.user == user
    assert event.actor.get_username().startswith("clerk")
    assert "Done by: an administrator of the site" in mail.outbox[0].body
    assert LogEntry.objects.get(object_id=str(user.pk)).get_change_message() == "Changed sessions."


def test_r20_without_the_middleware_the_admin_does_not_pretend_to_end_sessions(desk, user, settings):
    settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if path != MIDDLEWARE]

    assert "End sessions" not in page_of(desk, user_url(user))
    assert desk.post(errand_url("end_sessions", user)).status_code == 403
    assert not ended(user)


# Who may


@pytest.mark.parametrize("name", ERRANDS)
@pytest.mark.parametrize("rank", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}])
def test_g3_a_help_desk_does_nothing_to_staff_and_superusers(desk, name, rank):
    colleague = make_user("colleague", **rank)
    make_passkey(colleague)

    assert names_of_buttons(page_of(desk, user_url(colleague))) == set()
    assert desk.get(errand_url(name, colleague)).status_code == 403
    assert desk.post(errand_url(name, colleague)).status_code == 403
    assert Passkey.objects.count() == 1
    assert not ended(colleague)


@pytest.mark.parametrize("name", ERRANDS)
def test_g3_a_superuser_does_it_to_anybody(superuser, boss, name):
    make_passkey(boss)

    assert superuser.post(errand_url(name, boss)).status_code == 302
    assert ended(boss) or not Passkey.objects.exists()


@pytest.mark.parametrize("name", ERRANDS)
def test_staff_without_the_permission_are_forbidden_and_see_no_button(users, user, name):
    make_passkey(user)
    clerk = staff_client(f"view_{users._meta.model_name}", "view_passkey", "change_passkey")

    assert names_of_buttons(page_of(clerk, user_url(user))) == set()
    assert clerk.post(errand_url(name, user)).status_code == 403
    assert Passkey.objects.count() == 1
    assert not ended(user)


@pytest.mark.parametrize("name", ERRANDS)
def test_staff_who_may_not_see_users_and_other_people_get_nowhere(user, name):
    make_passkey(user)
    url = errand_url(name, user)

    assert staff_client("delete_passkey").post(url).status_code == 403
    assert Browser().sign_in(user).client.post(url).status_code == 302  # to the admin's login page
    assert Client().post(url).status_code == 302
    assert Passkey.objects.count() == 1


@pytest.mark.parametrize("name", ERRANDS)
def test_other_sites_post_nothing(superuser, user, name):
    make_passkey(user)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = superuser.cookies

    assert strict.post(errand_url(name, user)).status_code == 403
    assert Passkey.objects.count() == 1


@pytest.mark.parametrize("name", ERRANDS)
def test_other_methods_are_none(superuser, user, name):
    make_passkey(user)

    assert superuser.put(errand_url(name, user)).status_code == 405
    assert superuser.delete(errand_url(name, user)).status_code == 405


@pytest.mark.parametrize("name", ERRANDS)
def test_nobody_by_that_key_is_not_found(superuser, user, name):
    url = errand_url(name, user)
    user.delete()

    assert superuser.post(url).status_code == 404
    assert superuser.get(url.replace(str(user.pk), "no-key") if user.pk else url).status_code == 404


# How strongly staff must have signed in


def test_g1_a_stolen_session_of_staff_that_is_an_hour_old_revokes_nothing(user, boss):
    make_passkey(user)
    with moved_clock(-3600):
        thief = Browser().sign_in(boss).client

    for response in (
        thief.post(errand_url("revoke_all", user)),
        thief.post(errand_url("end_sessions", user)),
        run_action(thief, "delete_selected", Passkey.objects.get(), post="yes"),
        thief.post(delete_url(Passkey.objects.get()), {"post": "yes"}),
        run_action(thief, "accept_again", Passkey.objects.get()),
    ):
        assert response["Location"].startswith("/passkeys/confirm/")
    assert Passkey.objects.count() == 1
    assert not ended(user)


def test_g1_a_superusers_password_alone_does_not_remove_the_superusers_own_passkeys(boss):
    browser = Browser().sign_in(boss)
    assert browser.register().status_code == 201
    thief = Browser().sign_in(boss).client
    passkey = Passkey.objects.get()

    for response in (
        thief.post(errand_url("revoke_all", boss)),
        run_action(thief, "delete_selected", passkey, post="yes"),
        thief.post(delete_url(passkey), {"post": "yes"}),
    ):
        assert response["Location"].startswith("/passkeys/confirm/")
    assert Passkey.objects.exists()

    browser.login()
    assert browser.client.post(errand_url("revoke_all", boss)).status_code == 302
    assert not Passkey.objects.exists()


def test_f1_nobody_does_it_while_acting_as_a_superuser(superuser, user):
    make_passkey(user)
    session = superuser.session
    session["hijack_history"] = ["0"]
    session.save()

    assert superuser.post(errand_url("revoke_all", user)).status_code == 403
    assert Passkey.objects.count() == 1


# The list of passkeys, by the same rules


def test_g3_a_help_desk_revokes_no_passkey_of_superusers_from_the_list(desk, user, boss):
    own, others = make_passkey(user, name="Phone"), make_passkey(boss, name="Yubikey")

    page = run_action(desk, "delete_selected", own, others).content.decode()
    assert "Only superusers may revoke the passkeys of staff and superusers" in page

    response = run_action(desk, "delete_selected", own, others, post="yes")

    assert list(Passkey.objects.all()) == [others]
    revoked, left = messages_of(response)
    assert revoked == "1 passkey revoked."
    assert f"{boss.get_username()}: Yubikey" in left
    assert desk.post(delete_url(others), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(("rank", "may_delete"), [({}, True), ({"is_staff": True}, False)])
def test_g3_a_help_desk_deletes_no_passkeys_of_staff_together_with_them(users, rank, may_delete):
    clerk = staff_client(f"view_{users._meta.model_name}", f"delete_{users._meta.model_name}", "delete_passkey")
    person = make_user("person", **rank)
    make_passkey(person)

    clerk.post(user_url(person).replace("/change/", "/delete/"), {"post": "yes"})

    assert Passkey.objects.exists() is not may_delete
    assert users.objects.filter(pk=person.pk).exists() is not may_delete


def test_g3_a_help_desk_accepts_no_passkey_of_superusers_again(users, boss):
    clerk = staff_client("view_passkey", "change_passkey")
    passkey = make_passkey(boss, refused_at="2026-01-01T00:00Z")

    run_action(clerk, "accept_again", passkey)

    passkey.refresh_from_db()
    assert passkey.refused_at is not None


def test_bulk_revoke_names_who_would_be_locked_out(superuser, user, other_user):
    lose_password(user)
    passkeys = [make_passkey(user), make_passkey(other_user)]

    response = run_action(superuser, "delete_selected", *passkeys)

    assert response.context["locked_out"] == [user.get_username()]
    assert "1 user is locked out afterwards" in response.content.decode()
    assert listed(superuser.get(LIST)) == set(passkeys)


def test_a_long_list_of_those_who_would_be_locked_out_is_cut_and_counted(superuser):
    passkeys = []
    for number in range(23):
        person = make_user(f"user{number}")
        lose_password(person)
        passkeys.append(make_passkey(person))

    page = run_action(superuser, "delete_selected", *passkeys).content.decode()

    assert "23 users are locked out afterwards" in page
    assert "and 3 more" in page
