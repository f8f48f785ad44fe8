"""Revoking, renaming and accepting again in the admin: asked for, reported and written down."""

from urllib.parse import quote

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.utils.translation import override

from passkeys_django.admin import PasskeyAdmin, batches
from passkeys_django.exceptions import ProviderRejected, ProviderUnavailable
from passkeys_django.models import Passkey, RemovedPasskey
from passkeys_django.signals import passkey_removed
from tests.conftest import listening, make_passkey
from tests.providers.recording import REMOTE
from tests.support.staff import LIST, change_url, delete_url, listed, messages_of, run_action, staff_client

pytestmark = pytest.mark.django_db
GONE = "hanko:7e8f4a3c-0000-4000-8000-000000000000"


def logged(flag):
    return sorted(LogEntry.objects.filter(action_flag=flag).values_list("object_repr", flat=True))


def revoke(client, *passkeys):
    return run_action(client, "delete_selected", *passkeys, post="yes")


def test_revoking_asks_first(superuser, user, recording_provider):
    passkey = make_passkey(user, provider=REMOTE)

    response = run_action(superuser, "delete_selected", passkey)

    assert response.status_code == 200
    page = response.content.decode()
    assert f"{user.get_username()}: Laptop" in page
    assert f'name="_selected_action" value="{passkey.pk}"' in page
    assert Passkey.objects.get() == passkey
    assert recording_provider.calls == []


def test_the_question_shows_names_as_text(superuser, user):
    passkey = make_passkey(user, name="<b>Laptop</b>")

    page = run_action(superuser, "delete_selected", passkey).content.decode()

    assert "&lt;b&gt;Laptop" in page
    assert "<b>Laptop" not in page


def test_what_the_question_posts_revokes_all_of_a_longer_list(superuser, user, monkeypatch):
    """Chosen by "select all", also what is on no page that was shown."""
    monkeypatch.setattr(batches, "MOST_SECONDS", 600)  # a busy machine does it in one request, too
    for _ in range(101):
        make_passkey(user)
    asked = superuser.post(
        LIST, {"action": "delete_selected", "select_across": "1", "_selected_action": [Passkey.objects.first().pk]}
    )
    assert len(asked.context["passkeys"]) == 101

    response = revoke(superuser, *asked.context["passkeys"])

    assert messages_of(response) == ["101 passkeys revoked."]
    assert not Passkey.objects.exists()


@pytest.mark.parametrize(
    ("action", "permission"),
    [("delete_selected", "has_delete_permission"), ("accept_again", "has_change_permission")],
)
def test_a_site_may_forbid_it_for_single_passkeys(superuser, user, monkeypatch, action, permission):
    kept = make_passkey(user, name="Kept", refused_at="2026-01-01T00:00Z")
    other = make_passkey(user, refused_at="2026-01-01T00:00Z")
    own = getattr(PasskeyAdmin, permission)
    monkeypatch.setattr(
        PasskeyAdmin, permission, lambda self, request, obj=None: obj != kept and own(self, request, obj)
    )

    response = run_action(superuser, action, kept, other, post="yes")

    assert list(Passkey.objects.filter(refused_at__isnull=False)) == [kept]
    assert "Kept" in messages_of(response)[-1]


def test_passkeys_that_are_gone_meanwhile_are_no_error(superuser, user):
    passkey = make_passkey(user)
    key = passkey.pk
    passkey.delete()

    response = superuser.post(LIST, {"action": "delete_selected", "_selected_action": [key], "post": "yes"})

    assert messages_of(response) == ["0 passkeys revoked."]
    assert logged(DELETION) == []


def test_nothing_selected_revokes_nothing(superuser, user):
    make_passkey(user)

    response = superuser.post(LIST, {"action": "delete_selected", "index": "0", "post": "yes"})

    assert messages_of(response)[0].startswith("Items must be selected")
    assert Passkey.objects.count() == 1


def test_revoking_counts_logs_and_tells(superuser, user, other_user):
    passkeys = [make_passkey(user, name="Laptop"), make_passkey(other_user, name="Phone")]

    with listening(passkey_removed) as removed:
        response = revoke(superuser, *passkeys)

    assert messages_of(response) == ["2 passkeys revoked."]
    assert logged(DELETION) == ["Laptop", "Phone"]
    assert {told["user"] for told in removed} == {user, other_user}
    assert {told["request"].user.is_superuser for told in removed} == {True}


