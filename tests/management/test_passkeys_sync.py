"""manage.py passkeys_sync: what it tells, what it repairs, and what it never does unasked."""

import itertools
import secrets
import signal
import sqlite3
import time
import uuid

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from passkeys_django import lifecycle
from passkeys_django.lifecycle.batches import in_pages
from passkeys_django.maintenance import on_disk
from passkeys_django.maintenance.sync import comparison, repairs
from passkeys_django.maintenance.sync.comparison import Comparison
from passkeys_django.maintenance.sync.copies import Deletion, delete_copies
from passkeys_django.maintenance.sync.repairs import remove_missing
from passkeys_django.models import Passkey, PasskeyEvent, RemovedPasskey, Tombstone, UserHandle, new_user_handle
from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.providers import get_provider
from passkeys_django.signals import passkey_removed
from passkeys_django.testing import cose
from passkeys_django.testing.hanko import Response
from tests.conftest import listening, make_passkey, make_user
from tests.support.tenant import Tenants, asked, nobody, run, snapshot

__all__ = ["asked", "nobody"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def there(hanko_site, tenant):
    return Tenants(hanko_site, tenant)


def synced(*args, **options):
    return run("passkeys_sync", *args, **options)


def without_password(name="grace"):
    user = make_user(name)
    user.set_unusable_password()
    user.save()
    return user


# What it shows


def test_each_set_is_counted(there, user):
    there.both(user)
    there.both(user)
    there.here(user)
    there.add_of(user)
    there.add("a stranger")
    there.add_of(user, is_mfa=True)

    text = synced()

    assert text.splitlines() == [
        "Pending removals finished: 0",
        there.identity,
        "On both sides: 2",
        "Only here: 1",
        "Only there: 2",
        "  of users unknown here: 1",
        "Removed here, still there: 0",
        "Second factors, left alone: 1",
    ]


def test_without_options_nothing_is_repaired(there, user):
    there.both(user)
    there.here(user)
    there.add_of(user)
    before = snapshot(there.tenant)

    synced()

    assert snapshot(there.tenant) == before


def test_a_tenant_of_a_thousand_is_compared(there, user, django_assert_max_num_queries):
    for _ in range(1000):
        there.both(user)
    there.here(user)

    with django_assert_max_num_queries(11):  # removals, renames, removals; twice four pages of passkeys
        text = synced()

    assert "On both sides: 1000\nOnly here: 1\nOnly there: 0\n" in text
    assert len([path for _method, path in there.fake.requests if path.endswith("/credentials")]) == 10


def test_rows_of_another_provider_are_none_of_its_business(there, user):
    make_passkey(user)
    make_passkey(user, provider="hanko:another")

    assert "On both sides: 0\nOnly here: 0\nOnly there: 0\n" in synced()


def test_rows_of_a_provider_whose_identity_differs_in_case_stay(there, user):
    """MariaDB compares text without regard to case."""
    make_passkey(user, provider=there.identity.upper())

    assert "Only here: 0\n" in synced(remove_missing=True, yes=True)

    assert Passkey.objects.exists()


def test_a_passkey_that_was_relabelled_is_told_apart_from_an_orphan(there, user):
    passkey = there.both(user)
    Passkey.objects.update(provider="")

    text = synced(remove_orphans=True, yes=True)

    assert "Only there: 1\n  passkeys here, but not as this provider's (see passkeys_migrate): 1\n" in text
    assert there.ids == set()
    assert Passkey.objects.get() == passkey


def test_what_is_here_but_not_as_this_providers_is_not_adopted(there, user):
    copy = there.add_of(user, public_key=cose.generate(-7).public_key)
    make_passkey(user, credential_id=copy, user_handle=UserHandle.objects.for_user(user).handle.encode())

    text = synced(adopt=True)

    assert "  passkeys here, but not as this provider's (see passkeys_migrate): 1\n" in text
    assert "Adopted: 0\n  skipped, already here: 1\n" in text


def test_an_unreadable_credential_is_reported_and_skipped(there, user):
    there.both(user)
    there.tenant.credentials[there.add_of(user)].public_key = "***"
    there.fake.state.remove_credential(there.tenant, there.tenant.credentials[there.add("x")])
    there.add("x", credential_id="not base64url\x1b[31m")
    before = snapshot(there.tenant)

    text = synced(adopt=True, remove_orphans=True, remove_missing=True, yes=True)

    assert text.count("Unreadable, skipped: ") == 2
    assert "\\x1b" in text
    assert "\x1b" not in text
    assert "On both sides: 1\nOnly here: 0\nOnly there: 0\n" in text
    assert snapshot(there.tenant) == before


def test_a_passkey_whose_copy_is_unreadable_is_not_missing(there, user):
    passkey = there.both(user)
    there.tenant.credentials[passkey.credential_id].public_key = "***"

    assert "On both sides: 1\nOnly here: 0\n" in synced(remove_missing=True, yes=True)

    assert Passkey.objects.get() == passkey


@pytest.mark.parametrize("flags", [{"dry_run": True}, {"yes": True}])
def test_second_factors_are_left_alone_both_ways(there, user, flags):
    passkey = there.both(user, refused_at=timezone.now())
    there.tenant.credentials[passkey.credential_id].is_mfa = True
    orphan = there.add_of(user, is_mfa=True)
    before = snapshot(there.tenant)

    text = synced(adopt=True, remove_orphans=True, remove_missing=True, **flags)

    assert "On both sides: 0\nOnly here: 0\nOnly there: 0\n" in text
    assert "Second factors, left alone: 2\n" in text
    assert there.ids == {passkey.credential_id, orphan}
    assert snapshot(there.tenant) == before


def test_security_keys_of_ours_are_compared_like_passkeys_however_the_provider_takes_them(there, user):
    held, mixed, refused = (there.both(user) for _ in range(3))
    there.here(user)
    Passkey.objects.update(kind="security-key")
    Passkey.objects.filter(pk=refused.pk).update(refused_at=timezone.now())
    for key in (held, refused):  # trap 13: the third counts as a passkey there
        there.tenant.credentials[key.credential_id].is_mfa = True

    text = synced(remove_missing=True, adopt=True, remove_orphans=True, yes=True)

    assert "On both sides: 3\nOnly here: 1\nOnly there: 0\n" in text
    assert "Second factors, left alone: " not in text or "Second factors, left alone: 0" in text
    assert there.ids == {held.credential_id, mixed.credential_id, refused.credential_id}
    assert set(Passkey.objects.values_list("kind", "refused_at")) == {("security-key", None)}


def test_a_security_key_that_was_removed_here_is_removed_there(there, user):
    key = there.both(user)
    there.tenant.credentials[key.credential_id].is_mfa = True
    Passkey.objects.update(kind="security-key")
    Passkey.objects.all().delete()

    synced()

    assert there.ids == set()


def test_the_embedded_provider_has_nothing_to_compare(user):
    assert synced() == "Nothing to compare: the passkeys of 'default' are held by this site only.\n"


def test_an_alias_that_is_not_there_is_told_in_one_line(db):
    with pytest.raises(CommandError, match=r"^PASSKEY_PROVIDERS has no entry 'nope'\.$"):
        synced("nope")


def test_another_alias_is_compared_by_its_own_identity(hanko_site, settings, user):
    other = hanko_site.create_tenant(rp_id="testserver", origins=["https://testserver"])
    there = Tenants(hanko_site, other)
    there.both(user)
    options = settings.PASSKEY_PROVIDERS["default"]
    changed = {**options, "OPTIONS": {**options["OPTIONS"], "tenant_id": other.id, "api_key": other.api_key}}
    settings.PASSKEY_PROVIDERS = {"default": options, "old": changed}

    assert f"hanko:{other.id}\nOn both sides: 1\n" in synced("old")


# A provider in trouble


@pytest.mark.parametrize("trouble", [{"drop": True}, {"status": 503}, {"garbage": True}, {"truncate": True}])
def test_a_provider_in_trouble_is_one_line_and_changes_nothing(there, user, trouble):
    there.here(user)
    there.add_of(user)
    before = snapshot(there.tenant)
    for name, value in trouble.items():
        setattr(there.fake.faults, name, value)

    with pytest.raises(CommandError) as caught:
        synced(adopt=True, remove_orphans=True, remove_missing=True, yes=True)

    assert str(caught.value).startswith("Hanko: ")
    assert "\n" not in str(caught.value)
    assert caught.value.returncode == 1
    there.fake.faults.clear()
    assert snapshot(there.tenant) == before


def test_a_wrong_key_is_one_line(there, user):
    there.tenant.secrets.clear()

    with pytest.raises(CommandError, match=r"^Hanko: "):
        synced()


def test_a_provider_that_dies_while_listed_changes_nothing(there, user):
    for _ in range(150):
        there.both(user)
    there.fake.faults.only = lambda request: request.parameter("page") == "2"
    there.fake.faults.drop = True

    with pytest.raises(CommandError):
        synced(remove_missing=True, yes=True)

    assert Passkey.objects.count() == 150


# Listings that change between pages


def meanwhile(fake, page, action):
    """What happens at the provider just before this page is read."""

    def respond(request):
        if request.method == "GET" and request.parameter("page") == str(page):
            fake.faults.respond = None
            action()

    fake.faults.respond = respond


def test_a_passkey_that_a_shifting_listing_leaves_out_is_not_missing(there, user):
    """A deletion moves the later ones forward, so the first one of the second page is on neither."""
    stranger = there.add("a stranger")
    for _ in range(150):
        there.both(user)
    credential = there.tenant.credentials[stranger]
    meanwhile(there.fake, 2, lambda: there.fake.state.remove_credential(there.tenant, credential))

    text = synced(remove_missing=True, yes=True)

    assert "On both sides: 150\nOnly here: 0\n" in text
    assert Passkey.objects.count() == 150


def left_out(there, other_user):
    """The id of a credential that the first list will not name, as in the test above."""
    stranger = there.tenant.credentials[there.add("a stranger")]
    ids = [there.add_of(other_user) for _ in range(150)]
    meanwhile(there.fake, 2, lambda: there.fake.state.remove_credential(there.tenant, stranger))
    return ids[99]


@pytest.mark.parametrize("handle", [b"h" * 43, b"\xff" * 16], ids=["text", "no text"])
def test_w6_a_copy_of_somebody_else_that_a_shifting_listing_leaves_out_keeps_the_passkey(
    there, user, other_user, handle
):
    passkey = there.here(user, credential_id=left_out(there, other_user), user_handle=handle)

    text = synced(remove_missing=True, yes=True)

    assert "On both sides: 1\nOnly here: 0\n" in text
    assert Passkey.objects.get() == passkey


def test_where_many_are_missing_the_whole_list_is_read_again_and_what_it_names_stays(there, user, other_user):
    passkey = there.here(user, credential_id=left_out(there, other_user))
    for _ in range(30):
        there.here(user)

    assert "On both sides: 1\nOnly here: 30\n" in synced()
    assert "Deleted here: 30; " in synced(remove_missing=True, yes=True)

    assert Passkey.objects.get() == passkey


def test_many_that_are_missing_are_not_asked_for_one_by_one_before_anybody_wants_them_deleted(there, user):
    there.both(user)
    for _ in range(30):
        there.here(user)
    there.fake.requests.clear()

    assert "Only here: 30\n" in synced()

    assert len([path for _method, path in there.fake.requests if "/credentials" in path]) == 2


def test_what_the_provider_holds_by_the_time_it_would_be_deleted_here_stays(there, user, other_user):
    """Both lists may have left it out, and it may be the copy of another user."""
    passkey, gone = there.here(user), there.here(user)
    comparison = Comparison(get_provider())
    there.add_of(other_user, credential_id=passkey.credential_id)

    assert list(remove_missing(get_provider(), comparison)) == [[gone]]

    assert Passkey.objects.get() == passkey


# Ctrl-C


STOPPED = r"^Stopped\. What was done stays done\. Run the command again for the rest\.$"


@pytest.mark.parametrize("moment", ["page=2", "question"])
def test_a_list_that_was_cut_off_is_not_compared_and_nothing_is_asked(there, user, asked, moment):
    for _ in range(150):
        there.both(user)
    missing = there.here(user)
    before = snapshot(there.tenant)
    questions = asked("y")

    def stop(request):
        is_question = request.path.endswith(missing.credential_id)
        if is_question if moment == "question" else request.parameter("page") == "2":
            there.fake.faults.respond = None
            signal.raise_signal(signal.SIGINT)

    there.fake.faults.respond = stop
    with pytest.raises(CommandError, match=STOPPED) as caught:
        synced(adopt=True, remove_orphans=True, remove_missing=True)

    assert caught.value.returncode == 128 + signal.SIGINT
    assert questions == []
    assert snapshot(there.tenant) == before


def test_ctrl_c_while_rows_are_read_here_asks_the_provider_nothing(there, user, monkeypatch):
    there.both(user)

    def stop(rows):
        monkeypatch.undo()
        signal.raise_signal(signal.SIGINT)
        return in_pages(rows)

    monkeypatch.setattr(comparison, "in_pages", stop)
    with pytest.raises(CommandError, match=STOPPED):
        synced()

    assert there.fake.requests == []


@pytest.mark.parametrize("what", ["remove_orphans", "remove_missing"])
def test_a_yes_after_ctrl_c_deletes_nothing(there, user, monkeypatch, what):
    there.add("a stranger")
    there.here(user)
    before = snapshot(there.tenant)

    def person(question):
        signal.raise_signal(signal.SIGINT)
        return "y"

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", person)
    with pytest.raises(CommandError, match=STOPPED):
        synced(**{what: True})

    assert snapshot(there.tenant) == before


def test_ctrl_c_finishes_the_batch_of_missing_passkeys_and_begins_no_other(there, user, monkeypatch):
    monkeypatch.setattr(repairs, "ASKED_AT_ONCE", 2)
    for _ in range(5):
        there.here(user)

    with listening(passkey_removed) as received:
        passkey_removed.connect(interrupt)
        try:
            with pytest.raises(CommandError, match=STOPPED):
                synced(remove_missing=True, yes=True)
        finally:
            passkey_removed.disconnect(interrupt)

    assert Passkey.objects.count() == 3
    assert len(received) == 2


def test_what_was_deleted_here_is_counted_where_telling_its_owners_fails(there, user, capsys):
    def fail(**kwargs):
        raise ZeroDivisionError

    for _ in range(3):
        there.here(user)
    passkey_removed.connect(fail)
    try:
        with pytest.raises(ZeroDivisionError):
            call_command("passkeys_sync", remove_missing=True, yes=True)
    finally:
        passkey_removed.disconnect(fail)

    assert not Passkey.objects.exists()
    assert "Deleted here: 3;" in capsys.readouterr().out


def test_ctrl_c_finishes_the_rename_that_was_begun_and_begins_no_other(there, user):
    passkeys = [there.both(user, name="Phone", renamed_at=timezone.now()) for _ in range(3)]

    def stop(request):
        if request.method == "PATCH":
            there.fake.faults.respond = None
            signal.raise_signal(signal.SIGINT)

    there.fake.faults.respond = stop
    with pytest.raises(CommandError, match=STOPPED):
        synced()

    assert [named_there(there, passkey) for passkey in passkeys].count("Phone") == 1
    assert Passkey.objects.filter(renamed_at=None).count() == 1


def test_a_full_disk_is_one_line(there, user, monkeypatch):
    """What a command notes of a million passkeys is in a temporary file."""
    there.both(user)

    def fail(self, sql, rows):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(on_disk.Notes, "write", fail)
    with pytest.raises(CommandError, match=r"^Cannot write a temporary file: database or disk is full\. What "):
        synced()


def interrupt(**kwargs):
    """Asks once: the second Ctrl-C would stop at once."""
    passkey_removed.disconnect(interrupt)
    signal.raise_signal(signal.SIGINT)


def test_a_passkey_that_is_registered_meanwhile_is_neither_missing_nor_an_orphan(there, user):
    for _ in range(150):
        there.both(user)
    new = []
    meanwhile(there.fake, 2, lambda: new.append(there.both(user)))

    text = synced(adopt=True, remove_orphans=True, remove_missing=True, yes=True)

    assert "Only here: 0\nOnly there: 0\n" in text
    assert new[0].credential_id in there.ids
    assert Passkey.objects.count() == 151


def test_a_passkey_that_is_stored_here_but_was_not_listed_yet_is_not_missing(there, user):
    there.both(user)
    meanwhile(there.fake, 1, lambda: there.here(user))

    assert "On both sides: 1\nOnly here: 0\n" in synced(remove_missing=True, yes=True)

    assert Passkey.objects.count() == 2


@pytest.mark.parametrize("is_finished", [True, False])
def test_a_passkey_that_is_removed_meanwhile_is_not_brought_back(there, user, is_finished):
    for _ in range(150):
        passkey = there.both(user)

    def remove():
        passkey.delete()
        if is_finished:
            RemovedPasskey.objects.all().delete()

    meanwhile(there.fake, 2, remove)

    text = synced(adopt=True)

    assert "Only there: 0\n" in text
    assert f"Removed here, still there: {0 if is_finished else 1}\n" in text
    assert Passkey.objects.count() == 149


def test_a_registration_under_way_keeps_its_copy(there, user, monkeypatch):
    """Of a person who signs up nothing is known until the row comes, a moment after the copy: for so long a
    deletion waits, and then looks again."""
    new = there.add(new_user_handle(), created_at=time.time_ns())
    waits = []

    def row_comes(seconds):
        waits.append(seconds)
        make_passkey(user, provider=get_provider().identity, credential_id=new)

    monkeypatch.setattr("passkeys_django.maintenance.sync.repairs.time.sleep", row_comes)
    text = synced(remove_orphans=True, yes=True)

    assert "left alone: a passkey here needs it: 1\n" in text
    assert there.ids == {new}
    assert 1 < waits[0] <= 2


def test_nobody_waits_for_orphans_of_yesterday(there, monkeypatch):
    there.add()
    monkeypatch.setattr(
        "passkeys_django.maintenance.sync.repairs.time.sleep", lambda seconds: pytest.fail("waited")
    )

    assert "Deleted there: 1\n" in synced(remove_orphans=True, yes=True)


# Pending removals


def test_pending_removals_are_finished_first(there, user):
    there.both(user).delete()
    there.both(user).delete()

    text = synced()

    assert text.startswith("Pending removals finished: 2\n")
    assert "Only there: 0\n" in text
    assert there.ids == set()
    assert not RemovedPasskey.objects.exists()


def test_deleting_a_user_leaves_removals_that_sync_finishes(there, user):
    there.both(user)
    there.both(user)
    user.delete()
    assert len(there.ids) == 2

    synced()

    assert there.ids == set()
    assert not RemovedPasskey.objects.exists()


def test_a_pending_removal_of_what_is_gone_there_is_done(there):
    RemovedPasskey.objects.remember(provider=there.identity, credential_id="AAAA", user_handle=b"somebody")

    synced()

    assert not RemovedPasskey.objects.exists()


def test_pending_removals_of_other_providers_stay(there):
    RemovedPasskey.objects.remember(provider="hanko:another", credential_id="AAAA", user_handle=b"somebody")

    synced()

    assert RemovedPasskey.objects.count() == 1


def test_a_passkey_that_is_back_keeps_its_copy_and_the_pending_removal_is_dropped(there, user):
    passkey = there.both(user)
    RemovedPasskey.objects.remember(provider=there.identity, **passkey.at_provider)

    text = synced()

    assert text.startswith("Pending removals finished: 0\n  left alone: a passkey here needs it: 1\n")
    assert there.ids == {passkey.credential_id}
    assert not RemovedPasskey.objects.exists()


def test_the_copy_of_a_passkey_that_was_kept_here_alone_goes(there, user):
    """A registration whose provider died at the very end: the row is ours alone, the copy is to go."""
    passkey = there.both(user)
    Passkey.objects.update(provider="")
    RemovedPasskey.objects.remember(provider=there.identity, **passkey.at_provider)

    synced()

    assert there.ids == set()
    assert Passkey.objects.get() == passkey


# W6: people choose the ids of their credentials, so an id does not say whose a copy is


@pytest.mark.django_db(transaction=True)
def test_w6_a_registration_with_somebody_elses_id_during_an_outage_deletes_nothing_of_theirs(
    there, signed_in, other_user, settings, monkeypatch
):
    settings.PASSKEY_LOCAL_FALLBACK = True
    chosen = secrets.token_bytes(32)
    victims = there.add_of(other_user, credential_id=base64url_encode(chosen))
    options = signed_in.creation_options()
    there.fake.faults.drop = True
    credential = signed_in.authenticator.create(options, credential_id=chosen)
    assert signed_in.post("finalize-registration", credential).status_code == 201
    assert RemovedPasskey.objects.get().credential_id == victims
    there.fake.faults.clear()
    cache.clear()

    synced()

    assert there.ids == {victims}
    assert not RemovedPasskey.objects.exists()


def test_w6_a_removal_deletes_no_copy_of_somebody_elses(there, user, other_user):
    theirs = there.add_of(other_user)
    lifecycle.remove(make_passkey(user, provider=there.identity, credential_id=theirs))

    assert there.ids == {theirs}
    assert not RemovedPasskey.objects.exists()


def test_w6_somebody_elses_pending_removal_hides_no_credential_from_adoption(there, user, other_user):
    theirs = there.add_of(other_user, public_key=cose.generate(-7).public_key)
    RemovedPasskey.objects.remember(provider=there.identity, credential_id=theirs, user_handle=b"mine")

    assert "Adopted: 1\n" in synced(adopt=True)

    assert Passkey.objects.get().user == other_user


def test_w6_a_refused_passkey_is_not_accepted_again_for_somebody_elses_credential(there, user, other_user):
    theirs = there.add_of(other_user)
    passkey = there.here(user, credential_id=theirs, refused_at=timezone.now())

    synced()

    passkey.refresh_from_db()
    assert passkey.refused_at is not None


def test_removals_go_on_where_they_stopped(there, user):
    for _ in range(5):
        there.both(user).delete()
    there.die_after(2)

    with pytest.raises(
        CommandError, match=r"^Hanko: .* What was done stays done\. Run the command again for the rest\.$"
    ):
        synced()
    assert (len(there.ids), RemovedPasskey.objects.count()) == (3, 3)

    there.fake.faults.clear()
    assert synced().startswith("Pending removals finished: 3\n")
    assert (there.ids, RemovedPasskey.objects.count()) == (set(), 0)


def test_a_removal_that_is_refused_stays_and_stops_no_other(there, user):
    first = there.both(user)
    first.delete()
    there.both(user).delete()
    there.fake.faults.only = lambda request: request.path.endswith(first.credential_id)
    there.fake.faults.status = 400

    with pytest.raises(CommandError, match=f"^{there.identity} refused 1 deletions; the log says why.$") as caught:
        synced(adopt=True)

    assert caught.value.returncode == 1
    assert there.ids == {first.credential_id}
    assert RemovedPasskey.objects.get().credential_id == first.credential_id
    assert not Passkey.objects.exists()


# Refused passkeys


# Pending renames


def named_there(there, passkey):
    return there.tenant.credentials[passkey.credential_id].name


def renamed_during_an_outage(there, user, name="Phone"):
    passkey = there.both(user)
    there.fake.faults.drop = True
    lifecycle.rename(passkey, name)
    there.fake.faults.clear()
    return passkey


def test_a_rename_during_an_outage_is_repeated(there, user):
    passkey = renamed_during_an_outage(there, user)
    assert named_there(there, passkey) != "Phone"

    assert "Pending renames that would be finished: 1\n" in synced(dry_run=True)
    assert "Pending renames finished: 1 of 1\n" in synced()

    assert named_there(there, passkey) == "Phone"
    assert "ending renames" not in synced()


def test_names_that_nobody_changed_here_stay_what_they_are_there(there, user):
    passkey = there.both(user, name="Called otherwise here")
    before = named_there(there, passkey)

    synced()

    assert named_there(there, passkey) == before


def test_a_rename_that_the_provider_heard_of_is_not_repeated(there, user):
    lifecycle.rename(there.both(user), "Phone")

    assert "ending renames" not in synced()


def test_a_passkey_that_is_renamed_while_it_is_told_is_told_again(there, user, monkeypatch):
    passkey = renamed_during_an_outage(there, user)

    def rename_meanwhile(request):
        if request.method == "PATCH":
            there.fake.faults.respond = None
            with monkeypatch.context() as patched:
                patched.setattr("passkeys_django.lifecycle.renaming.try_to_rename_copy", lambda passkey: None)
                lifecycle.rename(Passkey.objects.get(), "Laptop")

    there.fake.faults.respond = rename_meanwhile
    synced()
    assert named_there(there, passkey) == "Phone"

    synced()
    assert named_there(there, passkey) == "Laptop"


def test_a_rename_that_is_refused_stays_pending(there, user):
    missing = there.here(user)
    lifecycle.rename(missing, "Phone")

    assert "Pending renames finished: 0 of 1\n" in synced()

    missing.refresh_from_db()
    assert missing.renamed_at is not None


def test_renames_go_on_where_they_stopped(there, user):
    renamed_during_an_outage(there, user)
    there.fake.faults.drop = True

    with pytest.raises(CommandError, match="Run the command again for the rest"):
        synced()

    there.fake.faults.clear()
    assert "Pending renames finished: 1 of 1\n" in synced()


# Refused passkeys


def test_a_refused_passkey_that_the_provider_holds_is_accepted_again(there, user):
    there.both(user, refused_at=timezone.now())
    missing = there.here(user, refused_at=timezone.now())

    assert "Refused once, accepted again: 1\n" in synced()

    assert Passkey.objects.get(refused_at__isnull=False) == missing


def test_a_passkey_that_is_refused_meanwhile_stays_refused(there, user):
    passkey = there.both(user, refused_at=timezone.now())
    meanwhile(there.fake, 1, lambda: Passkey.objects.mark_refused(passkey))

    assert "Refused once, accepted again: 0\n" in synced()

    passkey.refresh_from_db()
    assert passkey.refused_at is not None


# --adopt


def test_an_adopted_passkey_signs_in(hanko_site, tenant, registered, user):
    Passkey.objects.all()._raw_delete("default")
    for credential in tenant.credentials.values():
        credential.created_at -= 3600 * 10**9

    assert "Adopted: 1\n" in synced(adopt=True)

    assert registered.login().status_code == 200
    assert Passkey.objects.get().user == user
    assert "On both sides: 1\nOnly here: 0\nOnly there: 0\n" in synced()


def test_a_user_id_that_is_no_handle_here_is_not_guessed(there, user, browser):
    there.add(str(user.pk))
    there.add(user.get_username())
    there.add("\x00" * 43)

    assert "Adopted: 0\n" in synced(adopt=True)

    assert not Passkey.objects.exists()


def test_a_public_key_that_cannot_be_read_is_not_adopted(there, user):
    there.add_of(user)

    assert "Adopted: 0\n  skipped, unreadable public key: 1\n" in synced(adopt=True)


# --remove-orphans


def test_orphans_are_deleted_at_the_provider(there, user):
    passkey = there.both(user)
    there.add("a stranger")
    there.add("another stranger")

    text = synced(remove_orphans=True, yes=True)

    assert f"Deleting 2 credentials at {there.identity}, 2 of them of users unknown here" in text
    assert "Deleted there: 2\n" in text
    assert there.ids == {passkey.credential_id}


def adopted(there, user, user_id="42", **fields):
    """A passkey that was there before this site: it keeps the tenant's user id as its handle."""
    credential_id = there.add(user_id)
    return make_passkey(
        user, provider=there.identity, credential_id=credential_id, user_handle=user_id.encode(), **fields
    )


def test_w6_credentials_of_people_known_here_are_no_orphans(there, user):
    passkey = adopted(there, user)
    new, own = there.add("42"), there.add_of(user)

    text = synced(remove_orphans=True, yes=True)

    assert "Left alone there, of users known here (--adopt stores what is certainly theirs): 2\n" in text
    assert f"Nothing to delete at {there.identity}\n" in text
    assert there.ids == {passkey.credential_id, new, own}


def test_user_ids_that_differ_only_in_case_are_two_people(there, user, other_user):
    """MariaDB compares text without regard to case."""
    UserHandle.objects.create(user=other_user, handle="ada")
    adopted(there, user, user_id="Ada")
    new = there.add("Ada", public_key=cose.generate(-7).public_key)

    assert "Adopted: 1\n" in synced(adopt=True)

    assert Passkey.objects.get(credential_id=new).user == user


def test_a_new_passkey_of_an_adopted_user_is_adopted(there, user):
    adopted(there, user)
    new = there.add("42", public_key=cose.generate(-7).public_key)

    text = synced(adopt=True, remove_orphans=True, yes=True)

    assert "Only there: 1\nRemoved here" in text
    assert "Adopted: 1\n" in text
    assert Passkey.objects.get(credential_id=new).user == user
    assert new in there.ids


def test_trap_1_a_user_id_of_16_bytes_is_reported(there, user):
    adopted(there, user, "sixteen bytes...")
    there.add("sixteen bytes...", public_key=cose.generate(-7).public_key)

    assert "Adopted: 1\n  adopted; the provider refuses logins under such a user id" in synced(adopt=True)


def test_an_adopted_uuid_is_the_same_user_in_either_spelling(there, user):
    value = uuid.uuid4()
    adopted(there, user, str(value))
    Passkey.objects.update(user_handle=value.bytes)
    there.add(str(value), public_key=cose.generate(-7).public_key)

    assert "Adopted: 1\n" in synced(adopt=True)


def test_a_user_id_that_two_people_have_here_is_neither_guessed_nor_an_orphan(there, user, other_user):
    adopted(there, user)
    adopted(there, other_user)
    new = there.add("42")

    text = synced(adopt=True, remove_orphans=True, yes=True)

    assert "Adopted: 0\n" in text
    assert new in there.ids


def test_two_sites_in_one_tenant_are_told_of_one_another(there, user, asked):
    for number in range(3):
        there.add(f"user {number} of the other site")
    there.both(user)
    Passkey.objects.update(provider="")
    questions = asked("n")

    text = synced(remove_orphans=True)

    assert questions == [
        f"Delete 4 credentials at {there.identity}, "
        "3 of them of users unknown here, perhaps another site's? [y/N] "
    ]
    assert text.endswith("Left as it is.\n")
    assert len(there.ids) == 4


def test_users_whom_only_adopted_passkeys_know_are_not_unknown(there, user):
    make_passkey(user, provider="", user_handle=b"42")
    there.add("42")
    there.add("43")

    text = synced(adopt=True)

    assert "Only there: 2\n  of users unknown here: 1\n" in text
    assert "Adopted: 0\n" in text


@pytest.mark.parametrize("answer", ["y", "yes", " Y "])
def test_a_yes_deletes(there, asked, answer):
    there.add()
    asked(answer)

    synced(remove_orphans=True)

    assert there.ids == set()


@pytest.mark.parametrize("answer", ["", "n", "yess", EOFError()])
def test_anything_but_a_yes_deletes_nothing(there, user, asked, answer):
    there.add()
    there.here(user)
    asked(answer)

    synced(remove_orphans=True, remove_missing=True)

    assert len(there.ids) == 1
    assert Passkey.objects.exists()


def test_without_a_terminal_missing_passkeys_are_removed_as_ordered(there, user, nobody):
    there.here(user)

    assert "Deleted here: 1; " in synced(remove_missing=True)
    assert not Passkey.objects.exists()


def test_without_a_terminal_nothing_is_asked_and_nothing_deleted_at_the_provider(there, user, nobody):
    there.add()
    there.here(user)
    before = snapshot(there.tenant)

    with pytest.raises(CommandError, match=r"^Not done, since nobody can be asked here: .* Add --yes") as caught:
        synced(remove_orphans=True)

    assert caught.value.returncode == 1
    assert "\n" not in str(caught.value)
    assert snapshot(there.tenant) == before


@pytest.mark.usefixtures("nobody")
def test_without_a_terminal_there_is_nothing_to_ask_where_nothing_is_to_be_deleted(there, user):
    there.both(user)

    text = synced(remove_orphans=True, remove_missing=True)

    assert text.endswith(f"Nothing to delete at {there.identity}\nNothing to delete here\n")


def test_without_standard_input_nobody_is_asked(there, monkeypatch):
    there.add()
    monkeypatch.setattr("sys.stdin", None)

    with pytest.raises(CommandError):
        synced(remove_orphans=True)


def test_deleting_orphans_goes_on_where_it_stopped(there):
    for _ in range(5):
        there.add()
    there.die_after(2)

    with pytest.raises(CommandError, match="Run the command again for the rest"):
        synced(remove_orphans=True, yes=True)
    assert len(there.ids) == 3

    there.fake.faults.clear()
    assert "Deleted there: 3\n" in synced(remove_orphans=True, yes=True)
    assert there.ids == set()


def test_a_thousand_orphans_are_deleted(there):
    for number in range(1000):
        there.add(f"user {number}")

    assert "Deleted there: 1000\n" in synced(remove_orphans=True, yes=True)

    assert there.ids == set()


def test_what_is_stored_by_the_time_it_would_be_deleted_is_spared(there, user):
    passkey = there.both(user)

    assert list(delete_copies(get_provider(), get_provider().list_credentials())) == [Deletion.IN_USE]

    assert there.ids == {passkey.credential_id}


def test_what_is_adopted_is_no_orphan_any_more(hanko_site, tenant, registered, user):
    Passkey.objects.all()._raw_delete("default")
    there = Tenants(hanko_site, tenant)
    for credential in tenant.credentials.values():
        credential.created_at -= 3600 * 10**9
    there.add("a stranger")

    text = synced(adopt=True, remove_orphans=True, yes=True)

    assert "Deleting 1 credentials" in text
    assert registered.login().status_code == 200


# --remove-missing


def test_missing_passkeys_are_deleted_here(there, user):
    kept, missing = there.both(user), there.here(user)

    with listening(passkey_removed) as received:
        text = synced(remove_missing=True, yes=True)

    assert "Deleted here: 1; 0 users will have no passkey and no password left\n" in text
    assert Passkey.objects.get() == kept
    assert not RemovedPasskey.objects.exists()
    assert [signal["passkey"].credential_id for signal in received] == [missing.credential_id]


def test_it_says_who_could_not_sign_in_any_more(there, user, asked):
    there.here(user)
    locked_out, with_another, with_another_of_ours = (without_password(name) for name in ("a", "b", "c"))
    there.here(locked_out)
    there.here(locked_out)
    there.here(with_another)
    there.both(with_another)
    there.here(with_another_of_ours)
    make_passkey(with_another_of_ours)
    questions = asked("no")

    synced(remove_missing=True)

    assert questions == [
        f"Delete 5 passkeys here that {there.identity} does not hold "
        "(1 users will have no passkey and no password left)? [y/N] "
    ]
    assert Passkey.objects.count() == 7


def test_staff_may_delete_the_last_passkey(there):
    there.here(without_password())

    assert "1 users will have no passkey and no password left\n" in synced(remove_missing=True, yes=True)

    assert not Passkey.objects.exists()


def test_a_passkey_that_somebody_removes_meanwhile_is_not_signalled_twice(there, user):
    first, second = there.here(user), there.here(user)
    comparison = Comparison(get_provider())
    Passkey.objects.filter(pk=first.pk).delete()

    with listening(passkey_removed) as received:
        assert list(remove_missing(get_provider(), comparison)) == [[second]]

    assert [signal["passkey"] for signal in received] == [second]


def test_a_passkey_that_goes_between_asking_and_deleting_is_not_signalled(there, user):
    there.here(user)
    comparison = Comparison(get_provider())

    def remove(request):
        Passkey.objects.all().delete()

    there.fake.faults.respond = remove
    with listening(passkey_removed) as received:
        assert list(remove_missing(get_provider(), comparison)) == [[]]

    assert received == []


def test_missing_passkeys_are_deleted_in_batches_and_remembered_like_single_ones(there, user, monkeypatch):
    monkeypatch.setattr(repairs, "ASKED_AT_ONCE", 2)
    missing = {there.here(user).pk for _ in range(5)}

    with listening(passkey_removed) as received:
        assert "Deleted here: 5; " in synced(remove_missing=True, yes=True, no_mail=True)

    assert {signal["passkey"].pk for signal in received} == missing
    assert {signal["tell_owner"] for signal in received} == {False}
    assert set(PasskeyEvent.objects.filter(kind="removed").values_list("passkey", flat=True)) == missing
    assert Tombstone.objects.count() == 5
    assert not RemovedPasskey.objects.exists()


def test_it_says_how_many_were_deleted_here_before_the_provider_went_away(there, user, monkeypatch, capsys):
    monkeypatch.setattr(repairs, "ASKED_AT_ONCE", 2)
    ids = {there.here(user).credential_id for _ in range(3)}
    left = itertools.count(2, -1)
    there.fake.faults.only = lambda request: request.path.rpartition("/")[2] in ids and next(left) <= 0
    there.fake.faults.drop = True

    with pytest.raises(CommandError, match="Run the command again for the rest"):
        call_command("passkeys_sync", remove_missing=True, yes=True)

    assert "Deleted here: 2; 0 users" in capsys.readouterr().out
    assert Passkey.objects.count() == 1


# --dry-run


def test_a_dry_run_changes_nothing_anywhere(hanko_site, tenant, registered, user, nobody):
    there = Tenants(hanko_site, tenant)
    Passkey.objects.all()._raw_delete("default")
    for credential in tenant.credentials.values():
        credential.created_at -= 3600 * 10**9
    there.both(user, refused_at=timezone.now())
    there.both(user).delete()
    there.here(user)
    there.add("a stranger")
    before, pending = snapshot(tenant), list(RemovedPasskey.objects.values())
    hanko_site.requests.clear()

    text = synced(adopt=True, remove_orphans=True, remove_missing=True, dry_run=True)

    assert snapshot(tenant) == before
    assert list(RemovedPasskey.objects.values()) == pending
    assert {method for method, _path in hanko_site.requests} == {"GET"}
    assert text.splitlines() == [
        "Pending removals that would be finished: 1",
        there.identity,
        "On both sides: 1",
        "Only here: 1",
        "Only there: 2",
        "  of users unknown here: 1",
        "Removed here, still there: 1",
        "Refused once, would be accepted again: 1",
        "Would adopt: 1",
        f"Would delete 1 credentials at {there.identity}, 1 of them of users unknown here, perhaps another site's",
        f"Would delete 1 passkeys here that {there.identity} does not hold; "
        "0 users will have no passkey and no password left",
    ]


def test_a_garbled_listing_is_one_line(there):
    there.fake.faults.respond = lambda request: Response(status=200, body=b"[{}]")

    with pytest.raises(CommandError, match=r"^Hanko: "):
        synced()
