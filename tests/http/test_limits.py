"""PASSKEY_RATE_LIMITS: how often one address, one user or one credential may ask."""

import re
import threading
import time
from functools import partial
from secrets import token_bytes
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory

from passkeys_django import ceremonies, lifecycle
from passkeys_django.conf import RATE_LIMITS
from passkeys_django.exceptions import PasskeyError, Throttled
from passkeys_django.http import limits
from passkeys_django.models import Passkey, PasskeyEvent
from tests.conftest import Browser, credentials_of, make_passkey, make_user, refusal

PAGES = {"confirm", "signup-link", "rename", "remove", "add-device", "recovery-codes", "recover", "end-sessions"}
PARTS = {
    "second-step",  # of start-login: tests/ceremonies/login/test_second_step.py
    "start-signature",  # of a site's own form: tests/signatures/signed_form/test_attacks.py
    "finalize-signature",
}
RESULTS = {
    "failed-login",
    "failed-recovery",
    "rename-mail",
    "enrolment-mail",
    "recovery-mail",
}  # what is counted is not the request, but what became of it
ENDPOINTS = [name for name in RATE_LIMITS if name not in PAGES | RESULTS | PARTS]
MIDNIGHT = 1_800_000_000 - 1_800_000_000 % 86_400
THROTTLED = (429, "throttled")
BACKENDS = "django.core.cache.backends"


class Clock:
    """Time in seconds since the epoch that passes only when it is told to."""

    def __init__(self):
        self.now = MIDNIGHT + 12 * 3600 + 10.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture
def limit(settings):
    """A function: from now on, only these rates."""

    def only(**rates):
        settings.PASSKEY_RATE_LIMITS = dict.fromkeys(RATE_LIMITS) | {
            name.replace("_", "-"): rate for name, rate in rates.items()
        }

    return only


def request_from(address="203.0.113.77"):
    return RequestFactory().post("/", REMOTE_ADDR=address)


def passes(endpoint, **who):
    try:
        limits.check(endpoint, **who)
    except Throttled:
        return False
    return True


def knock(browser, endpoint):
    """A request of which nothing comes."""
    return browser.post(endpoint, {"nothing": "to speak of"}).status_code


# Out of the box


@pytest.mark.django_db
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_c16_a14_every_endpoint_is_limited_from_the_start(settings, clock, signed_in, endpoint):
    del settings.PASSKEY_RATE_LIMITS
    allowed = int(RATE_LIMITS[endpoint].removesuffix("/m"))

    answers = [knock(signed_in, endpoint) for _ in range(allowed)]
    refused = signed_in.post(endpoint)

    assert 429 not in answers
    assert refusal(refused) == THROTTLED
    assert refused["Retry-After"] == "50"  # it is ten seconds past the minute


def test_confirming_by_password_has_a_limit_too(settings, clock, user):
    del settings.PASSKEY_RATE_LIMITS

    assert [passes("confirm", request=request_from(), user=user) for _ in range(11)] == [True] * 10 + [False]


@pytest.mark.django_db
def test_f4_renaming_is_limited_for_each_user_wherever_they_are(settings, clock, signed_in, user, other_user):
    del settings.PASSKEY_RATE_LIMITS
    passkey, others = make_passkey(user, name="Laptop"), make_passkey(other_user)
    names = [f"Name {number}" for number in range(30)]

    assert {rename(signed_in, passkey, name).status_code for name in names} == {200}
    elsewhere = Browser().sign_in(user)
    elsewhere.client.defaults["REMOTE_ADDR"] = "198.51.100.1"

    assert refusal(rename(elsewhere, passkey, "One more")) == THROTTLED
    passkey.refresh_from_db()
    assert passkey.name == "Name 29"
    assert rename(Browser().sign_in(other_user), others, "Mine").status_code == 200


@pytest.mark.django_db
def test_f4_removing_is_limited_for_each_user_and_reading_the_page_is_not(limit, signed_in, user):
    limit(remove="1/d")
    first, second = make_passkey(user), make_passkey(user)
    page = f"/passkeys/{second.pk}/remove/"
    assert {signed_in.client.get(page).status_code for _ in range(3)} == {200}
    assert signed_in.post(f"{first.pk}/remove/", {}, Accept="application/json").status_code == 204

    assert refusal(signed_in.post(f"{second.pk}/remove/", {}, Accept="application/json")) == THROTTLED
    assert Passkey.objects.get() == second


