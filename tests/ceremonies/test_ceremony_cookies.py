"""The cookies that remember a challenge."""

import base64
import json
import random

import pytest
from django.core.signing import Signer
from django.http import HttpResponse, JsonResponse
from django.test import Client, RequestFactory
from django.urls import include, path

from passkeys_django.ceremonies import apply_cookies, finalize_login, start_login
from passkeys_django.exceptions import CeremonyNotFound, PasskeyError
from passkeys_django.models import Passkey
from tests.conftest import Browser, ceremony_cookies, make_user, moved_clock, put_cookies, refusal

pytestmark = pytest.mark.django_db

NOT_FOUND = (400, "ceremony_not_found")
EXPIRED = (400, "ceremony_expired")


def own_options(request):
    """What a site's own view looks like, after the docstring of `ceremonies`."""
    try:
        response = JsonResponse(start_login(request))
    except PasskeyError as error:
        response = JsonResponse({"code": error.code}, status=error.status)
    return apply_cookies(request, response)


def own_login(request):
    try:
        user = finalize_login(request, json.loads(request.body)["credential"])
        response = HttpResponse(user.get_username())
    except PasskeyError as error:
        response = JsonResponse({"code": error.code}, status=error.status)
    return apply_cookies(request, response)


urlpatterns = [
    path("api/v1/passkey/options", own_options),
    path("api/v1/passkey/login", own_login),
    path("elsewhere/login", own_login),
    path("deep/er/passkeys/", include("passkeys_django.urls")),
    path("passkeys/", include("passkeys_django.urls")),
]


def begin(browser, body=None):
    """Start a login; its options and the one cookie that came with them."""
    response = browser.post("start-login", body)
    [cookie] = [
        morsel for name, morsel in response.cookies.items() if name.startswith("passkey_") and morsel.value
    ]
    return response.json(), cookie


def finish(browser, options):
    return browser.post("finalize-login", browser.authenticator.get(options))


def payload(cookie):
    """What anybody can read in a cookie."""
    encoded = cookie.value.rsplit(":", 1)[0]
    return json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))


# Attributes


def test_the_cookie_is_for_this_site_and_ten_minutes_only(browser):
    _options, cookie = begin(browser)

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert cookie["max-age"] == 600
    assert cookie["domain"] == ""


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_is_secure_when_the_session_cookie_is(browser, settings, secure):
    settings.SESSION_COOKIE_SECURE = secure

    assert bool(begin(browser)[1]["secure"]) is secure


def test_the_path_of_a_registrations_cookie_is_the_directory_of_the_request(signed_in, settings):
    settings.ROOT_URLCONF = __name__
    response = signed_in.client.post("/deep/er/passkeys/start-registration", content_type="application/json")

    [cookie] = [morsel for name, morsel in response.cookies.items() if name.startswith("passkey_")]
    assert cookie["path"] == "/deep/er/passkeys/"


def test_the_path_knows_of_a_script_name():
    response = Client(SCRIPT_NAME="/app").post("/passkeys/start-login", content_type="application/json")

    [cookie] = response.cookies.values()
    assert cookie["path"] == "/app/"


def test_the_deletion_names_the_same_path(registered):
    options, cookie = begin(registered)
    response = finish(registered, options)

    deleted = response.cookies[cookie.key]
    assert deleted["path"] == cookie["path"]
    assert deleted["max-age"] == 0
    assert deleted.value == ""


def test_every_challenge_has_a_cookie_of_its_own(browser):
    names = {begin(browser)[1].key for _ in range(5)}

    assert len(names) == 5
    assert all(name.startswith("passkey_") for name in names)


# What is in it


def test_the_cookie_says_what_was_asked_and_nothing_else(browser):
    with moved_clock(0):
        options, cookie = begin(browser)

    challenge, purpose, provider, issued_at, verification, presence, user, handle, form = payload(cookie)
    assert challenge == options["publicKey"]["challenge"]
    assert purpose == "login"
    assert provider == ""
    assert isinstance(issued_at, int)
    assert issued_at > 1_000_000_000_000_000  # microseconds
    assert verification is True
    assert presence is True
    assert (user, handle, form) == ("", "", {})


