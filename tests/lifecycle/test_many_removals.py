"""Removing many passkeys at once does for each of them what a single removal does."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models.signals import pre_delete
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from passkeys_django.lifecycle.many_removals import announce, prune_many, revoke_many
from passkeys_django.models import Passkey, PasskeyEvent, RemovedPasskey, Tombstone, UserHandle
from passkeys_django.signals import passkey_removed
from tests.conftest import listening, make_passkey, make_user
from tests.models.test_models import ReplicaRouter

pytestmark = pytest.mark.django_db
GONE = "hanko:gone"


@pytest.fixture
def without_password(user):
    user.set_unusable_password()
    user.save()
    return user


def everyone():
    return Passkey.objects.on_primary().order_by("created_at", "pk")


def prune(passkeys=None):
    rows = everyone() if passkeys is None else passkeys
    return prune_many(rows, owners=set(rows.values_list("user_id", flat=True)))


REMOVE = {
    "revoke": lambda: announce(revoke_many(everyone())),
    "prune": lambda: announce(prune()[0]),
}


@pytest.mark.parametrize("remove", REMOVE.values(), ids=list(REMOVE))
def test_each_removal_is_remembered_written_and_signalled_once(user, other_user, remove):
    passkeys = [make_passkey(user, provider=GONE), make_passkey(user), make_passkey(other_user, provider=GONE)]

    with listening(passkey_removed) as received:
        remove()

    assert not Passkey.objects.exists()
    assert [signal["passkey"].pk for signal in received] == [passkey.pk for passkey in passkeys]
    assert [signal["user"] for signal in received] == [user, user, other_user]
    assert {(signal["sender"], signal["request"], signal["tell_owner"]) for signal in received} == {
        (Passkey, None, True)
    }
    events = PasskeyEvent.objects.filter(kind="removed").values_list("passkey", "user", "name", "actor")
    assert set(events) == {(passkey.pk, passkey.user_id, passkey.name, None) for passkey in passkeys}
    assert Tombstone.objects.count() == 3
    for passkey in passkeys:
        assert Tombstone.objects.removed(rp_id="testserver", credential_ids=[passkey.credential_id])
        pending = RemovedPasskey.objects.named(provider=GONE, **passkey.at_provider)
        assert pending.exists() is (passkey.provider == GONE)


@pytest.mark.parametrize("remove", REMOVE.values(), ids=list(REMOVE))
def test_what_cannot_be_written_is_not_removed_and_not_signalled(user, monkeypatch, remove):
    passkey = make_passkey(user)
    monkeypatch.setattr(Tombstone.objects, "put_up_all", None)

    with listening(passkey_removed) as received, pytest.raises(TypeError):
        remove()

    assert Passkey.objects.get() == passkey
    assert received == []
    assert not PasskeyEvent.objects.exists()


def fail(**kwargs):
    raise ZeroDivisionError


def test_a_removal_after_a_batch_that_failed_is_remembered(user):
    passkey = make_passkey(user)
    pre_delete.connect(fail, sender=Passkey)
    try:
        with pytest.raises(ZeroDivisionError):
            revoke_many(everyone())
    finally:
        pre_delete.disconnect(fail, sender=Passkey)

    passkey.delete()

    assert Tombstone.objects.count() == 1


@pytest.mark.parametrize("remove", REMOVE.values(), ids=list(REMOVE))
def test_a_receiver_that_fails_keeps_nobody_else_from_being_told(user, other_user, remove):
    passkeys = [make_passkey(owner) for owner in (user, other_user)]
    with listening(passkey_removed) as received:
        passkey_removed.connect(fail)
        try:
            with pytest.raises(ZeroDivisionError):
                remove()
        finally:
            passkey_removed.disconnect(fail)

    assert [signal["passkey"].pk for signal in received] == [passkey.pk for passkey in passkeys]


def test_ctrl_c_while_owners_are_told_says_how_many_were_not(user, other_user, caplog):
    def interrupt(user, **kwargs):
        if user == other_user:
            raise KeyboardInterrupt

    for owner in (user, other_user, user):
        make_passkey(owner)
    passkey_removed.connect(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            announce(revoke_many(everyone()))
    finally:
        passkey_removed.disconnect(interrupt)

    assert caplog.messages == ["Passkeys were removed, and the owners of at least 2 of them were not told"]


def test_an_owner_who_is_deleted_meanwhile_stops_no_batch(user):
    passkey = make_passkey(user)
    gone = make_user("gone")
    owners = [user.pk, gone.pk]
    gone.delete()

    assert prune_many(everyone(), owners=owners) == ([passkey], [])
    connection.check_constraints()


def test_staff_may_remove_last_passkeys(without_password):
    passkey = make_passkey(without_password)

    assert revoke_many(everyone()) == [passkey]


def test_pruning_leaves_the_last_one_in_the_order_that_it_was_given(without_password, other_user):
    first, last = make_passkey(without_password), make_passkey(without_password)
    another = make_passkey(other_user)  # of somebody who has a password

    assert prune() == ([first, another], [last])
    assert Passkey.objects.get() == last


def test_pruning_leaves_the_one_that_works_though_it_comes_first(without_password):
    works, refused = make_passkey(without_password), make_passkey(without_password, refused_at=timezone.now())

    assert prune() == ([refused], [works])


def test_pruning_takes_security_keys_which_let_nobody_in_alone(without_password):
    passkey, key = make_passkey(without_password), make_passkey(without_password, kind="security-key")

    assert prune() == ([key], [passkey])


def test_a_passkey_that_is_not_to_go_counts_as_a_way_in(without_password):
    going, staying = make_passkey(without_password), make_passkey(without_password)

    assert prune(everyone().filter(pk=going.pk)) == ([going], [])
    assert Passkey.objects.get() == staying


def test_passkeys_of_other_people_are_not_touched(user, other_user):
    mine, theirs = make_passkey(user), make_passkey(other_user)

    removed, kept = prune_many(everyone(), owners=[user.pk])

    assert (removed, kept) == ([mine], [])
    assert Passkey.objects.get() == theirs


def test_owners_are_locked_before_their_passkeys_are_read(user, other_user):
    """A registration or removal of an owner that runs meanwhile is seen, or waits."""
    for owner in (user, other_user):
        make_passkey(owner)
    count = UserHandle.objects.for_user(user).use_count

    with CaptureQueriesContext(connection) as queries:
        prune()

    statements = [query["sql"] for query in queries]
    lock = next(
        number for number, sql in enumerate(statements) if sql.startswith("UPDATE") and "userhandle" in sql.lower()
    )
    read = next(number for number, sql in enumerate(statements) if "public_key" in sql)
    assert lock < read
    assert UserHandle.objects.for_user(user).use_count > count
    assert UserHandle.objects.for_user(other_user).use_count == 1  # a handle that was missing


def test_rows_are_locked_without_their_users(user):
    """FOR UPDATE of a join would lock the users too, and MariaDB has no FOR UPDATE OF."""
    make_passkey(user)
    with CaptureQueriesContext(connection) as queries:
        prune()

    read = next(query["sql"] for query in queries if "public_key" in query["sql"])
    assert " JOIN " not in read
    assert read.endswith("FOR UPDATE") or connection.vendor == "sqlite"


def test_nothing_is_removed_where_nothing_was_given(db):
    assert revoke_many(everyone()) == []
    assert prune() == ([], [])


@pytest.mark.parametrize("remove", REMOVE.values(), ids=list(REMOVE))
def test_everything_is_read_where_it_is_written(user, remove):
    make_passkey(user)
    with override_settings(DATABASE_ROUTERS=[ReplicaRouter()]), listening(passkey_removed) as received:
        remove()

    assert [signal["user"] for signal in received] == [user]
    assert PasskeyEvent.objects.get().kind == "removed"


def test_a_hundred_people_take_as_many_statements_as_ten(db):
    def statements(number):
        for each in range(number):
            make_passkey(make_user(f"user{number}-{each}"))
        with CaptureQueriesContext(connection) as queries:
            prune()
        return len(queries)

    few = statements(10)
    assert statements(100) <= few + 2  # events are stored a hundred at a time


def test_groups_of_the_policy_are_asked_for_once_for_all_owners(db, settings):
    settings.PASSKEY_POLICY = {
        "group:Finance": {"passkey": "required", "password": "refused"},
        "everybody": {"passkey": "optional"},
    }
    people = [make_user(f"user{number}") for number in range(10)]
    passkeys = [make_passkey(person) for person in people]
    people[0].groups.add(Group.objects.create(name="Finance"))

    with CaptureQueriesContext(connection) as queries:
        removed, kept = prune()

    assert [passkey.pk for passkey in kept] == [passkeys[0].pk]
    assert len(removed) == 9
    assert sum(Group._meta.db_table in query["sql"] for query in queries) == 1