def rename(browser, passkey, name):
    return browser.post(f"{passkey.pk}/rename/", {"name": name}, Accept="application/json")


def test_the_answer_says_so_to_people_and_scripts(limit, browser, clock):
    limit(start_login="1/m")
    browser.post("start-login")

    document = browser.post("start-login").json()

    assert document == {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "Too many attempts. Try again in 50 seconds.",
        "code": "throttled",
    }


@pytest.mark.parametrize(
    ("seconds", "time"),
    [(1, "1 second"), (90, "90 seconds"), (91, "2 minutes"), (5400, "90 minutes"), (5401, "2 hours")],
)
def test_people_read_how_long_they_have_to_wait(seconds, time):
    assert Throttled(retry_after=seconds).user_message == f"Too many attempts. Try again in {time}."


# Windows


@pytest.mark.parametrize(
    ("rate", "period", "left"), [("1/s", 1, 1), ("1/m", 60, 50), ("1/h", 3600, 3590), ("1/d", 86400, 43190)]
)
def test_a_window_ends_with_its_second_minute_hour_or_day(limit, clock, rate, period, left):
    limit(start_login=rate)
    limits.check("start-login", request=request_from())
    with pytest.raises(Throttled) as caught:
        limits.check("start-login", request=request_from())
    assert caught.value.retry_after == left

    clock.now += left - 0.001
    assert not passes("start-login", request=request_from())
    clock.now += 0.001

    assert passes("start-login", request=request_from())


def test_hits_do_not_extend_a_window(limit, clock):
    limit(start_login="1/m")
    clock.now += 49
    assert [passes("start-login", request=request_from()) for _ in range(100)] == [True] + [False] * 99

    clock.now += 1

    assert passes("start-login", request=request_from())


@pytest.mark.parametrize("after", [0.0, 0.5, 49.0, 49.5, 49.999])
def test_there_is_always_a_second_to_wait(limit, clock, after):
    limit(start_login="1/m")
    clock.now += after
    limits.check("start-login", request=request_from())

    with pytest.raises(Throttled) as caught:
        limits.check("start-login", request=request_from())

    assert 1 <= caught.value.retry_after <= 50
    clock.now += caught.value.retry_after
    assert passes("start-login", request=request_from())


# Who is counted


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("203.0.113.77", "203.0.113.77", True),
        ("203.0.113.77", "203.0.113.78", False),
        ("203.0.113.77", "::ffff:203.0.113.77", True),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
    ],
)
def test_addresses_count_by_themselves_and_ipv6_by_the_64(limit, first, second, together):
    limit(start_login="1/d")
    limits.check("start-login", request=request_from(first))

    assert passes("start-login", request=request_from(second)) != together


def test_endpoints_count_by_themselves(limit):
    limit(start_login="1/d", finalize_login="1/d")
    limits.check("start-login", request=request_from())

    assert passes("finalize-login", request=request_from())


def test_nobody_escapes_by_naming_another_address(limit, browser):
    limit(start_login="1/d")

    answers = [
        browser.post("start-login", **{"X-Forwarded-For": f"198.51.100.{number}"}).status_code for number in (1, 2)
    ]

    assert answers == [200, 429]


def test_behind_a_proxy_each_client_counts_by_itself(limit, settings, browser):
    limit(start_login="1/d")
    settings.PASSKEY_TRUSTED_PROXIES = 1

    def start(forwarded):
        return browser.post("start-login", **{"X-Forwarded-For": forwarded}).status_code

    assert [start("198.51.100.1"), start("198.51.100.2"), start("6.6.6.6, 198.51.100.1")] == [200, 200, 429]


@pytest.mark.django_db
@pytest.mark.parametrize("endpoint", ["start-registration", "finalize-registration", "accepted-credentials"])
def test_a_signed_in_user_counts_wherever_they_are(limit, signed_in, user, other_user, endpoint):
    limit(**{endpoint.replace("-", "_"): "1/d"})
    knock(signed_in, endpoint)
    elsewhere = {"REMOTE_ADDR": "198.51.100.1"}
    second, third = Browser().sign_in(user), Browser().sign_in(other_user)
    second.client.defaults.update(elsewhere)
    third.client.defaults["REMOTE_ADDR"] = "198.51.100.2"

    assert refusal(second.post(endpoint)) == THROTTLED
    assert knock(third, endpoint) != 429


