"""The page with figures: every number on it, and who sees it."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from passkeys_django.exceptions import ProviderUnavailable
from passkeys_django.figures import keeping
from passkeys_django.models import EventKind, PasskeyEvent, RemovedPasskey
from passkeys_django.providers import failover
from tests.conftest import make_passkey, make_user
from tests.providers.recording import REMOTE
from tests.support.staff import FIGURES, LIST, listed, staff_client

pytestmark = pytest.mark.django_db
HELLO = (UUID("08987058-cadc-4b81-b6e1-30de50dcbe96"), UUID("9ddd1817-af5a-4672-a2b9-3e3dd95000a9"))
GONE = "hanko:7e8f4a3c-0000-4000-8000-000000000000"
WEDNESDAY = datetime(2026, 4, 1, 12, tzinfo=UTC)  # clocks went forward in Berlin on the Sunday before


@pytest.fixture
def wednesday(superuser, monkeypatch):
    monkeypatch.setattr(keeping.timezone, "now", lambda: WEDNESDAY)


def shown(client):
    response = client.get(FIGURES)
    assert response.status_code == 200
    return response.context


def providers(client):
    return {row["name"]: row for row in shown(client)["providers"]}


def happened(kind, user, at, code=""):
    PasskeyEvent.objects.create(kind=kind, user=user, at=at, code=code)


# Users and managers


def test_users_with_a_passkey_are_counted_once(superuser, user, other_user):
    make_passkey(user)
    make_passkey(user)

    page = superuser.get(FIGURES)

    assert (page.context["with_passkey"], page.context["users"]) == ("1", "3")  # the superuser has none
    assert "Users with a passkey: 1 of 3." in page.content.decode()


def test_d24_who_may_not_sign_in_is_not_counted(superuser, user, other_user):
    if "is_active" not in {field.name for field in user._meta.get_fields()}:
        pytest.skip("this user model knows no inactive users")
    make_passkey(user)
    make_passkey(other_user)
    other_user.is_active = False
    other_user.save()

    assert (shown(superuser)["with_passkey"], shown(superuser)["users"]) == ("1", "2")


def test_managers_are_counted_by_name(superuser, user):
    for aaguid in (*HELLO, UUID(int=0)):
        make_passkey(user, aaguid=aaguid)

    found = [(manager["name"], manager["count"]) for manager in shown(superuser)["managers"]]
    assert found == [("Windows Hello", "2"), ("Unknown", "1")]


def test_without_passkeys_every_figure_is_nothing(superuser):
    context = shown(superuser)

    assert (context["with_passkey"], context["managers"]) == ("0", [])
    assert all(chart.is_empty for chart in context["charts"])
    assert "No passkeys yet." in superuser.get(FIGURES).content.decode()


# Charts


def numbers(client, chart, label):
    """One number for each week, the running week last."""
    found = next(each for each in shown(client)["charts"] if each.name == chart)
    return next(series.numbers for series in found.series if series.label == label)


def test_logins_are_counted_by_way(superuser, user, wednesday):
    for code in ("", "", "second-step", "confirmation"):
        happened(EventKind.USED, user, WEDNESDAY, code)
    for code in ("password", "password", "password", "other"):
        happened(EventKind.SIGNED_IN, user, WEDNESDAY, code)

    assert [series.numbers for series in shown(superuser)["charts"][0].series] == [[2], [1], [3], [1]]


def test_an_offer_is_taken_or_not(superuser, user, wednesday):
    for _ in range(3):
        happened(EventKind.OFFERED, user, WEDNESDAY, "first")
    happened(EventKind.REGISTERED, user, WEDNESDAY, "offer")
    happened(EventKind.REGISTERED, user, WEDNESDAY)

    assert (numbers(superuser, "offers", "Taken"), numbers(superuser, "offers", "Not taken")) == ([1], [2])
    assert numbers(superuser, "registrations", "Passkeys") == [2]


def test_the_most_common_reasons_of_refusals_have_a_colour_each(superuser, user, wednesday):
    for number in range(7):
        for _ in range(7 - number):
            happened(EventKind.REFUSED, user, WEDNESDAY, f"reason_{number}")

    chart = next(each for each in shown(superuser)["charts"] if each.name == "refusals")

    assert [(series.label, series.numbers) for series in chart.series] == [
        *((f"reason_{number}", [7 - number]) for number in range(5)),
        ("Other", [2 + 1]),
    ]


def test_without_a_history_registrations_are_known_and_logins_are_not(superuser, user, settings, wednesday):
    settings.PASSKEY_EVENTS = False
    make_passkey(user, created_at=WEDNESDAY)
    make_passkey(user, created_at=WEDNESDAY - timedelta(days=7))
    happened(EventKind.USED, user, WEDNESDAY)

    page = superuser.get(FIGURES)

    assert [chart.name for chart in page.context["charts"]] == ["registrations", "people"]
    assert numbers(superuser, "registrations", "Passkeys") == [1, 1]
    assert numbers(superuser, "people", "People") == [1, 1]
    assert "Logins are not counted" in page.content.decode()


def test_each_chart_is_named_and_has_a_table(superuser, user, wednesday):
    happened(EventKind.USED, user, WEDNESDAY)

    page = superuser.get(FIGURES).content.decode()

    assert 'role="img" aria-label="Logins by way, by week, from March 30, 2026 to March 30, 2026.' in page
    assert "<summary>Numbers: Logins by way</summary>" in page
    assert '<th scope="row">March 30, 2026</th><td>1</td><td>0</td><td>0</td><td>0</td>' in page


def test_boxes_that_scroll_are_reached_by_the_keyboard_and_have_a_name(superuser, user, settings, wednesday):
    settings.PASSKEY_POLICY = {"superusers": {"passkey": "optional"}, "everybody": {"passkey": "required"}}
    happened(EventKind.USED, user, WEDNESDAY)

    boxes = re.findall(r"<div [^>]*data-passkey-scroll[^>]*>", superuser.get(FIGURES).content.decode())

    assert len(boxes) == 2 + 3  # picture and table of the one chart that is not empty; managers, providers, policy
    assert all('tabindex="0" role="group" aria-label="' in box for box in boxes)


@pytest.mark.parametrize("language", ["de", "ar"])
def test_coordinates_are_numbers_in_every_language(superuser, user, settings, wednesday, language):
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = language, True
    happened(EventKind.USED, user, WEDNESDAY)

    page = superuser.get(FIGURES, headers={"accept-language": language}).content.decode()

    ours = page.partition("data-passkey-figures")[2].partition('id="footer"')[0]  # the admin has pictures, too
    coordinates = re.findall(r' (?:x|y|dx|dy|width|height|viewBox|d)="([^"]*)"', ours)
    assert coordinates
    assert all(re.fullmatch(r"[-MHVZ0-9. ]*", text) for text in coordinates)


# The age of the figures


def test_the_page_says_when_it_counted_and_counts_again_when_asked(superuser, user, wednesday):
    assert numbers(superuser, "registrations", "Passkeys") == [0]
    happened(EventKind.REGISTERED, user, WEDNESDAY)
    page = superuser.get(FIGURES)
    assert page.context["counted_at"] == WEDNESDAY
    assert "Counted: April 1, 2026" in page.content.decode()
    assert numbers(superuser, "registrations", "Passkeys") == [0]

    assert superuser.post(FIGURES)["Location"] == FIGURES

    assert numbers(superuser, "registrations", "Passkeys") == [1]


def test_a_page_that_had_no_time_says_how_many_weeks_are_left(superuser, user, wednesday, monkeypatch):
    monkeypatch.setattr("passkeys_django.admin.figures.page.PATIENCE", 0)
    happened(EventKind.REGISTERED, user, WEDNESDAY - timedelta(days=21))

    pages = [superuser.get(FIGURES).content.decode() for _ in range(4)]

    assert "3 older weeks are not counted yet." in pages[0]
    assert "1 older week is not counted yet." in pages[2]
    assert "not counted yet" not in pages[3]
    assert numbers(superuser, "registrations", "Passkeys") == [1, 0, 0, 0]


def test_other_staff_cannot_make_the_site_count():
    assert staff_client("view_passkeyevent").post(FIGURES).status_code == 403


# Policy


def test_people_who_must_have_a_passkey_are_counted_by_entry(superuser, user, other_user, settings):
    settings.PASSKEY_POLICY = {"superusers": {"passkey": "optional"}, "everybody": {"passkey": "required"}}
    make_passkey(user, user_verified=True)

    due = shown(superuser)["due"]

    assert due == [{"name": "everybody", "since": None, "people": "2", "lacking": "1"}]


def test_the_people_who_are_due_are_found_in_the_list_of_users(superuser, user, other_user, settings):
    if not admin.site.is_registered(type(user)):
        pytest.skip("this user model is not in the admin")
    settings.PASSKEY_POLICY = {"superusers": {"passkey": "optional"}, "everybody": {"passkey": "required"}}
    make_passkey(user, user_verified=True)

    page = superuser.get(FIGURES)

    url = page.context["due_url"]
    assert f'<a href="{url}">Users who must have a passkey, and have none</a>' in page.content.decode()
    assert listed(superuser.get(url)) == {other_user}


def test_staff_who_may_not_see_users_get_no_link_to_them(settings):
    settings.PASSKEY_POLICY = {"everybody": {"passkey": "required"}}

    assert shown(staff_client("view_passkey"))["due_url"] is None


def test_a_policy_that_is_a_function_is_not_asked_about_everybody(superuser, settings):
    settings.PASSKEY_POLICY = "tests.admin.figures.test_page.policy"

    page = superuser.get(FIGURES)

    assert page.context["due"] == []
    assert "manage.py passkeys_policy" in page.content.decode()


def policy(user):
    return {"passkey": "optional"}


# Providers


def test_a_site_of_its_own_is_its_only_provider(superuser, user):
    make_passkey(user, user_verified=True)

    assert shown(superuser)["providers"] == [
        {"name": "this site only", "state": "up", "passkeys": "1", "pending": "0"},
    ]


def test_every_passkey_is_counted_whoever_holds_it(superuser, user, recording_provider):
    for identity in (REMOTE, REMOTE, GONE, ""):
        make_passkey(user, provider=identity)

    rows = providers(superuser)

    assert next(iter(rows)) == REMOTE
    assert {name: row["passkeys"] for name, row in rows.items()} == {REMOTE: "2", GONE: "1", "this site only": "1"}
    assert rows[GONE]["state"].startswith("not in the settings any more")


def test_copies_that_are_to_go_are_counted(superuser, recording_provider):
    for number, identity in enumerate([REMOTE, REMOTE, GONE]):
        RemovedPasskey.objects.remember(provider=identity, credential_id=f"AAA{number}", user_handle=b"x")

    assert {name: row["pending"] for name, row in providers(superuser).items()} == {REMOTE: "2", GONE: "1"}


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
    superuser.get(FIGURES)
    with CaptureQueriesContext(connection) as few:
        superuser.get(FIGURES)
    for number in range(20):
        someone = make_user(f"user{number}")
        make_passkey(someone, aaguid=UUID(int=number), provider=f"hanko:{number}")
        happened(EventKind.USED, someone, timezone.now())

    with CaptureQueriesContext(connection) as many:
        superuser.get(FIGURES)

    assert len(many) == len(few) <= 5


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
    make_passkey(user, user_verified=True)
    make_passkey(user, kind="security-key")
    make_passkey(other_user, kind="security-key")

    figures_shown = shown(superuser)

    assert (figures_shown["with_passkey"], figures_shown["with_security_key"]) == ("1", "2")
    assert "second step after the password: 2." in superuser.get(FIGURES).content.decode()