def test_revoking_one_passkey_is_told_in_the_singular(superuser, user):
    assert messages_of(revoke(superuser, make_passkey(user))) == ["1 passkey revoked."]


@pytest.mark.parametrize("identity", [REMOTE, GONE], ids=["away", "no longer in the settings"])
def test_copies_that_are_left_are_told(superuser, user, recording_provider, identity):
    recording_provider.error = ProviderUnavailable("away")
    passkeys = [make_passkey(user, provider=identity) for _ in range(2)]

    revoked, left = messages_of(revoke(superuser, *passkeys))

    assert revoked == "2 passkeys revoked."
    assert left.startswith(f"2 copies could not be removed at {identity}.")
    assert "passkeys_sync" in left


def test_a_provider_that_does_not_answer_is_asked_once(superuser, user, recording_provider):
    recording_provider.error = ProviderUnavailable("away")

    _revoked, left = messages_of(revoke(superuser, *[make_passkey(user, provider=REMOTE) for _ in range(3)]))

    assert left.startswith("3 copies could not be removed")
    assert len(recording_provider.calls) == 1
    assert RemovedPasskey.objects.count() == 3


def test_a_provider_that_refuses_one_copy_is_asked_for_the_next(superuser, user, recording_provider):
    recording_provider.error = ProviderRejected("no")

    revoke(superuser, *[make_passkey(user, provider=REMOTE) for _ in range(3)])

    assert len(recording_provider.calls) == 3


def test_a_single_copy_that_is_left_by_the_delete_page_is_told(superuser, user, recording_provider):
    recording_provider.error = ProviderUnavailable("away")
    passkey = make_passkey(user, provider=REMOTE)

    response = superuser.post(delete_url(passkey), {"post": "yes"})

    (left, _deleted) = messages_of(response)
    assert left.startswith(f"1 copy could not be removed at {REMOTE}.")
    assert logged(DELETION) == ["Laptop"]


def test_no_copy_left_is_no_warning(superuser, user, recording_provider):
    passkeys = [make_passkey(user, provider=REMOTE), make_passkey(user)]

    assert messages_of(revoke(superuser, *passkeys)) == ["2 passkeys revoked."]


def test_revoking_is_the_only_action_that_deletes(superuser, user):
    make_passkey(user)

    page = superuser.get(LIST)

    choices = dict(page.context["action_form"].fields["action"].choices)
    del choices[""]
    assert choices == {
        "delete_selected": "Revoke selected passkeys",
        "accept_again": "Accept selected passkeys again",
        "export_csv": "Export selected rows as CSV",
        "export_jsonl": "Export selected rows as JSON lines",
    }


def test_staff_without_permission_to_delete_are_not_offered_to_revoke(user):
    passkey = make_passkey(user)
    clerk = staff_client("view_passkey", "change_passkey")

    page = clerk.get(LIST)
    assert "delete_selected" not in dict(page.context["action_form"].fields["action"].choices)
    revoke(clerk, passkey)
    assert listed(clerk.get(LIST)) == {passkey}


def test_renaming_is_logged(superuser, user):
    passkey = make_passkey(user)

    superuser.post(change_url(passkey), {"name": "Phone"})

    assert logged(CHANGE) == ["Phone"]
    assert LogEntry.objects.get().get_change_message() == "Changed Name."


def test_accepting_again_is_logged_in_no_language(superuser, user):
    refused, fine = make_passkey(user, refused_at="2026-01-01T00:00Z"), make_passkey(user, name="Phone")

    with override("de"):
        run_action(superuser, "accept_again", refused, fine)

    assert logged(CHANGE) == ["Laptop"]
    assert "removed by the provider" in LogEntry.objects.get().change_message


def test_the_log_is_on_the_passkeys_own_page(superuser, user):
    passkey = make_passkey(user)
    superuser.post(change_url(passkey), {"name": "Phone"})

    page = superuser.get(f"{LIST}{quote(str(passkey.pk))}/history/").content.decode()

    assert "Changed Name." in page
