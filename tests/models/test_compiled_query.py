"""The compiled queries find and store what Django's own do."""

import uuid
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.models import Passkey, PasskeyEvent, UserHandle
from passkeys_django.models.compiled_query import CompiledInsert, CompiledQuery, update_if_unchanged
from tests.conftest import make_passkey

pytestmark = pytest.mark.django_db


def values(instance):
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


def test_it_finds_the_same_row_and_user_with_the_same_types_in_one_statement(registered, user):
    expected = Passkey.objects.select_related("user").get()
    with CaptureQueriesContext(connection) as queries:
        found = Passkey.objects.find(expected.credential_id)
        owner = found.user
    assert len(queries) == 1
    assert values(found) == values(expected)
    assert {name: type(value) for name, value in values(found).items()} == {
        name: type(value) for name, value in values(expected).items()
    }
    assert values(owner) == values(get_user_model().objects.get())
    assert (found._state.db, found._state.adding) == ("default", False)


def test_what_it_finds_can_be_changed_and_saved(registered):
    found = Passkey.objects.find(Passkey.objects.get().credential_id)
    found.name = "Phone"
    found.save()
    assert Passkey.objects.get().name == "Phone"


def test_it_finds_nothing_where_there_is_nothing(db):
    assert Passkey.objects.find("bm9uZQ") is None


def test_it_is_compiled_once_for_a_database(registered):
    built = []
    query = CompiledQuery(lambda: built.append(1) or Passkey.objects.filter(name=""))
    name = Passkey.objects.get().name
    assert query.find(name, using="default") == query.find(name, using="default") == Passkey.objects.get()
    assert built == [1]


def test_it_stores_what_save_stores_in_one_statement(user, django_assert_num_queries):
    fields = {
        "kind": "removed",
        "user": user,
        "actor": user,
        "passkey": uuid.uuid4(),
        "name": "Zoë 100 %s",
        "code": "",
        "address": "2001:db8::",
    }
    PasskeyEvent(**fields).save()
    event = PasskeyEvent(**fields, at=PasskeyEvent.objects.get().at)
    with django_assert_num_queries(1):
        CompiledInsert(PasskeyEvent).insert(event, using="default")
    stored, saved = (values(event) for event in PasskeyEvent.objects.all())
    assert stored.pop("id") > saved.pop("id")
    assert stored == saved


def test_it_stores_nothing_for_what_is_left_out(db):
    CompiledInsert(PasskeyEvent).insert(PasskeyEvent(kind="refused"), using="default")
    event = PasskeyEvent.objects.get()
    assert (event.user, event.actor, event.passkey, event.address) == (None, None, None, None)
    assert (event.name, event.code) == ("", "")


CHANGES = {
    "spent": [[1, "Zoë 100 %s"]],
    "transports": [],
    "aaguid": uuid.uuid4(),
    "public_key": b"\x00\xff",
    "backup_eligible": None,
    "backup_state": True,
    "last_used_at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    "refused_at": None,
    "sign_count": 2**31 - 1,
}


def test_it_changes_what_update_changes_in_one_statement(user, django_assert_num_queries):
    by_django, by_us = make_passkey(user), make_passkey(user)
    Passkey.objects.filter(pk=by_django.pk).update(**CHANGES)
    with django_assert_num_queries(1):
        assert update_if_unchanged(by_us, CHANGES, compared="use_count", using="default") is True
    for row in (by_django, by_us):
        row.refresh_from_db()
    assert [getattr(by_us, name) for name in CHANGES] == [getattr(by_django, name) for name in CHANGES]


def test_it_changes_no_row_but_the_one_that_was_read(user):
    changed, other = make_passkey(user), make_passkey(user)
    assert update_if_unchanged(changed, {"name": "Phone"}, compared="use_count", using="default")
    other.refresh_from_db()
    assert other.name == "Laptop"


def test_it_changes_nothing_that_is_not_as_it_was_read(user):
    passkey = make_passkey(user)
    Passkey.objects.update(name="Phone")
    assert update_if_unchanged(passkey, {"use_count": 1}, compared="name", using="default") is False
    passkey.refresh_from_db()
    assert (passkey.name, passkey.use_count) == ("Phone", 0)


def test_it_finds_the_users_handle_in_the_same_statement(registered, user, django_assert_num_queries):
    expected = UserHandle.objects.get(user=user)
    credential_id = Passkey.objects.get().credential_id
    with django_assert_num_queries(1):
        found = Passkey.objects.find(credential_id).user.passkey_handle
    assert values(found) == values(expected)


def test_it_finds_a_user_without_a_handle(user, django_assert_num_queries):
    credential_id = make_passkey(user).credential_id
    with django_assert_num_queries(1):
        owner = Passkey.objects.find(credential_id).user
        assert getattr(owner, "passkey_handle", None) is None
    assert owner == user
