"""manage.py passkeys_migrate: relabelling rows for good, whoever is gone."""

import signal
import uuid

import pytest
from django.core.management import CommandError
from django.utils import timezone

from passkeys_django.maintenance import relabelling
from passkeys_django.models import Passkey, RemovedPasskey
from tests.conftest import hanko_settings, make_passkey
from tests.support.tenant import Tenants, asked, nobody, run, snapshot

__all__ = ["asked", "nobody"]
pytestmark = pytest.mark.django_db
GONE = "hanko:0b4d7c5e-7a43-4b8f-9d0c-2f5a1c6e8d90"


@pytest.fixture
def there(hanko_site, tenant):
    return Tenants(hanko_site, tenant)


def migrated(source, target, **options):
    return run("passkeys_migrate", source, target, **options)


def providers():
    return sorted(Passkey.objects.values_list("provider", flat=True))


# Leaving


def test_a_login_works_after_leaving_for_good(hanko_site, tenant, registered, settings):
    del settings.PASSKEY_PROVIDERS
    hanko_site.faults.drop = True
    hanko_site.requests.clear()

    assert migrated(f"hanko:{tenant.id}", "embedded") == "Relabelled: 1\n"

    assert providers() == [""]
    assert registered.login().status_code == 200
    assert hanko_site.requests == []


def test_a_login_works_after_joining_again(hanko_site, tenant, registered, settings):
    at_hanko = settings.PASSKEY_PROVIDERS
    identity = f"hanko:{tenant.id}"
    migrated(identity, "embedded")
    settings.PASSKEY_PROVIDERS = {}
    del settings.PASSKEY_PROVIDERS
    assert registered.login().status_code == 200
    settings.PASSKEY_PROVIDERS = at_hanko

    assert migrated("embedded", "default") == "Relabelled: 1\n"

    assert providers() == [identity]
    hanko_site.requests.clear()
    assert registered.login().status_code == 200
    assert ("POST", f"/{tenant.id}/login/finalize") in hanko_site.requests


def test_only_rows_of_the_source_are_relabelled(user):
    make_passkey(user, provider=GONE)
    make_passkey(user, provider="hanko:other")
    make_passkey(user)

    assert migrated(GONE, "embedded") == "Relabelled: 1\n"

    assert providers() == ["", "", "hanko:other"]


def test_a_passkey_that_its_provider_gave_up_stays_refused(user):
    make_passkey(user, provider=GONE, refused_at=timezone.now())

    migrated(GONE, "embedded")

    assert Passkey.objects.get().refused_at is not None


def test_pending_removals_of_the_source_stay_and_are_counted(user):
    make_passkey(user, provider=GONE).delete()
    make_passkey(user, provider=GONE)

    text = migrated(GONE, "embedded")

    assert text.endswith(f"Removals that {GONE} has not heard of yet, kept for passkeys_sync: 1\n")
    assert RemovedPasskey.objects.get().provider == GONE


def test_a_thousand_rows_take_one_update_a_batch(user, django_assert_num_queries):
    for _ in range(1000):
        make_passkey(user, provider=GONE)

    with django_assert_num_queries(7) as queries:  # count; twice a batch and its update; no more rows; pending
        assert migrated(GONE, "embedded") == "Relabelled: 1000\n"

    assert len([query for query in queries if query["sql"].startswith("UPDATE")]) == 2
    assert set(providers()) == {""}


def test_a_row_that_is_removed_meanwhile_is_not_counted(user):
    make_passkey(user, provider=GONE)
    rows = list(Passkey.objects.all())
    Passkey.objects.all().delete()

    assert relabelling._update(rows, GONE, {"provider": ""}) == 0


# Joining


def test_a_provider_is_asked_what_it_holds(there, user):
    held = there.both(user, refused_at=timezone.now())
    left = there.here(user)
    Passkey.objects.update(provider="")

    text = migrated("embedded", "default")

    assert text == (
        "Relabelled: 1\n"
        f"Left with embedded, since {there.identity} does not hold them: 1\n"
        f"  {left.credential_id}\n"
    )
    held.refresh_from_db()
    left.refresh_from_db()
    assert (held.provider, held.refused_at) == (there.identity, None)
    assert left.provider == ""


def test_what_is_left_stays_refused(there, user):
    there.here(user, provider="", refused_at=timezone.now())

    migrated("embedded", "default")

    assert Passkey.objects.get().refused_at is not None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda there, passkey: setattr(there.tenant.credentials[passkey.credential_id], "is_mfa", True),
        lambda there, passkey: setattr(there.tenant.credentials[passkey.credential_id], "public_key", "*"),
        lambda there, passkey: Passkey.objects.update(user_handle=b"somebody else"),
        lambda there, passkey: RemovedPasskey.objects.remember(provider=there.identity, **passkey.at_provider),
    ],
    ids=["a second factor", "unreadable", "another user's", "to be removed"],
)
def test_a_copy_that_is_no_good_counts_as_none(there, user, spoil):
    passkey = there.both(user)
    Passkey.objects.update(provider="")
    spoil(there, passkey)

    assert "Relabelled: 0\n" in migrated("embedded", "default")

    assert providers() == [""]


def test_a_thousand_that_are_not_there_are_not_all_named(there, user):
    for _ in range(1000):
        make_passkey(user)

    text = migrated("embedded", "default")

    assert "Relabelled: 0\n" in text
    assert "does not hold them: 1000\n" in text
    assert len(text.splitlines()) == 23