@pytest.mark.parametrize("name", ["start-registration", "start-login"])
def test_nobody_reads_in_the_cookie_who_is_registering_or_confirming(signed_in, user, name):
    signed_in.register()
    signed_in.confirm()
    body = {"purpose": "confirm"} if name == "start-login" else None
    values = []
    for _ in range(2):
        response = signed_in.post(name, body, query="?next=/inside/")
        values += [morsel for morsel in response.cookies.values() if morsel.key.startswith("passkey_")]

    hashes = [payload(value)[6] for value in values]
    assert len(set(hashes)) == 2  # not even that two ceremonies are of one user
    for secret in (user.get_username(), Passkey.objects.get().credential_id, user.passkey_handle.handle, "inside"):
        assert all(secret not in json.dumps(payload(value)) + value.key for value in values)
        assert all(str(user.pk) not in map(str, payload(value)) for value in values)


# How many


def test_at_most_eight_are_kept_and_the_oldest_is_dropped(registered):
    ceremonies = []
    for number in range(10):
        with moved_clock(number - 20):
            ceremonies.append(begin(registered)[0])
    assert len(ceremony_cookies(registered.client)) == 8

    outcomes = [finish(registered, options).status_code for options in ceremonies]

    assert outcomes == [400, 400] + [200] * 8


def test_age_decides_which_is_dropped_and_not_the_order_of_names(browser):
    names = []
    for seconds in (-5, -9, -1, -8, -2, -7, -3, -6):
        with moved_clock(seconds):
            names.append(begin(browser)[1].key)
    begin(browser)

    assert set(names) - set(ceremony_cookies(browser.client)) == {names[1]}


def test_all_together_stay_below_four_kilobytes(signed_in):
    for number in range(12):
        signed_in.creation_options({"mediation": "conditional"} if number % 2 else None)
        held = ceremony_cookies(signed_in.client)
        assert sum(len(name) + len(value) for name, value in held.items()) < 4096


def test_a_hundred_cookies_of_somebody_elses_making_are_dropped(registered):
    put_cookies(registered.client, {f"passkey_{number:022}": "x" * 20 for number in range(100)})

    options, _cookie = begin(registered)

    assert len(ceremony_cookies(registered.client)) == 8
    assert finish(registered, options).status_code == 200


def test_large_cookies_of_somebody_elses_making_are_dropped(registered):
    first, _cookie = begin(registered)
    put_cookies(registered.client, {f"passkey_{number}": "x" * 1500 for number in range(3)})

    second, _cookie = begin(registered)

    assert sum(map(len, ceremony_cookies(registered.client).values())) < 4000
    assert [finish(registered, options).status_code for options in (first, second)] == [200, 200]


@pytest.mark.parametrize(
    "name",
    ["passkey_(", "passkey_[", "passkey_a b", "passkey_\xfc", "passkey_@", "passkey_a,b", "passkey_/", "passkey_"],
)
def test_cookies_of_names_that_nobody_can_write_do_no_harm(registered, name):
    registered.client.defaults["HTTP_COOKIE"] = "; ".join(f"{name}{number}=x" for number in range(20))
    options = registered.post("start-login")
    assert options.status_code == 200
    cookies = [f"{name}={morsel.value}" for name, morsel in options.cookies.items() if morsel.value]
    registered.client.defaults["HTTP_COOKIE"] += "; " + "; ".join(cookies)

    assert registered.post("finalize-login", registered.authenticator.get(options.json())).status_code == 200


def test_other_cookies_are_left_alone(browser):
    browser.client.cookies["passkeys"] = "x" * 5000
    browser.client.cookies["language"] = "de"

    begin(browser)

    assert browser.client.cookies["language"].value == "de"
    assert browser.client.cookies["passkeys"].value


