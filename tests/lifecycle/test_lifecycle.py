"""What happens to a passkey after its registration, here and at a provider that keeps a copy."""

import logging

import pytest
from django.contrib.auth import get_user_model

from passkeys_django import lifecycle
from passkeys_django.exceptions import InvalidRequest, LastPasskey, ProviderRejected, ProviderUnavailable
from passkeys_django.models import Passkey, RemovedPasskey, UserHandle
from passkeys_django.providers import get_provider
from passkeys_django.signals import passkey_removed
from tests.conftest import listening, make_passkey
from tests.providers.recording import RECORDING, REMOTE

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings):
    settings.PASSKEY_PROVIDERS = {"default": RECORDING}
    return get_provider()


@pytest.fixture
def without_password(user):
    user.set_unusable_password()
    user.save()
    return user


# The last passkey


def test_l1_a_user_without_a_password_keeps_the_last_passkey(without_password):
    passkey = make_passkey(without_password)

    with pytest.raises(LastPasskey) as caught:
        lifecycle.remove(passkey)

    assert (caught.value.code, caught.value.status) == ("last_passkey", 409)
    assert Passkey.objects.get() == passkey


def test_the_provider_keeps_the_last_passkey_too(without_password, provider):
    passkey = make_passkey(without_password, provider=REMOTE)

    with listening(passkey_removed) as received, pytest.raises(LastPasskey):
        lifecycle.remove(passkey)

    assert provider.calls == []
    assert received == []
    assert not RemovedPasskey.objects.exists()


def test_a_user_without_a_password_may_remove_all_but_one(without_password):
    first, second = make_passkey(without_password), make_passkey(without_password)

    lifecycle.remove(first)

    with pytest.raises(LastPasskey):
        lifecycle.remove(second)
    assert Passkey.objects.get() == second


def test_l1_somebody_elses_passkey_does_not_count_as_another_one(without_password, other_user):
    make_passkey(other_user)

    with pytest.raises(LastPasskey):
        lifecycle.remove(make_passkey(without_password))


def test_l1_a_user_with_a_password_may_remove_the_last_passkey(user):
    lifecycle.remove(make_passkey(user))

    assert not Passkey.objects.exists()


def test_l2_staff_may_revoke_the_last_passkey(without_password):
    lifecycle.revoke([make_passkey(without_password)])

    assert not Passkey.objects.exists()


def test_of_two_removals_at_once_the_slower_sees_the_faster(without_password, monkeypatch):
    """The one that loses the compare-and-set reads again, and finds that its passkey is the last by now."""
    first, second = make_passkey(without_password), make_passkey(without_password)
    compare_and_set = type(UserHandle.objects).compare_and_set
    attempts = []

    def overtaken(manager, handle, **kwargs):
        attempts.append(handle.use_count)
        if len(attempts) == 1:
            lifecycle.remove(first)
        return compare_and_set(manager, handle, **kwargs)

    monkeypatch.setattr(type(UserHandle.objects), "compare_and_set", overtaken)

    with pytest.raises(LastPasskey):
        lifecycle.remove(second)

    assert attempts == [0, 0, 1]
    assert Passkey.objects.get() == second


# Signals


@pytest.mark.parametrize(
    "act", [lifecycle.remove, lambda passkey, **kwargs: lifecycle.revoke([passkey], **kwargs)]
)
def test_a_removal_is_signalled_after_the_row_is_gone(user, rf, act):
    passkey, request = make_passkey(user), rf.post("/")
    with listening(passkey_removed) as received:
        act(passkey, request=request)

    (signal,) = received
    assert (signal["sender"], signal["request"], signal["user"]) == (Passkey, request, user)
    assert signal["passkey"].pk == passkey.pk
    assert not Passkey.objects.filter(pk=passkey.pk).exists()


def test_outside_of_a_request_the_signal_has_none(user):
    with listening(passkey_removed) as received:
        lifecycle.remove(make_passkey(user))

    assert received[0]["request"] is None


def test_revoking_many_signals_each(user, other_user):
    passkeys = {make_passkey(user).pk, make_passkey(user).pk, make_passkey(other_user).pk}

    with listening(passkey_removed) as received:
        lifecycle.revoke(Passkey.objects.all())

    assert {signal["passkey"].pk for signal in received} == passkeys
    assert not Passkey.objects.exists()


# RemovedPasskey


@pytest.mark.parametrize(
    "delete",
    [
        lambda passkey: passkey.delete(),
        lambda passkey: Passkey.objects.filter(pk=passkey.pk).delete(),
        lambda passkey: Passkey.objects.all().delete(),
        lambda passkey: passkey.user.delete(),
        lambda passkey: get_user_model().objects.all().delete(),
    ],
    ids=["the row", "a queryset", "all rows", "the user", "all users"],
)
def test_a_remote_passkey_is_remembered_however_it_is_deleted(user, delete):
    passkey = make_passkey(user, provider=REMOTE)

    delete(passkey)

    removed = RemovedPasskey.objects.get()
    assert (removed.provider, removed.credential_id) == (REMOTE, passkey.credential_id)


@pytest.mark.parametrize("delete", [lambda passkey: passkey.delete(), lambda passkey: passkey.user.delete()])
def test_a_passkey_that_only_this_site_holds_is_not_remembered(user, delete):
    delete(make_passkey(user))

    assert not RemovedPasskey.objects.exists()


def test_a_passkey_of_a_provider_that_is_gone_is_remembered(user):
    lifecycle.remove(make_passkey(user, provider="hanko:gone"))

    assert RemovedPasskey.objects.get().provider == "hanko:gone"


# The provider's copy