@pytest.mark.django_db
def test_confirming_by_passkey_counts_as_a_login_for_the_user_too(limit, registered, user):
    limit(start_login="1/d")
    registered.sign_in(user).request_options({"purpose": "confirm"})
    elsewhere = Browser().sign_in(user)
    elsewhere.client.defaults["REMOTE_ADDR"] = "198.51.100.1"

    assert refusal(elsewhere.post("start-login", {"purpose": "confirm"})) == THROTTLED


def test_nobody_is_not_a_user(limit):
    limit(confirm="1/d")

    assert all(passes("confirm", user=AnonymousUser()) for _ in range(3))


@pytest.mark.parametrize("key", [1, uuid4()])
def test_users_count_by_their_key(limit, key):
    limit(confirm="1/d")
    user = type("User", (), {"pk": key})
    limits.check("confirm", user=user)

    assert not passes("confirm", user=user)
    assert passes("confirm", user=type("User", (), {"pk": 2}))


def test_f3_a_recipient_counts_only_while_the_address_is_within_its_limit(limit):
    limit(signup_link="1/d")
    first, second = request_from("198.51.100.1"), request_from("198.51.100.2")
    limits.check("signup-link", request=first, recipient="ada@example.com")

    assert not passes("signup-link", request=first, recipient="grace@example.com")
    assert passes("signup-link", request=second, recipient="grace@example.com")
    assert not passes("signup-link", request=request_from("198.51.100.3"), recipient="Grace@example.com")


def test_a_user_counts_even_at_an_address_that_is_over_its_limit(limit):
    limit(confirm="2/d")
    user, another = (type("User", (), {"pk": pk}) for pk in (1, 2))
    assert [passes("confirm", request=request_from(), user=another) for _ in range(2)] == [True, True]

    assert not passes("confirm", request=request_from(), user=user)

    assert passes("confirm", user=user)
    assert not passes("confirm", user=user)


def login_from(browser, address, **overrides):
    other = browser.other_browser()
    other.client.defaults["REMOTE_ADDR"] = address
    return other.login(**overrides)


@pytest.mark.django_db
def test_a14_a_credential_that_proved_itself_counts_wherever_it_is_used(limit, registered, other_user):
    limit(finalize_login="2/d")
    assert login_from(registered, "198.51.100.1").status_code == 200
    assert login_from(registered, "198.51.100.2").status_code == 200

    assert refusal(login_from(registered, "198.51.100.3")) == THROTTLED

    another = Browser().sign_in(other_user)
    another.register()
    assert login_from(another, "198.51.100.4").status_code == 200


@pytest.mark.django_db
def test_f3_strangers_who_name_a_credential_never_stop_its_owner(settings, registered):
    """Each of them has a cookie and a challenge of their own, and all but the key. The limits are the defaults."""
    del settings.PASSKEY_RATE_LIMITS

    strangers = [
        login_from(registered, f"198.51.{network}.{number}", tamper_signature=True).status_code
        for network in range(10)
        for number in range(8)
    ]

    assert strangers == [403] * 80
    assert login_from(registered, "203.0.113.9").status_code == 200


@pytest.mark.django_db
def test_f3_failures_count_for_their_address_and_the_credential_together(limit, registered, other_user):
    limit(failed_login="2/d")
    wrong = [login_from(registered, "198.51.100.1", tamper_signature=True) for _ in range(3)]
    assert [answer.status_code for answer in wrong] == [403, 403, 429]

    assert refusal(login_from(registered, "198.51.100.1")) == THROTTLED
    assert login_from(registered, "198.51.100.2").status_code == 200
    another = Browser().sign_in(other_user)
    another.register()
    assert login_from(another, "198.51.100.1").status_code == 200


@pytest.mark.django_db
def test_f3_an_id_with_padding_is_the_same_passkey(limit, registered):
    limit(failed_login="1/d")
    login_from(registered, "198.51.100.1", tamper_signature=True)
    browser = registered.other_browser()
    browser.client.defaults["REMOTE_ADDR"] = "198.51.100.1"
    credential = browser.authenticator.get(browser.request_options(), tamper_signature=True)
    padding = "=" * (-len(credential["id"]) % 4)

    answer = browser.post(
        "finalize-login", credential | dict.fromkeys(["id", "rawId"], credential["id"] + padding)
    )

    assert refusal(answer) == THROTTLED


