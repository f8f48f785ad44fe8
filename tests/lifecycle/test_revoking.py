"""What staff are told after revoking, and what Django's admin log keeps of it."""

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry

from passkeys_django import lifecycle
from passkeys_django.exceptions import ProviderUnavailable
from passkeys_django.models import Passkey
from passkeys_django.signals import passkey_removed
from tests.conftest import listening, make_passkey
from tests.providers.recording import REMOTE
from tests.support.staff import change_url, delete_url, run_action

pytestmark = pytest.mark.django_db
GONE = "hanko:not-in-the-settings"


def logged(action_flag):
    """Who or what the log is about, and what it says, in English."""
    return {
        (entry.object_id, entry.get_change_message()) for entry in LogEntry.objects.filter(action_flag=action_flag)
    }


def test_the_report_counts_passkeys_and_the_copies_that_are_left(user, other_user, recording_provider):
    recording_provider.error = ProviderUnavailable("away")
    passkeys = [make_passkey(user), make_passkey(user, provider=REMOTE), make_passkey(other_user, provider=REMOTE)]

    done = lifecycle.revoke([*passkeys, make_passkey(user, provider=GONE)])

    assert done.count == 4
    assert done.copies_left == {REMOTE: 2, GONE: 1}


def test_no_copy_is_left_at_a_provider_that_answers(user, recording_provider):
    done = lifecycle.revoke([make_passkey(user, provider=REMOTE)])

    assert (done.count, done.copies_left) == (1, {})


def test_a_passkey_that_is_gone_already_is_not_revoked_again(user, recording_provider):
    passkey = make_passkey(user, provider=REMOTE)
    Passkey.objects.get().delete()

    with listening(passkey_removed) as received:
        done = lifecycle.revoke([passkey])

    assert (done.count, done.copies_left) == (0, {})
    assert received == []
    assert recording_provider.calls == []


@pytest.mark.parametrize("how", ["action", "page"])
def test_a_revoked_passkey_is_in_the_log_and_in_its_users_history(superuser, user, how):
    passkey = make_passkey(user, name="Laptop")

    if how == "action":
        run_action(superuser, "delete_selected", passkey, post="yes")
    else:
        superuser.post(delete_url(passkey), {"post": "yes"})

    assert {object_id for object_id, _message in logged(DELETION)} == {str(passkey.pk)}
    assert logged(CHANGE) == {(str(user.pk), "Deleted passkey “Laptop”.")}


def test_a_passkey_of_an_unknown_manager_says_so(superuser, user):
    page = superuser.get(change_url(make_passkey(user))).content.decode()

    assert "Unknown" in page
    assert ">None<" not in page