# Age


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [
        pytest.param(-601, EXPIRED, id="601 s old"),
        pytest.param(-599, None, id="599 s old"),
        pytest.param(31, EXPIRED, id="31 s in the future"),
        pytest.param(29, None, id="29 s in the future"),
        pytest.param(86_400, EXPIRED, id="of tomorrow"),
    ],
)
def test_c2_a_login_has_ten_minutes(registered, seconds, outcome):
    with moved_clock(seconds):
        options, _cookie = begin(registered)

    response = finish(registered, options)

    assert (None if response.status_code == 200 else refusal(response)) == outcome
    assert ceremony_cookies(registered.client) == {}
    assert Passkey.objects.get().use_count == (outcome is None)


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(-601, EXPIRED), (-599, None), (31, EXPIRED), (29, None)], ids=str
)
def test_c2_a_registration_has_ten_minutes(signed_in, settings, seconds, outcome):
    settings.PASSKEY_REAUTHENTICATION_AGE = 3600
    with moved_clock(seconds):
        options = signed_in.creation_options()

    response = signed_in.post("finalize-registration", signed_in.authenticator.create(options))

    assert (None if response.status_code == 201 else refusal(response)) == outcome
    assert Passkey.objects.exists() is (outcome is None)


# Tampering


def test_no_byte_of_the_cookie_can_be_changed(registered):
    options, cookie = begin(registered)
    credential = registered.authenticator.get(options)
    randomness = random.Random(5)
    for position in [0, *randomness.sample(range(len(cookie.value)), 25), len(cookie.value) - 1]:
        character = "A" if cookie.value[position] != "A" else "B"
        changed = cookie.value[:position] + character + cookie.value[position + 1 :]
        put_cookies(registered.client, {cookie.key: changed})

        assert refusal(registered.post("finalize-login", credential)) == NOT_FOUND, position
    assert Passkey.objects.get().use_count == 0

    put_cookies(registered.client, {cookie.key: cookie.value})
    assert registered.post("finalize-login", credential).status_code == 200


FORGERIES = {
    "truncated": lambda value: value[:-1],
    "half": lambda value: value[: len(value) // 2],
    "without signature": lambda value: value.rsplit(":", 1)[0],
    "with an empty signature": lambda value: value.rsplit(":", 1)[0] + ":",
    "with something appended": lambda value: value + "A",
    "twice": lambda value: value + value,
    "compressed": lambda value: "." + value,
    "nonsense": lambda value: "x:y:z",
    "colons": lambda value: "::::",
    "outside ASCII": lambda value: "ü:ü",
    "empty": lambda value: "",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_cookie_is_not_found_and_deleted(registered, forge):
    options, cookie = begin(registered)
    put_cookies(registered.client, {cookie.key: forge(cookie.value)})

    response = finish(registered, options)

    assert refusal(response) == NOT_FOUND
    assert response.cookies[cookie.key]["max-age"] == 0


def test_the_cookie_of_another_challenge_does_not_fit(registered):
    options, cookie = begin(registered)
    _other_options, other = begin(registered)
    put_cookies(registered.client, {cookie.key: other.value})

    assert refusal(finish(registered, options)) == NOT_FOUND


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        "text",
        1,
        None,
        ["a"] * 7,
        ["a"] * 9,
        [["challenge"], "login", "", 0, True, True, "", "", {}],
        [1] * 8,
    ],
)
def test_a_cookie_that_another_version_signed_is_not_found(registered, content):
    """Signed with the right key, so only an older or newer release of this app can have made it."""
    signer = Signer(salt="passkeys_django.ceremony")
    options, cookie = begin(registered)
    put_cookies(registered.client, {cookie.key: signer.sign_object(content)})

    assert refusal(finish(registered, options)) == NOT_FOUND


# Browsers, tabs, keys


def test_c4_another_browser_does_not_finish_a_login(registered):
    options, _cookie = begin(registered)
    other = registered.other_browser()

    assert refusal(finish(other, options)) == NOT_FOUND
    assert other.user_id is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first first", "last first"])
