"""Actions on more rows than one request can do: each request does a batch, and its page goes on."""

import re
from html import unescape

import pytest
from django.contrib.admin.filters import RelatedOnlyFieldListFilter
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core import signing

from passkeys_django.admin import PasskeyAdmin, batches
from passkeys_django.models import Passkey
from passkeys_django.sessions.impersonation import AUTHENTICATION
from tests.conftest import make_passkey, make_user
from tests.providers.recording import REMOTE
from tests.support.evidence import SIGNATURES
from tests.support.staff import EVENTS, LIST, messages_of, staff_client

pytestmark = pytest.mark.django_db
ROWS = 7


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(batches, "CHUNK", 2)
    monkeypatch.setattr(batches, "MOST_ROWS", 4)
    monkeypatch.setattr(batches, "MOST_SECONDS", 600)


@pytest.fixture
def passkeys(user):
    return [make_passkey(user, refused_at="2026-01-01T00:00Z") for _ in range(ROWS)]


def select_all(client, action, query=""):
    key = Passkey.objects.values_list("pk", flat=True)[0]
    return client.post(
        f"{LIST}{query}", {"action": action, "select_across": "1", "index": "0", "_selected_action": [str(key)]}
    )


def fields_of(response):
    """What the form of the page posts."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', response.content.decode())
    return {unescape(name): unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def go_on(client, response, query=""):
    return client.post(f"{LIST}{query}", fields_of(response))


def test_all_that_is_selected_is_revoked_in_batches(superuser, passkeys):
    asked = select_all(superuser, "delete_selected")
    assert len(fields_of(asked)) < 10

    first = go_on(superuser, asked)
    page = first.content.decode()
    assert "4 passkeys are done." in page
    assert "data-passkey-continue" in page
    assert "passkeys_django/passkeys_continue.js" in page
    assert Passkey.objects.count() == ROWS - 4
    last = go_on(superuser, first)

    assert messages_of(last) == ["7 passkeys revoked."]
    assert not Passkey.objects.exists()
    assert LogEntry.objects.filter(action_flag=DELETION).count() == ROWS


def test_a_request_that_takes_long_ends_after_the_chunk_that_has_begun(superuser, passkeys, monkeypatch):
    monkeypatch.setattr(batches, "MOST_SECONDS", 0)

    go_on(superuser, select_all(superuser, "delete_selected"))

    assert Passkey.objects.count() == ROWS - 2


def test_a_batch_that_is_sent_twice_does_no_harm(superuser, passkeys):
    first = go_on(superuser, select_all(superuser, "delete_selected"))

    go_on(superuser, first)
    again = go_on(superuser, first)

    assert again.status_code == 302
    assert not Passkey.objects.exists()
    assert LogEntry.objects.filter(action_flag=DELETION).count() == ROWS


@pytest.fixture
def held_elsewhere(user):
    """As many as one request revokes."""
    return [make_passkey(user, provider=REMOTE) for _ in range(4)]


def test_a_filter_holds_when_all_that_it_offered_is_gone(superuser, passkeys, held_elsewhere):
    query = f"?provider={REMOTE}"
    asked = select_all(superuser, "delete_selected", query)
    first = go_on(superuser, asked, query)

    for sent in (first, asked, first):
        go_on(superuser, sent, query)

    assert set(Passkey.objects.all()) == set(passkeys)


def test_a_filter_of_the_site_that_offers_nothing_any_more_ends_the_action(
    superuser, passkeys, held_elsewhere, monkeypatch
):
    """Django leaves out a filter that has a single choice, and then shows all rows."""
    monkeypatch.setattr(PasskeyAdmin, "list_filter", [("user", RelatedOnlyFieldListFilter)])
    other = make_passkey(make_user("grace"))
    query = f"?user__{get_user_model()._meta.pk.name}__exact={other.user_id}"
    asked = select_all(superuser, "delete_selected", query)

    for _ in range(2):
        go_on(superuser, asked, query)

    assert set(Passkey.objects.all()) == {*passkeys, *held_elsewhere}


def test_what_is_created_after_the_question_stays(superuser, user, passkeys):
    asked = select_all(superuser, "delete_selected")
    newer = make_passkey(user)

    go_on(superuser, go_on(superuser, asked))

    assert Passkey.objects.get() == newer


def test_only_what_was_searched_is_revoked(superuser, other_user, passkeys):
    other = make_passkey(other_user)
    query = f"?q={passkeys[0].user.get_username()}"

    go_on(superuser, go_on(superuser, select_all(superuser, "delete_selected", query), query), query)

    assert Passkey.objects.get() == other


def test_passkeys_of_staff_stay_in_every_batch(passkeys):
    boss = make_user("boss", is_staff=True)
    theirs = {make_passkey(boss, name="Safe").pk for _ in range(3)}
    clerk = staff_client("view_passkey", "delete_passkey")
    asked = select_all(clerk, "delete_selected")

    last = go_on(clerk, go_on(clerk, go_on(clerk, asked)))

    assert set(Passkey.objects.values_list("pk", flat=True)) == theirs
    assert "Safe" in messages_of(last)[-1]


def test_too_many_to_be_named_are_counted(superuser, passkeys, monkeypatch):
    monkeypatch.setattr("passkeys_django.admin.passkeys.MOST_LISTED", 3)

    page = select_all(superuser, "delete_selected").content.decode()

    assert "7 passkeys are selected." in page
    assert passkeys[0].name not in page


def test_refused_passkeys_are_accepted_again_in_batches(superuser, passkeys):
    last = go_on(superuser, select_all(superuser, "accept_again"))

    assert last.status_code == 302
    assert not Passkey.objects.filter(refused_at__isnull=False).exists()
    assert LogEntry.objects.filter(action_flag=CHANGE).count() == ROWS


def test_a_batch_goes_on_where_the_page_of_the_list_is_gone(superuser, passkeys, monkeypatch):
    monkeypatch.setattr("passkeys_django.admin.passkeys.PasskeyAdmin.list_per_page", 4)

    asked = select_all(superuser, "delete_selected", "?p=2&provider=embedded")
    assert f'action="{LIST}?provider=embedded"' in asked.content.decode()

    last = go_on(superuser, go_on(superuser, asked, "?provider=embedded"), "?provider=embedded")
    assert messages_of(last) == ["7 passkeys revoked."]


ANOTHER_VERSIONS = [
    signing.dumps(value, salt=batches._SALT)
    for value in ({"copies_left": {}, "until": "2026-01-01", "renamed": 1}, {"until": "2026-01-01"}, [], None)
]


# Signed values have the time in them, but a test has the same name in each process: so they have numbers.
@pytest.mark.parametrize("progress", ["", "x", "\x00", "a:b:c", "[" * 100_000, *range(len(ANOTHER_VERSIONS))])
def test_an_action_begins_anew_if_the_form_has_no_progress_of_ours(superuser, passkeys, progress):
    first = go_on(superuser, select_all(superuser, "delete_selected"))
    told = progress if isinstance(progress, str) else ANOTHER_VERSIONS[progress]
    fields = fields_of(first) | {batches.PROGRESS: told}

    assert messages_of(superuser.post(LIST, fields)) == ["3 passkeys revoked."]


def test_nobody_makes_up_what_was_done(superuser, passkeys):
    first = go_on(superuser, select_all(superuser, "delete_selected"))
    signed = fields_of(first)[batches.PROGRESS]
    made_up = signing.dumps({"until": "9999-12-31", "rows": 10**9}, salt="another")

    for forged in (made_up, signed.replace(":", "x:", 1)):
        last = superuser.post(LIST, fields_of(first) | {batches.PROGRESS: forged})
        assert "1000000" not in messages_of(last)[0]


@pytest.mark.parametrize("across", ["1", "on", "true", "True"])
def test_select_all_is_read_as_django_reads_it(superuser, user, passkeys, across):
    asked = superuser.post(
        LIST, {"action": "delete_selected", "_selected_action": [passkeys[0].pk], "select_across": across}
    )
    newer = make_passkey(user)

    go_on(superuser, go_on(superuser, asked))

    assert Passkey.objects.get() == newer


@pytest.mark.parametrize("across", ["0", "", "false"])
def test_one_row_is_not_all_of_them(superuser, passkeys, across):
    asked = superuser.post(
        LIST, {"action": "delete_selected", "_selected_action": [passkeys[0].pk], "select_across": across}
    )

    assert messages_of(go_on(superuser, asked)) == ["1 passkey revoked."]


@pytest.mark.parametrize("key", ["x", "", "-1", "\x00", "1.5", "é", "9" * 40, "9" * 5000])
@pytest.mark.parametrize("address", [LIST, EVENTS, SIGNATURES], ids=["passkeys", "events", "signatures"])
def test_a_key_that_no_row_can_have_is_a_bad_request(superuser, passkeys, address, key):
    if address == EVENTS and key == "-1":
        pytest.skip("a number that a row could have")

    for action in ("delete_selected", "accept_again", "export_jsonl"):
        fields = {"action": action, "_selected_action": [key], "post": "yes"}
        assert superuser.post(address, fields).status_code == 400


def test_staff_who_lost_the_permission_do_no_further_batch(passkeys):
    clerk = staff_client("view_passkey", "delete_passkey")
    first = go_on(clerk, select_all(clerk, "delete_selected"))
    Permission.objects.get(codename="delete_passkey").user_set.clear()

    go_on(clerk, first)

    assert Passkey.objects.count() == ROWS - 4


def test_a_site_that_shows_staff_some_rows_lets_them_revoke_no_others(
    superuser, other_user, passkeys, monkeypatch
):
    hidden = make_passkey(other_user)
    monkeypatch.setattr(
        PasskeyAdmin, "get_queryset", lambda *_args: Passkey.objects.exclude(user_id=other_user.pk)
    )
    asked = select_all(superuser, "delete_selected")

    go_on(superuser, go_on(superuser, asked))
    fields = fields_of(asked) | {"select_across": "0", "_selected_action": str(hidden.pk)}
    superuser.post(LIST, fields)

    assert Passkey.objects.get() == hidden


def test_a_batch_needs_a_token_against_forged_requests(superuser, passkeys):
    asked = select_all(superuser, "delete_selected")
    superuser.handler.enforce_csrf_checks = True

    assert go_on(superuser, asked).status_code == 403
    assert Passkey.objects.count() == ROWS


def test_a_run_that_takes_too_long_asks_staff_to_confirm_and_does_nothing_meanwhile(superuser, passkeys):
    first = go_on(superuser, select_all(superuser, "delete_selected"))
    session = superuser.session
    session[AUTHENTICATION] |= {"at": session[AUTHENTICATION]["at"] - 3600}
    session.save()

    assert go_on(superuser, first).status_code == 302
    assert Passkey.objects.count() == ROWS - 4
