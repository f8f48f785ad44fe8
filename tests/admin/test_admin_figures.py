"""The page with figures: every number on it, and who sees it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from passkeys_django.admin import figures
from passkeys_django.exceptions import ProviderUnavailable
from passkeys_django.models import EventKind, PasskeyEvent, RemovedPasskey
from passkeys_django.providers import failover
from tests.conftest import make_passkey, make_user
from tests.providers.recording import REMOTE
from tests.support.staff import FIGURES, LIST, staff_client

pytestmark = pytest.mark.django_db
HELLO = (UUID("08987058-cadc-4b81-b6e1-30de50dcbe96"), UUID("9ddd1817-af5a-4672-a2b9-3e3dd95000a9"))
GONE = "hanko:7e8f4a3c-0000-4000-8000-000000000000"
WEDNESDAY = datetime(2026, 4, 1, 12, tzinfo=UTC)  # clocks went forward in Berlin on the Sunday before


@pytest.fixture
def wednesday(monkeypatch, settings):
    monkeypatch.setattr(figures.timezone, "now", lambda: WEDNESDAY if settings.USE_TZ else local(WEDNESDAY))


def local(moment):
    """Without a time zone, in TIME_ZONE."""
    return timezone.make_naive(moment, timezone.get_default_timezone())


def shown(client):
    response = client.get(FIGURES)
    assert response.status_code == 200
    return response.context


def providers(client):
    return {row["name"]: row for row in shown(client)["providers"]}


def happened(kind, user, at):
    PasskeyEvent.objects.create(kind=kind, user=user, at=at)


# Users and managers


def test_users_with_a_passkey_are_counted_once(superuser, user, other_user):
    make_passkey(user)
    make_passkey(user)

    page = superuser.get(FIGURES)

    assert (page.context["with_passkey"], page.context["users"]) == (1, 3)  # the superuser has none
    assert "Users with a passkey: 1 of 3." in page.content.decode()


def test_d24_who_may_not_sign_in_is_not_counted(superuser, user, other_user):
    if "is_active" not in {field.name for field in user._meta.get_fields()}:
        pytest.skip("this user model knows no inactive users")
    make_passkey(user)
    make_passkey(other_user)
    other_user.is_active = False
    other_user.save()

    assert (shown(superuser)["with_passkey"], shown(superuser)["users"]) == (1, 2)


def test_managers_are_counted_by_name(superuser, user):
    for aaguid in (*HELLO, UUID(int=0)):
        make_passkey(user, aaguid=aaguid)

    assert shown(superuser)["managers"] == [("Windows Hello", 2), ("Unknown", 1)]


def test_without_passkeys_every_figure_is_nothing(superuser):
    context = shown(superuser)

    assert (context["with_passkey"], context["managers"]) == (0, [])
    assert {(week["registrations"], week["logins"]) for week in context["weeks"]} == {(0, 0)}
    assert "No passkeys yet." in superuser.get(FIGURES).content.decode()


# Weeks


@pytest.mark.parametrize("use_tz", [True, False])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo"])
def test_a_week_begins_on_monday_where_the_site_is(superuser, user, settings, wednesday, zone, use_tz):
    settings.TIME_ZONE, settings.USE_TZ = zone, use_tz
    monday = datetime(2026, 3, 30, tzinfo=ZoneInfo(zone))
    first = datetime(2026, 2, 9, tzinfo=ZoneInfo(zone))
    second = timedelta(seconds=1)
    stored = (lambda moment: moment) if use_tz else local
    for at in (monday - second, monday, monday + second, first - second, first):
        happened(EventKind.REGISTERED, user, stored(at))
    happened(EventKind.USED, user, stored(monday))

    weeks = shown(superuser)["weeks"]

    assert [week["monday"] for week in weeks] == [monday.date() - timedelta(weeks=number) for number in range(8)]
    assert [week["registrations"] for week in weeks] == [2, 1, 0, 0, 0, 0, 0, 1]
    assert [week["logins"] for week in weeks] == [1, 0, 0, 0, 0, 0, 0, 0]


def test_only_registrations_and_logins_are_counted(superuser, user):
    for kind in EventKind:
        happened(kind, user, timezone.now())

    this_week = shown(superuser)["weeks"][0]

    assert (this_week["registrations"], this_week["logins"]) == (1, 1)


def test_without_a_history_registrations_are_known_and_logins_are_not(superuser, user, settings, wednesday):
    settings.PASSKEY_EVENTS = False
    make_passkey(user, created_at=WEDNESDAY)
    make_passkey(user, created_at=WEDNESDAY - timedelta(days=7))
    happened(EventKind.USED, user, WEDNESDAY)

    page = superuser.get(FIGURES)

    assert [week["registrations"] for week in page.context["weeks"]] == [1, 1, 0, 0, 0, 0, 0, 0]
    assert "Logins are not counted" in page.content.decode()
    assert page.content.decode().count("<td>\N{EN DASH}</td>") == 8


# Providers


def test_a_site_of_its_own_is_its_only_provider(superuser, user):
    make_passkey(user)

    assert shown(superuser)["providers"] == [
        {"name": "this site only", "state": "up", "passkeys": 1, "pending": 0},
    ]


def test_every_passkey_is_counted_whoever_holds_it(superuser, user, recording_provider):
    for identity in (REMOTE, REMOTE, GONE, ""):
        make_passkey(user, provider=identity)

    rows = providers(superuser)

    assert next(iter(rows)) == REMOTE
    assert {name: row["passkeys"] for name, row in rows.items()} == {REMOTE: 2, GONE: 1, "this site only": 1}
    assert rows[GONE]["state"].startswith("not in the settings any more")


def test_copies_that_are_to_go_are_counted(superuser, recording_provider):
    for number, identity in enumerate([REMOTE, REMOTE, GONE]):
        RemovedPasskey.objects.remember(provider=identity, credential_id=f"AAA{number}", user_handle=b"x")

    assert {name: row["pending"] for name, row in providers(superuser).items()} == {REMOTE: 2, GONE: 1}


def test_a_provider_is_watched_with_local_fallback_only(superuser, recording_provider, settings):
    assert providers(superuser)[REMOTE]["state"].startswith("not watched")

    settings.PASSKEY_LOCAL_FALLBACK = True
    assert providers(superuser)[REMOTE]["state"] == "up"


def test_a_provider_that_is_down_is_told(superuser, recording_provider, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True

    def fail(_provider):
        raise ProviderUnavailable("away")

    with pytest.raises(ProviderUnavailable):
        failover.call(recording_provider, fail)
    assert providers(superuser)[REMOTE]["state"].startswith("down")

    cache.clear()
    assert providers(superuser)[REMOTE]["state"] == "up"


# The page


def test_the_figures_ask_no_provider(superuser, user, recording_provider):
    make_passkey(user, provider=REMOTE)

    shown(superuser)

    assert recording_provider.calls == []


def test_more_passkeys_take_no_more_queries(superuser, user):
    with CaptureQueriesContext(connection) as few:
        superuser.get(FIGURES)
    for number in range(20):
        someone = make_user(f"user{number}")
        make_passkey(someone, aaguid=UUID(int=number), provider=f"hanko:{number}")
        happened(EventKind.USED, someone, timezone.now())

    with CaptureQueriesContext(connection) as many:
        superuser.get(FIGURES)

    assert len(many) == len(few) <= 10


def test_whoever_may_view_passkeys_sees_the_figures(db):
    assert staff_client("view_passkey").get(FIGURES).status_code == 200


@pytest.mark.parametrize("permissions", [(), ("view_passkeyevent",), ("add_passkey",)], ids=str)
def test_other_staff_see_no_figures(permissions):
    assert staff_client(*permissions).get(FIGURES).status_code == 403


def test_visitors_are_led_to_the_login_page(client):
    assert client.get(FIGURES)["Location"].startswith("/admin/login/")


def test_the_figures_lead_back_to_the_list(superuser):
    assert f'href="{LIST}"' in superuser.get(FIGURES).content.decode()


def test_people_with_security_keys_are_counted_apart(superuser, user, other_user):
    make_passkey(user)
    make_passkey(user, kind="security-key")
    make_passkey(other_user, kind="security-key")

    figures_shown = shown(superuser)

    assert (figures_shown["with_passkey"], figures_shown["with_security_key"]) == (1, 2)
    assert "second step after the password: 2." in superuser.get(FIGURES).content.decode()