@pytest.mark.django_db
def test_f3_good_logins_are_no_failures(limit, registered):
    limit(failed_login="1/d")

    assert [login_from(registered, "198.51.100.1").status_code for _ in range(3)] == [200] * 3


@pytest.mark.django_db
def test_f3_behind_a_unix_socket_failures_stop_nobody(limit, registered):
    """All clients have the same address there, which is none."""
    limit(failed_login="1/d")
    assert {login_from(registered, "", tamper_signature=True).status_code for _ in range(3)} == {403}

    assert login_from(registered, "").status_code == 200


@pytest.mark.django_db
def test_a_provider_that_is_away_is_nobodys_failure(limit, hanko_site, registered):
    limit(failed_login="1/d")
    answers = [registered.authenticator.get(registered.request_options()) for _ in range(2)]
    hanko_site.faults.status = 503
    registered.client.defaults["REMOTE_ADDR"] = "198.51.100.1"
    assert {registered.post("finalize-login", answer).status_code for answer in answers} == {503}

    hanko_site.faults.clear()
    assert login_from(registered, "198.51.100.1").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["198.51.100.1", ""])
def test_f4_made_up_credentials_cost_a_bounded_number_of_rows_and_questions(
    limit, hanko_site, registered, address
):
    limit(failed_login="2/d")
    PasskeyEvent.objects.all().delete()
    hanko_site.requests.clear()

    answers = [login_from(registered, address, reported_id=token_bytes(20)) for _ in range(5)]

    assert [refusal(answer)[1] for answer in answers] == ["unknown_passkey"] * 2 + ["throttled"] * 3
    assert PasskeyEvent.objects.count() == 2
    assert len([path for _method, path in hanko_site.requests if "/credentials/" in path]) == 2
    assert login_from(registered, address).status_code == 200


@pytest.mark.django_db
def test_f4_a_provider_is_never_asked_about_a_credential_that_no_cookie_of_ours_led_to(hanko_site, registered):
    Passkey.objects.all().delete()
    credential = registered.authenticator.get(registered.request_options())
    hanko_site.requests.clear()

    assert refusal(Browser().post("finalize-login", credential)) == (400, "ceremony_not_found")

    assert hanko_site.requests == []
    assert not PasskeyEvent.objects.filter(kind="refused").exists()


@pytest.mark.django_db
def test_nobody_uses_up_somebody_elses_credential_without_a_challenge(limit, registered):
    limit(finalize_login="1/d")
    for number in range(3):
        attempt = login_from(registered, f"198.51.100.{number}", challenge=bytes(32))
        assert refusal(attempt) == (400, "ceremony_not_found")

    assert login_from(registered, "198.51.100.9").status_code == 200


@pytest.mark.django_db
def test_a_limit_is_no_lock_out(limit, registered, user):
    """Whoever floods a site keeps only their own address out."""
    limit(finalize_login="1/d")
    answers = [login_from(registered, "198.51.100.1", challenge=bytes(32)).status_code for _ in range(3)]
    assert answers == [400, 429, 429]

    by_password = Client(REMOTE_ADDR="198.51.100.1").post("/accounts/login/", credentials_of(user))
    assert by_password.status_code == 302
    assert login_from(registered, "198.51.100.2").status_code == 200


def test_garbage_counts(limit, browser):
    limit(finalize_login="1/d")

    answers = [browser.post("finalize-login", {"id": ["not", "a", "credential"]}).status_code for _ in range(2)]

    assert answers == [400, 429]


@pytest.mark.django_db
def test_behind_a_unix_socket_only_users_and_credentials_count(limit, registered, user):
    limit(start_login="1/d", finalize_login="1/d")

    assert login_from(registered, "").status_code == 200
    second = login_from(registered, "")  # its start went through

    assert refusal(second) == THROTTLED
    assert second.request["PATH_INFO"] == "/passkeys/finalize-login"


# What is refused


@pytest.mark.django_db
def test_a_throttled_login_is_logged_once_and_is_nobodys_failure(limit, registered, sent, refusals_logged):
    limit(finalize_login="1/d")
    credential = registered.authenticator.get(registered.request_options())
    registered.post("finalize-login", {})
    sent.clear()
    before, events = refusals_logged(), PasskeyEvent.objects.count()
    stored = Passkey.objects.values().get()

    assert refusal(registered.post("finalize-login", credential)) == THROTTLED

    [line] = refusals_logged()[len(before) :]
    assert line == "Passkey login refused (throttled): over 1 in 86400 s from one address"
    assert not any(sent[name] for name in sent.SIGNALS)
    assert PasskeyEvent.objects.count() == events
    assert Passkey.objects.values().get() == stored


