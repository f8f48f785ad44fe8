"""A tenant and our rows, put together by hand, for the commands that compare them."""

import io
import itertools
import time

import pytest
from django.core.management import call_command

from passkeys_django.models import Passkey, UserHandle
from tests.conftest import make_passkey

HOUR = 60 * 60
KEY = b"key"


def run(command, *args, **options):
    """What a command printed."""
    out = io.StringIO()
    call_command(command, *args, stdout=out, no_color=True, **options)
    return out.getvalue()


class Tenants:
    """Fills a tenant of the fake with credentials as they were registered an hour ago."""

    def __init__(self, fake, tenant):
        self.fake, self.tenant = fake, tenant
        self.identity = f"hanko:{tenant.id}"
        self.ages = itertools.count()

    @property
    def ids(self):
        return set(self.tenant.credentials)

    def add(self, user_id="somebody", **members):
        """A credential there. Not two of the same instant: those have no order in a listing."""
        created_at = int((time.time() - HOUR) * 1_000_000) * 1000 + next(self.ages) * 1000
        members = {"created_at": created_at, "public_key": KEY} | members
        return self.fake.add_credential(self.tenant, user_id=user_id, **members).id

    def add_of(self, user, **members):
        """A credential there of a user here, without a row."""
        return self.add(UserHandle.objects.for_user(user).handle, **members)

    def both(self, user, **fields):
        """A passkey on both sides."""
        handle = UserHandle.objects.for_user(user).handle
        credential_id = self.add(handle)
        return make_passkey(
            user,
            provider=self.identity,
            credential_id=credential_id,
            user_handle=handle.encode(),
            public_key=KEY,
            **fields,
        )

    def here(self, user, **fields):
        """A passkey that the tenant does not hold."""
        return make_passkey(user, **{"provider": self.identity} | fields)

    def die_after(self, deletions):
        """The tenant answers so many deletions and is gone then."""
        left = itertools.count(deletions, -1)
        self.fake.faults.only = lambda request: request.method == "DELETE" and next(left) <= 0
        self.fake.faults.drop = True


def snapshot(tenant):
    """Everything that a dry run could change."""
    return (
        sorted(Passkey.objects.values_list("pk", "provider", "refused_at", "use_count")),
        sorted(UserHandle.objects.values_list("handle", flat=True)),
        sorted(tenant.credentials),
    )


@pytest.fixture
def asked(monkeypatch):
    """Puts somebody before a terminal; returns a function that gives the answer, and what was asked."""

    def person(answer):
        questions = []

        def reply(question):
            questions.append(question)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", reply)
        return questions

    return person


@pytest.fixture
def nobody(monkeypatch):
    """No terminal: whoever asks fails the test."""

    def fail(question):
        raise AssertionError(question)

    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("builtins.input", fail)
