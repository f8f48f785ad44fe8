"""Through the views: what was answered once, or begun elsewhere, by somebody else, or with another secret key."""

import pytest
from django.test import override_settings

from passkeys_django.models import Passkey
from tests.conftest import Browser, ceremony_cookies, put_cookies, refusal
from tests.support.broken_cache import BROKEN

pytestmark = pytest.mark.django_db
NOT_FOUND, USED = (400, "ceremony_not_found"), (409, "ceremony_used")
PURPOSES = pytest.mark.parametrize("start", [None, {"purpose": "confirm"}], ids=["login", "confirm"])


@pytest.fixture
def confirming(registered, user):
    """A browser with a passkey of `user`, who is signed in."""
    return registered.sign_in(user)


def answer(browser, start=None):
    """A credential, and the cookies that a finalize with it needs."""
    credential = browser.authenticator.get(browser.request_options(start))
    return credential, ceremony_cookies(browser.client)


def finish(browser, credential, cookies):
    put_cookies(browser.client, cookies)
    return browser.post("finalize-login", credential)


@PURPOSES
def test_c3_d3_a_replay_with_the_old_cookie_is_used(confirming, start):
    credential, cookies = answer(confirming, start)
    assert finish(confirming, credential, cookies).status_code == 200

    assert [refusal(finish(confirming, credential, cookies)) for _ in range(3)] == [USED] * 3
    assert Passkey.objects.get().use_count == 1


def test_c3_d3_a_replay_after_signing_out_is_used(registered):
    credential, cookies = answer(registered)
    assert finish(registered, credential, cookies).status_code == 200
    registered.client.post("/accounts/logout/")
    assert registered.user_id is None

    assert refusal(finish(registered, credential, cookies)) == USED
    assert registered.user_id is None


def test_c3_d3_a_replay_in_a_fresh_browser_with_a_stolen_cookie_is_used(registered):
    credential, cookies = answer(registered)
    assert finish(registered, credential, cookies).status_code == 200
    thief = Browser()

    assert refusal(finish(thief, credential, cookies)) == USED
    assert thief.user_id is None


def answers_of_both(browser, user, start):
    """The good answers of two passkeys to one challenge, and its cookie."""
    first, second = Browser().sign_in(user), Browser().sign_in(user)
    with override_settings(PASSKEY_CONFIRM_METHOD="any"):  # neither passkey is used before
        for other in (first, second):
            assert other.register().status_code == 201
    options = browser.request_options(start)
    answers = [
        other.authenticator.get(options, credential_id=next(iter(other.authenticator.credentials)))
        for other in (first, second)
    ]
    return answers, ceremony_cookies(browser.client)


@PURPOSES
def test_f5_one_challenge_is_answered_once_whichever_passkey_answers(signed_in, user, start):
    (first, second), cookies = answers_of_both(signed_in, user, start)
    assert finish(signed_in, first, cookies).status_code == 200

    assert refusal(finish(signed_in, second, cookies)) == USED
    assert sorted(Passkey.objects.values_list("use_count", flat=True)) == [0, 1]


def test_f5_an_answer_that_is_refused_takes_the_challenge_from_nobody(signed_in, user):
    (first, second), cookies = answers_of_both(signed_in, user, None)
    tampered = first | {"response": first["response"] | {"signature": second["response"]["signature"]}}
    assert refusal(finish(signed_in, tampered, cookies)) == (403, "login_failed")

    assert finish(signed_in, second, cookies).status_code == 200


def test_c3_f5_with_a_dead_cache_each_passkey_answers_a_challenge_once(signed_in, user, settings):
    settings.CACHES = BROKEN
    answers, cookies = answers_of_both(signed_in, user, None)

    outcomes = [finish(signed_in, answer, cookies).status_code for answer in answers * 2]

    assert outcomes == [200, 200, 409, 409]


def test_c3_a_registration_replayed_after_signing_out_and_in_is_used(signed_in, user):
    credential = signed_in.authenticator.create(signed_in.creation_options())
    cookies = ceremony_cookies(signed_in.client)
    assert signed_in.post("finalize-registration", credential).status_code == 201
    signed_in.sign_in(user).confirm()
    put_cookies(signed_in.client, cookies)

    assert refusal(signed_in.post("finalize-registration", credential)) == USED
    assert Passkey.objects.count() == 1


@PURPOSES
def test_c4_another_browser_finishes_nothing(confirming, user, start):
    credential, _cookies = answer(confirming, start)
    other = Browser().sign_in(user)
    key = other.client.session.session_key

    assert refusal(other.post("finalize-login", credential)) == NOT_FOUND
    assert other.client.session.session_key == key
    assert Passkey.objects.get().use_count == 0


def test_c5_a_confirmation_is_no_good_for_another_user_who_signed_in_meanwhile(confirming, other_user):
    credential, cookies = answer(confirming, {"purpose": "confirm"})
    confirming.sign_in(other_user)

    assert refusal(finish(confirming, credential, cookies)) == NOT_FOUND
    assert confirming.user_id == str(other_user.pk)


def test_c5_a_registration_is_no_good_for_another_user_who_signed_in_meanwhile(signed_in, other_user):
    credential = signed_in.authenticator.create(signed_in.creation_options())
    cookies = ceremony_cookies(signed_in.client)
    signed_in.sign_in(other_user)
    put_cookies(signed_in.client, cookies)

    assert refusal(signed_in.post("finalize-registration", credential)) == NOT_FOUND
    assert not Passkey.objects.exists()


@pytest.mark.parametrize("browsers", [2, 3])
def test_d5_as_many_people_in_one_room_do_not_disturb_one_another(registered, browsers):
    """Starts and finishes interleaved, in browsers and tabs of their own."""
    others = [registered.other_browser() for _ in range(browsers)]
    answers = [(browser, *answer(browser)) for browser in others for _tab in range(2)]

    assert [finish(*each).status_code for each in reversed(answers)] == [200] * len(answers)
    assert Passkey.objects.get().use_count == len(answers)


def rotate(settings, *, fallbacks):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if fallbacks else []
    settings.SECRET_KEY = "another key of the site"


@PURPOSES
def test_c4_a_rotated_secret_key_that_is_a_fallback_ends_nothing(confirming, user, settings, start):
    credential, cookies = answer(confirming, start)
    rotate(settings, fallbacks=True)

    assert finish(confirming, credential, cookies).status_code == 200
    assert confirming.user_id == str(user.pk)


@PURPOSES
def test_c4_a_lost_secret_key_ends_every_ceremony(confirming, settings, start):
    credential, cookies = answer(confirming, start)
    rotate(settings, fallbacks=False)

    assert refusal(finish(confirming, credential, cookies)) == NOT_FOUND
    assert Passkey.objects.get().use_count == 0


def test_c3_a_replay_is_used_whatever_became_of_the_secret_key(registered, settings):
    credential, cookies = answer(registered)
    assert finish(registered, credential, cookies).status_code == 200
    rotate(settings, fallbacks=True)

    assert refusal(finish(registered, credential, cookies)) == USED