def test_d5_two_tabs_finish_in_either_order(registered, order):
    tabs = [begin(registered)[0] for _ in range(2)]

    assert [finish(registered, tabs[number]).status_code for number in order] == [200, 200]
    assert Passkey.objects.get().use_count == 2


def test_d5_a_failure_in_one_tab_leaves_the_other_alone(registered):
    tabs = [begin(registered)[0] for _ in range(2)]

    failed = registered.post("finalize-login", registered.authenticator.get(tabs[0], tamper_signature=True))
    assert refusal(failed) == (403, "login_failed")
    assert finish(registered, tabs[1]).status_code == 200


def rotate(settings, *, fallbacks):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if fallbacks else []
    settings.SECRET_KEY = "another key"


def test_a_login_survives_a_rotation_of_the_secret_key(registered, settings):
    options, _cookie = begin(registered)
    rotate(settings, fallbacks=True)

    assert finish(registered, options).status_code == 200


def test_a_confirmation_survives_a_rotation_of_the_secret_key(registered, user, settings):
    registered.sign_in(user)
    options, _cookie = begin(registered, {"purpose": "confirm"})
    rotate(settings, fallbacks=True)

    assert finish(registered, options).status_code == 200


def test_a_registration_survives_a_rotation_of_the_secret_key(signed_in, settings):
    options = signed_in.creation_options()
    rotate(settings, fallbacks=True)

    response = signed_in.post("finalize-registration", signed_in.authenticator.create(options))
    assert response.status_code == 201


def test_a_lost_secret_key_ends_every_ceremony(registered, settings):
    options, _cookie = begin(registered)
    rotate(settings, fallbacks=False)

    assert refusal(finish(registered, options)) == NOT_FOUND


# Own views


@pytest.fixture
def own_views(settings):
    settings.ROOT_URLCONF = __name__


def test_own_views_set_and_delete_cookies_too(registered, user, own_views):
    options = registered.client.post("/api/v1/passkey/options", content_type="application/json")
    [cookie] = options.cookies.values()
    assert cookie["path"] == "/"

    credential = registered.authenticator.get(options.json())
    response = registered.client.post(
        "/api/v1/passkey/login", {"credential": credential}, content_type="application/json"
    )

    assert response.content.decode() == user.get_username()
    assert response.cookies[cookie.key]["max-age"] == 0
    assert response.cookies[cookie.key]["path"] == "/"
    assert registered.user_id == str(user.pk)


def test_own_views_delete_the_cookie_on_errors_too(registered, own_views):
    options = registered.client.post("/api/v1/passkey/options", content_type="application/json")
    credential = registered.authenticator.get(options.json(), tamper_signature=True)

    response = registered.client.post(
        "/api/v1/passkey/login", {"credential": credential}, content_type="application/json"
    )

    assert response.json() == {"code": "login_failed"}
    assert {morsel["max-age"] for morsel in response.cookies.values()} == {0}


@pytest.mark.parametrize("credential", [None, [], 1, "x", {}, {"id": []}], ids=repr)
def test_own_views_may_pass_on_whatever_they_got(browser, own_views, credential):
    response = browser.client.post(
        "/api/v1/passkey/login", {"credential": credential}, content_type="application/json"
    )

    assert response.json() == {"code": "invalid_credential"}


def test_a_request_without_a_ceremony_changes_no_cookies():
    response = apply_cookies(RequestFactory().get("/passkeys/"), HttpResponse())

    assert not response.cookies


def test_apply_cookies_gives_the_response_back():
    response = HttpResponse()

    assert apply_cookies(RequestFactory().get("/"), response) is response


def test_finding_no_cookie_raises_what_the_docstring_says(user):
    request = RequestFactory().post("/passkeys/finalize-login")
    browser = Browser()
    options = begin(browser)[0]
    other = Browser().sign_in(make_user("lin"))
    other.register()
    credential = other.authenticator.get(options)

    with pytest.raises(CeremonyNotFound):
        finalize_login(request, credential)