@pytest.mark.django_db
def test_a_throttled_credential_is_nobodys_failure_either(limit, registered, sent, refusals_logged):
    limit(finalize_login="1/d")
    login_from(registered, "198.51.100.1")
    sent.clear()
    before, events = refusals_logged(), PasskeyEvent.objects.count()

    assert refusal(login_from(registered, "198.51.100.2")) == THROTTLED

    assert refusals_logged()[len(before) :] == [
        "Passkey login refused (throttled): over 1 in 86400 s from one credential"
    ]
    assert not any(sent[name] for name in sent.SIGNALS)
    assert PasskeyEvent.objects.count() == events


@pytest.mark.django_db
def test_a_throttled_registration_stores_nothing(limit, signed_in):
    limit(finalize_registration="1/d")
    credential = signed_in.authenticator.create(signed_in.creation_options())
    signed_in.post("finalize-registration", {})

    assert refusal(signed_in.post("finalize-registration", credential)) == THROTTLED

    assert not Passkey.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_no_provider_is_asked_for_somebody_who_is_throttled(limit, hanko_site, signed_in, endpoint):
    limit(**{endpoint.replace("-", "_"): "1/d"})
    knock(signed_in, endpoint)
    hanko_site.requests.clear()

    assert refusal(signed_in.post(endpoint)) == THROTTLED

    assert hanko_site.requests == []


@pytest.mark.django_db
def test_views_of_a_sites_own_are_limited_too(limit, signed_in, user):
    limit(**dict.fromkeys(["start_login", "finalize_login", "start_registration", "finalize_registration"], "1/d"))
    functions = {
        ceremonies.start_login: (),
        ceremonies.start_registration: (),
        ceremonies.finalize_login: ({},),
        ceremonies.finalize_registration: ({},),
    }

    def call(function, arguments):
        request = signed_in.client.get("/passkeys/").wsgi_request
        try:
            function(request, *arguments)
        except PasskeyError as error:
            return error.code
        return "passed"

    for function, arguments in functions.items():
        first, second = call(function, arguments), call(function, arguments)
        assert (first == "throttled", second == "throttled") == (False, True), function


@pytest.mark.django_db
def test_the_list_of_accepted_credentials_is_limited_wherever_it_is_asked_for(limit, signed_in):
    limit(accepted_credentials="1/d")
    request = signed_in.client.get("/passkeys/").wsgi_request
    lifecycle.accepted_credentials(request)

    with pytest.raises(Throttled):
        lifecycle.accepted_credentials(request)


# Off


@pytest.mark.parametrize("setting", [None, {"start-login": None}])
def test_none_switches_limits_off(settings, setting):
    settings.PASSKEY_RATE_LIMITS = setting
    browser = Browser()

    assert {browser.post("start-login").status_code for _ in range(100)} == {200}


def test_switching_one_off_leaves_the_others(settings, clock):
    settings.PASSKEY_RATE_LIMITS = {"start-login": None}

    assert [passes("confirm", request=request_from()) for _ in range(11)][-1] is False


def test_a_change_of_the_setting_counts_at_once(settings):
    settings.PASSKEY_RATE_LIMITS = {"start-login": "1/d"}
    limits.check("start-login", request=request_from())
    assert not passes("start-login", request=request_from())

    settings.PASSKEY_RATE_LIMITS = {"start-login": "9/d"}
    assert passes("start-login", request=request_from())
    settings.PASSKEY_RATE_LIMITS = None

    assert all(passes("start-login", request=request_from()) for _ in range(20))


# The cache


@pytest.fixture
def operations(settings, monkeypatch):
    """A list that gets the names and keys of what the default cache is asked. This cache counts one by one."""
    settings.CACHES = {"default": {"BACKEND": f"{BACKENDS}.locmem.LocMemCache", "LOCATION": "noted"}}
    asked, backend = [], caches["default"]
    backend.clear()

    def note(name, original, key, *args, **kwargs):
        asked.append((name, key))
        return original(key, *args, **kwargs)

    for name in ("add", "get", "set", "delete", "incr", "touch", "has_key"):
        monkeypatch.setattr(backend, name, partial(note, name, getattr(backend, name)))
    return asked


