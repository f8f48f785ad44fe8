"""C2, D31: clocks that disagree, and a site that keeps local time through the hour that comes twice."""

import time
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from passkeys_django.models import Passkey, PasskeyEvent
from tests.conftest import Browser, make_user, moved_clock, refusal
from tests.support.staff import EVENTS, FIGURES, LIST

pytestmark = pytest.mark.django_db
EXPIRED = (400, "ceremony_expired")
AHEAD_AND_BEHIND = pytest.mark.parametrize("seconds", [20, -20, 29, -29])


@pytest.fixture(params=["embedded", "hanko"])
def provider(request):
    return request.getfixturevalue("hanko_site") if request.param == "hanko" else None


@AHEAD_AND_BEHIND
def test_c2_a_login_begun_on_a_server_with_another_clock_works(provider, registered, user, seconds):
    with moved_clock(seconds):
        options = registered.request_options()

    assert registered.post("finalize-login", registered.authenticator.get(options)).status_code == 200
    assert registered.user_id == str(user.pk)


@AHEAD_AND_BEHIND
def test_c2_a_login_finished_on_a_server_with_another_clock_works(provider, registered, seconds):
    credential = registered.authenticator.get(registered.request_options())

    with moved_clock(seconds):
        assert registered.post("finalize-login", credential).status_code == 200


@AHEAD_AND_BEHIND
def test_c2_a_registration_across_servers_with_other_clocks_works(provider, user, seconds):
    with moved_clock(seconds):
        browser = Browser().sign_in(user)
    options = browser.creation_options()

    with moved_clock(seconds):
        assert browser.post("finalize-registration", browser.authenticator.create(options)).status_code == 201


@pytest.mark.parametrize("seconds", [31, 60, 3600])
def test_c2_a_challenge_from_further_in_the_future_is_refused(provider, registered, seconds):
    with moved_clock(seconds):
        options = registered.request_options()

    assert refusal(registered.post("finalize-login", registered.authenticator.get(options))) == EXPIRED


def test_c2_a_replay_on_a_server_with_another_clock_is_used(registered):
    with moved_clock(20):
        credential = registered.authenticator.get(registered.request_options())
        cookies = {name: morsel.value for name, morsel in registered.client.cookies.items() if morsel.value}
        assert registered.post("finalize-login", credential).status_code == 200

    for seconds in (-9, 0, 20):
        registered.client.cookies.load(cookies)
        with moved_clock(seconds):
            assert refusal(registered.post("finalize-login", credential)) == (409, "ceremony_used")


# USE_TZ = False in Berlin, on the night of 25 October 2026: 02:59:59 is followed by 02:00:00.

END = datetime(2026, 10, 25, 1, 0, tzinfo=UTC).timestamp()


class Clock(datetime):
    """PyJWT asks `datetime`, which no patch of `time` moves."""

    @classmethod
    def now(cls, tz=None):
        return datetime.fromtimestamp(time.time(), tz)


@pytest.fixture
def at(settings, monkeypatch):
    """A function that sets all clocks to so many seconds from the end of summer time."""
    monkeypatch.setattr("jwt.api_jwt.datetime", Clock)
    settings.USE_TZ = False
    settings.TIME_ZONE = "Europe/Berlin"

    def set_clocks(seconds):
        monkeypatch.setattr("time.time", lambda: END + seconds)
        monkeypatch.setattr(timezone, "now", lambda: datetime.fromtimestamp(END + seconds))

    monkeypatch.setattr(timezone, "now", Clock.now)
    set_clocks(-3600)
    return set_clocks


def test_d31_clocks_go_back_that_night(at):
    at(-1)
    before = timezone.now()
    at(1)

    assert (before.hour, timezone.now().hour) == (2, 2)
    assert timezone.now() < before


def test_d31_ceremonies_go_on_when_clocks_go_back(at, user):
    at(-20)
    browser = Browser().sign_in(user)
    options = browser.creation_options()
    at(20)
    assert browser.post("finalize-registration", browser.authenticator.create(options)).status_code == 201
    at(-10)
    credential = browser.authenticator.get(browser.request_options({"purpose": "confirm"}))
    at(10)
    assert browser.post("finalize-login", credential).status_code == 200
    browser.client.logout()
    assert browser.login().status_code == 200

    assert Passkey.objects.get().use_count == 2


@pytest.mark.parametrize(("seconds", "outcome"), [(599, 200), (601, 400)])
def test_d31_ten_minutes_are_ten_minutes_when_clocks_go_back(at, registered, seconds, outcome):
    at(-300)
    credential = registered.authenticator.get(registered.request_options())
    at(-300 + seconds)

    response = registered.post("finalize-login", credential)

    assert response.status_code == outcome
    assert outcome == 200 or refusal(response) == EXPIRED


def test_d31_recent_means_five_minutes_when_clocks_go_back(at, user):
    at(-100)
    browser = Browser().sign_in(user)
    at(199)
    assert browser.post("start-registration").status_code == 200
    at(201)
    assert refusal(browser.post("start-registration")) == (403, "reauthentication_required")


def test_d31_a_challenge_is_good_for_one_use_when_clocks_go_back(at, registered):
    at(-10)
    credential = registered.authenticator.get(registered.request_options())
    cookies = {name: morsel.value for name, morsel in registered.client.cookies.items() if morsel.value}
    assert registered.post("finalize-login", credential).status_code == 200
    for seconds in (1, 500):
        at(seconds)
        registered.client.cookies.load(cookies)
        assert refusal(registered.post("finalize-login", credential)) == (409, "ceremony_used")


def test_d31_history_and_lists_show_both_hours(at, user):
    """What was used before it was made, by the clock on the wall, disturbs no page."""
    at(-60)
    browser = Browser().sign_in(user)
    assert browser.register().status_code == 201
    at(60)
    assert browser.login().status_code == 200
    passkey = Passkey.objects.get()
    assert passkey.last_used_at < passkey.created_at

    events = list(PasskeyEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert events == ["signed_in", "registered", "used"]
    assert browser.client.get("/passkeys/").status_code == 200
    assert browser.client.get(f"/passkeys/{passkey.pk}/remove/").status_code == 200
    assert set(passkey.to_json()) >= {"created_at", "last_used_at"}
    staff = Browser().sign_in(make_user("root", is_staff=True, is_superuser=True)).client
    day = "?created_at__year=2026&created_at__month=10&created_at__day=25"
    for page in (LIST, LIST + day, f"{LIST}{passkey.pk}/change/", EVENTS, FIGURES):
        assert staff.get(page).status_code == 200, page
