"""F8: what was removed here stays removed, whichever way it went and whatever was forgotten since."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from passkeys_django import lifecycle
from passkeys_django.ceremonies import storing
from passkeys_django.maintenance.adoption import SkipReason
from passkeys_django.maintenance.pruning import Pruned, prune_passkeys
from passkeys_django.maintenance.sync.comparison import Comparison
from passkeys_django.maintenance.sync.repairs import adopt
from passkeys_django.models import Passkey, PasskeyEvent, RemovedPasskey, Tombstone
from passkeys_django.providers import get_provider
from passkeys_django.testing import cose
from passkeys_django.testing.encoding import unb64url
from tests.conftest import Browser, make_passkey
from tests.support.tenant import Tenants, run

pytestmark = pytest.mark.django_db
KEY = cose.generate(cose.ES256).public_key
LONG_AGO = timezone.now() - timedelta(days=900)


@pytest.fixture
def there(hanko_site, tenant):
    return Tenants(hanko_site, tenant)


def by_the_page(passkey):
    browser = Browser().sign_in(passkey.user)
    assert browser.client.post(f"/passkeys/{passkey.pk}/remove/").status_code == 302


def by_pruning(passkey):
    Passkey.objects.update(created_at=LONG_AGO)
    assert list(prune_passkeys(unused_since=timezone.now())) == [Pruned(removed=1, kept=0)]


WAYS = {
    "the page": by_the_page,
    "lifecycle.remove": lifecycle.remove,
    "staff": lambda passkey: lifecycle.revoke([passkey]),
    "row": lambda passkey: passkey.delete(),
    "queryset": lambda passkey: Passkey.objects.all().delete(),
    "pruning": by_pruning,
    "the user's deletion": lambda passkey: passkey.user.delete(),
}


def is_removed(passkey):
    return Tombstone.objects.removed(rp_id=passkey.rp_id, credential_ids=[passkey.credential_id])


@pytest.mark.parametrize("remove", WAYS.values(), ids=list(WAYS))
def test_f8_every_way_of_removing_is_remembered(user, remove):
    passkey = make_passkey(user)
    assert not is_removed(passkey)

    remove(passkey)

    assert is_removed(passkey)
    assert Tombstone.objects.count() == 1


def test_f8_what_its_provider_gave_up_and_sync_removed_is_remembered(there, user):
    passkey = there.here(user)
    run("passkeys_sync", "--remove-missing", yes=True)

    assert not Passkey.objects.exists()
    assert is_removed(passkey)
    assert not RemovedPasskey.objects.exists()


def test_f8_a_tombstone_names_nobody(user):
    passkey = make_passkey(user)
    passkey.delete()

    [row] = Tombstone.objects.values()
    assert row.keys() == {"id", "rp_id", "credential_id_sha256", "removed_at"}
    assert passkey.credential_id not in str(row)


def test_f8_what_a_transaction_took_back_was_not_removed(user, monkeypatch):
    passkey = make_passkey(user)
    monkeypatch.setattr(RemovedPasskey.objects, "remember_all", None)
    Passkey.objects.update(provider="hanko:x")
    with pytest.raises(TypeError), transaction.atomic():
        Passkey.objects.get().delete()

    assert Passkey.objects.get() == passkey
    assert not is_removed(passkey)


def test_f8_adoption_brings_nothing_back_though_all_else_is_forgotten(there, user):
    """The provider's copy comes back with a backup of its, say."""
    copy = there.add_of(user, public_key=KEY)
    passkey = make_passkey(user, credential_id=copy)
    passkey.delete()
    PasskeyEvent.objects.all().delete()
    RemovedPasskey.objects.all().delete()

    printed = run("passkeys_sync", "--adopt", yes=True)

    assert not Passkey.objects.exists()
    assert SkipReason.REMOVED_BEFORE in printed
    outcomes = adopt(get_provider(), Comparison(get_provider()))
    assert [outcome.reason for outcome in outcomes] == [SkipReason.REMOVED_BEFORE]


def test_f8_staff_may_lift_it(there, user):
    copy = there.add_of(user, public_key=KEY)
    make_passkey(user, credential_id=copy).delete()
    RemovedPasskey.objects.all().delete()

    assert Tombstone.objects.lift(rp_id="testserver", credential_id=copy)
    assert not Tombstone.objects.lift(rp_id="testserver", credential_id=copy)
    run("passkeys_sync", "--adopt", yes=True)

    assert Passkey.objects.get().credential_id == copy


def test_f8_what_was_removed_at_another_domain_is_no_business_of_this_one(there, user):
    copy = there.add_of(user, public_key=KEY)
    Tombstone.objects.put_up_all([("other.example", copy)])
    run("passkeys_sync", "--adopt", yes=True)

    assert Passkey.objects.get().credential_id == copy


def test_f8_who_registers_the_credential_anew_has_lifted_it(registered, user):
    passkey = Passkey.objects.get()
    passkey.delete()
    assert is_removed(passkey)

    again = registered.sign_in(user).register(credential_id=unb64url(passkey.credential_id))

    assert again.status_code == 201
    assert not is_removed(passkey)


def test_f8_a_registration_that_is_not_stored_lifts_nothing(registered, user, monkeypatch):
    passkey = Passkey.objects.get()
    passkey.delete()
    monkeypatch.setattr(storing.RemovedPasskey.objects, "named", None)

    with pytest.raises(TypeError):
        registered.sign_in(user).register(credential_id=unb64url(passkey.credential_id))
    assert is_removed(passkey)