def test_removing_deletes_the_providers_copy(user, provider):
    passkey = make_passkey(user, provider=REMOTE)

    lifecycle.remove(passkey)

    assert provider.calls == [("delete", passkey.credential_id)]
    assert not Passkey.objects.exists()
    assert not RemovedPasskey.objects.exists()


def test_revoking_deletes_the_providers_copies(user, other_user, provider):
    passkeys = [make_passkey(user, provider=REMOTE), make_passkey(other_user, provider=REMOTE)]

    lifecycle.revoke(passkeys)

    assert provider.calls == [("delete", passkey.credential_id) for passkey in passkeys]
    assert not RemovedPasskey.objects.exists()


@pytest.mark.parametrize("error", [ProviderUnavailable("away"), ProviderRejected("no such key")])
@pytest.mark.parametrize("act", [lifecycle.remove, lambda passkey: lifecycle.revoke([passkey])])
def test_a_removal_holds_here_when_the_provider_fails(user, provider, caplog, act, error):
    passkey = make_passkey(user, provider=REMOTE)
    provider.error = error

    with listening(passkey_removed) as received, caplog.at_level(logging.INFO, "passkeys_django"):
        act(passkey)

    assert not Passkey.objects.exists()
    assert RemovedPasskey.objects.get().credential_id == passkey.credential_id
    assert len(received) == 1
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert REMOTE in record.getMessage()
    assert str(error) in record.getMessage()


def test_revoking_goes_on_when_the_provider_fails(user, provider):
    make_passkey(user, provider=REMOTE)
    make_passkey(user, provider=REMOTE)
    provider.error = ProviderUnavailable("away")

    lifecycle.revoke(Passkey.objects.all())

    assert not Passkey.objects.exists()
    assert RemovedPasskey.objects.count() == 2


def removed(user, **fields):
    """A passkey whose row is gone, and whose copy is still to go."""
    passkey = make_passkey(user, **{"provider": REMOTE} | fields)
    Passkey.objects.get(pk=passkey.pk).delete()
    return passkey


def test_a_pending_removal_is_done_when_the_copy_is_gone(user, provider):
    done, left = removed(user), removed(user)
    names = {"credential_id": done.credential_id, "user_handle": done.user_handle}
    elsewhere = RemovedPasskey.objects.remember(provider="hanko:other", **names)
    of_another = RemovedPasskey.objects.remember(provider=REMOTE, **names | {"user_handle": b"another"})

    assert lifecycle.delete_copy(done) is True

    assert set(RemovedPasskey.objects.all()) == {
        RemovedPasskey.objects.named(provider=REMOTE, **left.at_provider).get(),
        elsewhere,
        of_another,
    }


def test_a_pending_removal_stays_while_the_provider_fails(user, provider):
    provider.error = ProviderUnavailable("away")

    assert lifecycle.delete_copy(removed(user)) is False

    assert RemovedPasskey.objects.count() == 1


@pytest.mark.parametrize("identity", ["", "hanko:gone"])
def test_there_is_no_copy_to_delete_where_nobody_keeps_one(user, provider, identity):
    assert lifecycle.delete_copy(removed(user, provider=identity)) is False

    assert provider.calls == []


def test_the_embedded_provider_has_no_copy_to_delete(user):
    passkey = make_passkey(user)
    lifecycle.remove(passkey)

    assert lifecycle.delete_copy(passkey) is False


@pytest.mark.parametrize("identity", ["", "hanko:gone"])
def test_a_provider_hears_nothing_of_passkeys_that_it_does_not_hold(user, provider, identity):
    passkey = make_passkey(user, provider=identity)

    lifecycle.rename(passkey, "Phone")
    lifecycle.remove(passkey)

    assert provider.calls == []


# Names


def test_renaming_changes_the_name_here_and_at_the_provider(user, provider):
    passkey = make_passkey(user, provider=REMOTE)

    assert lifecycle.rename(passkey, "  My phone ") is passkey

    passkey.refresh_from_db()
    assert passkey.name == "My phone"
    assert provider.calls == [("rename", passkey.credential_id, "My phone")]


@pytest.mark.parametrize("error", [ProviderUnavailable("away"), ProviderRejected("no such key")])
def test_a_new_name_holds_here_when_the_provider_fails(user, provider, caplog, error):
    passkey = make_passkey(user, provider=REMOTE)
    provider.error = error

    with caplog.at_level(logging.INFO, "passkeys_django"):
        lifecycle.rename(passkey, "Phone")

    passkey.refresh_from_db()
    assert passkey.name == "Phone"
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert REMOTE in record.getMessage()


def test_renaming_touches_nothing_but_the_name(user):
    stale = make_passkey(user)
    Passkey.objects.filter(pk=stale.pk).update(use_count=7, sign_count=9)

    lifecycle.rename(stale, "Phone")

    stored = Passkey.objects.get()
    assert (stored.name, stored.use_count, stored.sign_count) == ("Phone", 7, 9)


BAD_NAMES = [
    None,
    "",
    "   ",
    "\u2003",
    "\u200b",
    " \u200b\u200d\u2060\ufeff ",
    "\ufe0f",
    "\u2028\u202e",
    "\u3164",
    "x" * 101,
    "a\x00b",
    "a\nb",
    "a\x1bb",
    "\x7f",
    "\ud800",
    5,
    True,
    ["x"],
    {},
]


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: ascii(name)[:20])
def test_an_unusable_name_changes_nothing(user, provider, name):
    passkey = make_passkey(user, provider=REMOTE)

    with pytest.raises(InvalidRequest) as caught:
        lifecycle.rename(passkey, name)

    assert "100" in str(caught.value.user_message)
    assert passkey.name == "Laptop"
    passkey.refresh_from_db()
    assert passkey.name == "Laptop"
    assert provider.calls == []
