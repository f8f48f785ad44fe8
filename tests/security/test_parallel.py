"""What happens at once: replays, a passkey that many people share, the limit, the last passkey."""

import threading
from collections import Counter
from functools import partial

import pytest
from django.db import connections

from passkeys_django.ceremonies.passkey_limit import MAX_PASSKEYS
from passkeys_django.models import Passkey, UserHandle
from tests.conftest import Browser, ceremony_cookies, put_cookies, refusal
from tests.support.two_steps import first_round, second_options, second_round, use_site, with_key

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*actions):
    """Run every action in a thread of its own, all from the same moment on; their results in order."""
    barrier = threading.Barrier(len(actions))
    results = [None] * len(actions)

    def run(number, action):
        try:
            barrier.wait(timeout=20)
            results[number] = action()
        except Exception as exc:  # noqa: BLE001  # whatever it was, the test shows it
            results[number] = exc
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def posting(browser, name, credential):
    return lambda: browser.post(name, credential)


def outcomes(responses):
    return Counter(
        "success" if response.status_code in (200, 201, 204) else refusal(response)[1] for response in responses
    )


def test_c3_d3_of_fifty_parallel_replays_one_wins(registered):
    credential = registered.authenticator.get(registered.request_options())
    cookies = ceremony_cookies(registered.client)
    browsers = [registered.other_browser() for _ in range(50)]
    for browser in browsers:
        put_cookies(browser.client, cookies)

    responses = at_once(*(posting(browser, "finalize-login", credential) for browser in browsers))

    assert outcomes(responses) == {"success": 1, "ceremony_used": 49}
    assert Passkey.objects.get().use_count == 1
    assert sum(browser.user_id is not None for browser in browsers) == 1


def test_twenty_people_sign_in_with_one_passkey_at_once(registered, user):
    browsers = [registered.other_browser() for _ in range(20)]
    credentials = [browser.authenticator.get(browser.request_options()) for browser in browsers]

    responses = at_once(
        *(
            posting(browser, "finalize-login", credential)
            for browser, credential in zip(browsers, credentials, strict=True)
        )
    )

    assert outcomes(responses) == {"success": 20}
    assert {browser.user_id for browser in browsers} == {str(user.pk)}
    passkey = Passkey.objects.get()
    assert passkey.use_count == len(passkey.spent) == 20


def test_a6_one_counter_value_signs_in_once(user):
    """Two copies of a device-bound authenticator: whoever comes second is refused."""
    first = Browser(counter=1, backup_eligible=False, backup_state=False).sign_in(user)
    assert first.register().status_code == 201
    second = first.other_browser()
    credentials = [
        browser.authenticator.get(browser.request_options(), sign_count=9) for browser in (first, second)
    ]

    responses = at_once(
        posting(first, "finalize-login", credentials[0]), posting(second, "finalize-login", credentials[1])
    )

    assert outcomes(responses) == {"success": 1, "login_failed": 1}
    assert Passkey.objects.get().sign_count == 9


def test_r19_of_two_parallel_registrations_at_the_limit_one_wins(user, settings):
    settings.PASSKEY_CONFIRM_METHOD = "any"  # else the first passkey makes the other's password too weak
    browsers = [Browser().sign_in(user) for _ in range(2)]
    for number in range(MAX_PASSKEYS - 1):
        Passkey.objects.create(
            user=user,
            rp_id="testserver",
            user_handle=b"x",
            credential_id=f"AA{number:02}",
            public_key=b"",
            name="x",
        )
    credentials = [browser.authenticator.create(browser.creation_options()) for browser in browsers]

    responses = at_once(
        *(
            posting(browser, "finalize-registration", credential)
            for browser, credential in zip(browsers, credentials, strict=True)
        )
    )

    assert outcomes(responses) == {"success": 1, "passkey_limit_reached": 1}
    assert Passkey.objects.count() == MAX_PASSKEYS


