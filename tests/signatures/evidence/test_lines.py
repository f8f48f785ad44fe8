"""Many signatures are read in batches, oldest first, and each becomes one line."""

import json
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.models import PasskeySignature
from passkeys_django.signatures.evidence.export import evidence_of
from passkeys_django.signatures.evidence.lines import evidence_lines, one_by_one
from tests.support.evidence import copies, make_signature

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 5, 3, 12, tzinfo=UTC)


def test_batches_lose_and_repeat_nothing_even_at_one_moment(user, monkeypatch):
    monkeypatch.setattr("passkeys_django.signatures.evidence.lines.BATCH_SIZE", 7)
    first = make_signature(user, created_at=MOMENT)
    for minutes in (0, 0, 1, 2):
        moment = MOMENT + timedelta(minutes=minutes)
        PasskeySignature.objects.bulk_create(copies(first, 10, created_at=moment))

    read = list(one_by_one(PasskeySignature.objects.all()))

    assert len({signature.pk for signature in read}) == len(read) == 41
    assert [signature.created_at for signature in read] == sorted(signature.created_at for signature in read)


def test_the_conditions_of_the_query_hold_in_each_batch(user, other_user, monkeypatch):
    monkeypatch.setattr("passkeys_django.signatures.evidence.lines.BATCH_SIZE", 2)
    for person in (user, other_user):
        PasskeySignature.objects.bulk_create(copies(make_signature(person), 5))

    read = list(one_by_one(PasskeySignature.objects.filter(user=user)))

    assert {signature.user_id for signature in read} == {user.pk}
    assert len(read) == 6


def test_a_line_is_the_evidence_in_ascii(user):
    signature = make_signature(user, data={"to": "Größe \u0131", "note": "one\ntwo"})

    (line,) = evidence_lines(PasskeySignature.objects.all())

    assert json.loads(line) == evidence_of(signature)
    assert line.isascii()
    assert line.count("\n") == 1


def test_no_signatures_are_no_lines(db):
    assert list(evidence_lines(PasskeySignature.objects.all())) == []


def test_a_batch_is_one_query(user, monkeypatch):
    monkeypatch.setattr("passkeys_django.signatures.evidence.lines.BATCH_SIZE", 5)
    PasskeySignature.objects.bulk_create(copies(make_signature(user), 9))

    with CaptureQueriesContext(connection) as queries:
        assert len(list(evidence_lines(PasskeySignature.objects.all()))) == 10

    assert len(queries) == len(["first", "second", "empty"])


def test_memory_stays_flat(user, monkeypatch):
    monkeypatch.setattr("passkeys_django.signatures.evidence.lines.BATCH_SIZE", 50)
    first = make_signature(user)

    def peak(count):
        PasskeySignature.objects.exclude(pk=first.pk).delete()
        PasskeySignature.objects.bulk_create(copies(first, count - 1))
        tracemalloc.start()
        assert sum(1 for _line in evidence_lines(PasskeySignature.objects.all())) == count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(10)  # what is read once
    assert peak(500) < 1.5 * peak(150)