def test_running_it_again_does_the_rest(there, user):
    passkey = there.here(user, provider="")
    migrated("embedded", "default")
    there.add(bytes(passkey.user_handle).decode(), credential_id=passkey.credential_id)

    assert migrated("embedded", "default") == "Relabelled: 1\n"


def test_a_provider_that_is_away_changes_nothing(there, user):
    there.both(user)
    Passkey.objects.update(provider="")
    there.fake.faults.drop = True

    with pytest.raises(CommandError, match=r"^Hanko: [^\n]*$") as caught:
        migrated("embedded", "default")

    assert caught.value.returncode == 1
    assert providers() == [""]


def test_a_target_that_cannot_be_asked_is_taken_at_its_word(user):
    make_passkey(user, refused_at=timezone.now())

    text = migrated("embedded", GONE)

    assert text == f"{GONE} cannot be asked what it holds: its passkeys are verified here.\nRelabelled: 1\n"
    assert providers() == [GONE]
    assert Passkey.objects.get().refused_at is not None


# Names


def test_from_and_to_are_two(db):
    with pytest.raises(CommandError, match=r"^FROM and TO are both embedded\.$"):
        migrated("embedded", "default")


def test_an_identity_is_found_however_its_uuid_is_written(user):
    make_passkey(user, provider=GONE)

    migrated("hanko:" + uuid.UUID(GONE.removeprefix("hanko:")).hex.upper(), "embedded")

    assert providers() == [""]


def test_an_identity_without_a_uuid_is_taken_as_it_is(user):
    make_passkey(user, provider="other:Thing")

    migrated("other:Thing", "embedded")

    assert providers() == [""]


def test_an_alias_with_a_colon_is_an_alias(there, user, settings):
    settings.PASSKEY_PROVIDERS = {"eu:one": settings.PASSKEY_PROVIDERS["default"]}
    there.both(user)

    migrated("eu:one", "embedded")

    assert providers() == [""]


@pytest.mark.parametrize("name", ["nope", "", "x:" + "y" * 254])
def test_a_name_that_means_nothing_is_one_line(db, name):
    with pytest.raises(CommandError, match=r"^[^\n]+$"):
        migrated(name, "embedded")


def test_a_source_without_passkeys_says_where_they_are(user):
    make_passkey(user)
    make_passkey(user, provider="hanko:other")
    make_passkey(user, provider="hanko:other")

    text = migrated(GONE, "embedded")

    assert text == f"No passkeys of {GONE} here.\n  embedded: 1\n  hanko:other: 2\n"


def test_settings_that_make_no_provider_are_one_line(user, settings, tenant):
    settings.PASSKEY_PROVIDERS = hanko_settings(tenant, tenant_id="not a UUID")
    make_passkey(user)

    with pytest.raises(CommandError, match=r"^tenant_id .*UUID\.$"):
        migrated("embedded", "default")


# Asking


def test_it_asks_on_a_terminal(user, asked):
    make_passkey(user, provider=GONE)
    questions = asked("n")

    assert migrated(GONE, "embedded") == "Left as it is.\n"

    assert questions == [f"Turn 1 passkeys of {GONE} into passkeys of embedded? [y/N] "]
    assert providers() == [GONE]


@pytest.mark.parametrize("options", [{}, {"yes": True}])
def test_a_yes_relabels(user, asked, options):
    make_passkey(user, provider=GONE)
    questions = asked("y")

    assert migrated(GONE, "embedded", **options) == "Relabelled: 1\n"

    assert bool(questions) is not bool(options)


@pytest.mark.usefixtures("nobody")
def test_it_asks_nothing_where_there_is_no_terminal(user):
    make_passkey(user, provider=GONE)

    assert migrated(GONE, "embedded") == "Relabelled: 1\n"


def test_a_dry_run_changes_nothing_anywhere(there, user, nobody):
    there.both(user, refused_at=timezone.now())
    there.here(user)
    Passkey.objects.update(provider="")
    before = snapshot(there.tenant)
    there.fake.requests.clear()

    text = migrated("embedded", "default", dry_run=True)

    assert text.startswith(f"Would relabel: 1\nLeft with embedded, since {there.identity}")
    assert snapshot(there.tenant) == before
    assert {method for method, _path in there.fake.requests} == {"GET"}


def test_a_security_key_moves_however_the_target_takes_it(there, user):
    """A passkey's row stays where it is if the target holds a second factor: it could not log in there."""
    rows = [there.both(user) for _ in range(3)]
    Passkey.objects.filter(pk__in=[row.pk for row in rows[:2]]).update(kind="security-key")
    Passkey.objects.update(provider="")
    for row in rows[1:]:
        there.tenant.credentials[row.credential_id].is_mfa = True

    migrated("embedded", "default")

    moved = Passkey.objects.exclude(provider="")
    assert {row.pk for row in moved} == {row.pk for row in rows[:2]}


# Ctrl-C


def test_a_list_that_was_cut_off_relabels_nothing(there, user):
    for _ in range(150):
        there.both(user)
    Passkey.objects.update(provider="")
    pages = []

    def stop(request):
        pages.append(request.parameter("page"))
        if len(pages) == 1:
            signal.raise_signal(signal.SIGINT)

    there.fake.faults.respond = stop
    with pytest.raises(CommandError, match=r"^Stopped\.") as caught:
        migrated("embedded", "default")

    assert caught.value.returncode == 128 + signal.SIGINT
    assert len(pages) == 1
    assert set(providers()) == {""}