@pytest.mark.django_db
def test_a_login_asks_the_cache_five_times_and_once_more_for_what_was_counted_before(
    settings, registered, operations
):
    """For the address at the start and at the end, what failed, the passkey, and the challenge.

    With Redis, these are three round trips: tests/test_cache.py.
    """
    del settings.PASSKEY_RATE_LIMITS

    assert login_from(registered, "198.51.100.1").status_code == 200
    assert [name for name, _key in operations] == ["add", "add", "get", "add", "add"]
    operations.clear()
    assert login_from(registered, "198.51.100.1").status_code == 200

    assert [name for name, _key in operations] == [*["add", "incr"] * 2, "get", "add", "incr", "add"]


@pytest.mark.django_db
def test_starting_costs_neither_sql_nor_a_session(limit, registered, django_assert_num_queries):
    limit(start_login="100/d")
    registered.login()  # it has a session cookie now

    with django_assert_num_queries(0):
        registered.request_options()


@pytest.mark.django_db
def test_the_keys_tell_nobody_who_was_here(limit, settings, registered, operations):
    user = make_user("grace")  # a name that no hexadecimal digest contains
    limit(**dict.fromkeys([name.replace("-", "_") for name in RATE_LIMITS], "9/d"))
    limits.check("confirm", request=request_from("203.0.113.77"), user=user)
    login_from(registered, "203.0.113.77")
    keys = [key for _name, key in operations if ".limit." in key]

    assert len(keys) == 6
    known = ["203.0.113", user.get_username(), Passkey.objects.get().credential_id]
    assert not [word for word in known if any(word in key for key in keys)]
    assert all(re.fullmatch(r"passkeys_django\.limit\.[a-z-]+\.\d+\.[0-9a-f]{32}", key) for key in keys)
    operations.clear()
    settings.SECRET_KEY = "another"
    limits.check("confirm", request=request_from("203.0.113.77"), user=user)
    assert {key for _name, key in operations}.isdisjoint(keys)


def test_counts_do_not_stay(limit, settings, clock):
    settings.CACHES = {"default": {"BACKEND": f"{BACKENDS}.locmem.LocMemCache", "LOCATION": "empty"}}
    limit(start_login="9/m")
    limits.check("start-login", request=request_from())
    [key] = caches["default"]._cache
    key = key.removeprefix(":1:")

    assert caches["default"].get(key) == 1
    clock.now += 60 + limits.MARGIN
    assert caches["default"].get(key) is None


@pytest.fixture(params=["locmem.LocMemCache", "filebased.FileBasedCache", "db.DatabaseCache"])
def each_cache(request, settings, tmp_path, transactional_db):
    """Django's caches, but for servers."""
    location = "cache_table" if "db" in request.param else str(tmp_path)
    settings.CACHES = {"default": {"BACKEND": f"{BACKENDS}.{request.param}", "LOCATION": location}}
    if "db" in request.param:
        call_command("createcachetable")
    yield
    if "db" in request.param:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE cache_table")


@pytest.mark.usefixtures("each_cache")
def test_every_cache_counts_and_ends_its_windows(limit, clock):
    limit(start_login="2/s")

    first = [passes("start-login", request=request_from()) for _ in range(4)]
    clock.now += 1
    second = [passes("start-login", request=request_from()) for _ in range(4)]

    assert first == second == [True, True, False, False]


@pytest.mark.usefixtures("each_cache")
def test_every_cache_counts_through_long_windows(limit, clock):
    """Django's time-out of five minutes is none of ours."""
    limit(start_login="2/d")
    clock.now -= clock.now % 86400
    first = [passes("start-login", request=request_from()) for _ in range(3)]

    clock.now += 3600

    assert [*first, passes("start-login", request=request_from())] == [True, True, False, False]


def test_a_dummy_cache_counts_nothing(limit, settings):
    limit(start_login="1/d")
    settings.CACHES = {"default": {"BACKEND": f"{BACKENDS}.dummy.DummyCache"}}

    assert all(passes("start-login", request=request_from()) for _ in range(5))


def test_of_many_at_once_exactly_so_many_pass(limit):
    limit(start_login="50/d")
    passed, start = [], threading.Barrier(8)

    def knock():
        start.wait()
        for _ in range(25):
            passed.append(passes("start-login", request=request_from()))

    threads = [threading.Thread(target=knock) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(passed), sum(passed)) == (200, 50)