def test_c3_d3_of_parallel_replays_of_a_registration_one_wins(user, settings):
    settings.PASSKEY_CONFIRM_METHOD = "any"  # else some come too late for their password, before they are counted
    browser = Browser().sign_in(user)
    options = browser.creation_options()
    credentials = [browser.authenticator.create(options) for _ in range(8)]
    cookies = ceremony_cookies(browser.client)
    browsers = [Browser().sign_in(user) for _ in credentials]
    for other in browsers:
        put_cookies(other.client, cookies)

    responses = at_once(
        *(
            posting(other, "finalize-registration", credential)
            for other, credential in zip(browsers, credentials, strict=True)
        )
    )

    assert outcomes(responses) == {"success": 1, "ceremony_used": 7}
    assert Passkey.objects.count() == 1


def test_r12_of_two_users_who_register_one_credential_id_at_once_one_wins(user, other_user):
    browsers = [Browser().sign_in(user), Browser().sign_in(other_user)]
    credentials = [
        browser.authenticator.create(browser.creation_options(), credential_id=b"the same id")
        for browser in browsers
    ]

    responses = at_once(
        *(
            posting(browser, "finalize-registration", credential)
            for browser, credential in zip(browsers, credentials, strict=True)
        )
    )

    assert outcomes(responses) == {"success": 1, "passkey_exists": 1}
    assert Passkey.objects.count() == 1


def test_many_first_starts_make_one_user_handle(user):
    browsers = [Browser().sign_in(user) for _ in range(8)]

    responses = at_once(*(posting(browser, "start-registration", None) for browser in browsers))

    assert outcomes(responses) == {"success": 8}
    assert len({response.json()["publicKey"]["user"]["id"] for response in responses}) == 1
    assert UserHandle.objects.count() == 1


def removing(browser, passkey):
    return lambda: browser.client.post(f"/passkeys/{passkey.pk}/remove/", headers={"accept": "application/json"})


def test_l1_two_parallel_removals_leave_one_passkey_to_a_user_without_a_password(user):
    browser = Browser().sign_in(user)
    assert browser.register().status_code == 201
    browser.confirm().authenticator.credentials.clear()
    assert browser.register().status_code == 201
    user.set_unusable_password()
    user.save()
    browsers = [browser.other_browser() for _ in range(2)]
    for other in browsers:
        assert other.login().status_code == 200

    responses = at_once(
        *(removing(other, passkey) for other, passkey in zip(browsers, Passkey.objects.all(), strict=True))
    )

    assert outcomes(responses) == {"success": 1, "last_passkey": 1}
    assert Passkey.objects.count() == 1


def test_a_passkey_that_is_removed_during_a_login_opens_no_session(registered, user):
    """The removal wins or loses, but nobody is signed in by a passkey that was gone before the use was counted."""
    remover = registered.other_browser().sign_in(user).confirm()
    credential = registered.authenticator.get(registered.request_options())

    login, removal = at_once(
        posting(registered, "finalize-login", credential), removing(remover, Passkey.objects.get())
    )

    assert removal.status_code == 204
    assert not Passkey.objects.exists()
    assert login.status_code == 200 or refusal(login)[1] in ("login_failed", "unknown_passkey")
    assert (login.status_code == 200) is (registered.user_id is not None)


def test_c3_g6_of_fifty_parallel_answers_to_one_second_step_one_wins(user, settings):
    use_site(settings)
    browser = with_key(user)
    token = first_round(browser, user)
    credential = browser.authenticator.get(second_options(browser, token))
    cookies = {name: morsel.value for name, morsel in browser.client.cookies.items()}
    others = [browser.other_browser() for _ in range(50)]
    for other in others:
        put_cookies(other.client, cookies)

    responses = at_once(*(partial(second_round, other, token, credential) for other in others))

    assert sum(response.status_code == 302 for response in responses) == 1
    assert Passkey.objects.get().use_count == 1
    assert sum(other.user_id is not None for other in others) == 1


def test_c3_g6_a_second_step_in_two_tabs_counts_for_both(user, settings):
    """Each tab has a token and a challenge of its own."""
    use_site(settings)
    browser = with_key(user)
    tabs = [first_round(browser, user) for _ in range(2)]
    credentials = [browser.authenticator.get(second_options(browser, token)) for token in tabs]

    for token, credential in zip(tabs, credentials, strict=True):
        assert second_round(browser, token, credential).status_code == 302
