"""Somebody else's id, handle or passkey, and counters that go back (WebAuthn L3, 7.2)."""

import pytest
from django.contrib.auth import get_user_model

from passkeys_django.models import Passkey, PasskeyEvent
from passkeys_django.testing.encoding import b64url, unb64url
from tests.conftest import Browser
from tests.security.hostile.attempts import EVERY_LOGIN, LOGINS, attempts, response

pytestmark = pytest.mark.django_db


# Whose passkey, and whose handle


@pytest.fixture
def foreign(attempt, other_user):
    """A passkey of another user in the same authenticator."""
    browser = attempt.browser.other_browser().sign_in(other_user)
    created = browser.register()
    assert created.status_code == 201, created.content
    return Passkey.objects.get(credential_id=created.json()["credential_id"])


@pytest.fixture
def own(attempt, foreign):
    return Passkey.objects.exclude(pk=foreign.pk).get()


@EVERY_LOGIN
def test_a4_the_id_of_another_users_passkey_is_refused(attempt, own, foreign):
    """Signed by one's own, with either handle."""
    handles = {"own handle": bytes(own.user_handle), "the other's handle": bytes(foreign.user_handle)}
    for name, handle in handles.items():
        with attempt.subtests.test(name):
            credential = attempt.answer(
                credential_id=own.credential_id, reported_id=unb64url(foreign.credential_id), user_handle=handle
            )
            attempt.assert_refused(credential, "login_failed")
    attempt.assert_accepted(attempt.answer(credential_id=own.credential_id))


@EVERY_LOGIN
def test_a4_another_users_handle_is_refused(attempt, own, foreign):
    credential = attempt.answer(credential_id=own.credential_id, user_handle=bytes(foreign.user_handle))

    attempt.assert_refused(credential, "login_failed")
    attempt.assert_accepted(attempt.answer(credential_id=own.credential_id))


@EVERY_LOGIN
def test_a4_a_handle_that_is_nobodys_is_refused(attempt):
    handle = bytes(Passkey.objects.get().user_handle)
    others = [
        b"\x00",
        b"\xff" * 43,
        b"h" * 43,
        b"h" * 64,
        handle[:-1],
        handle + b"\x00",
        handle.swapcase(),
        b"=" + handle,
    ]

    attempt.assert_each_refused(
        {ascii(other): response(userHandle=b64url(other)) for other in others}, "login_failed"
    )


@EVERY_LOGIN
def test_a4_a_handle_that_is_none_is_malformed(attempt):
    values = [1, True, [], ["AAAA"], {}, b64url(b"h" * 65), b64url(b"h" * 1_000)]

    attempt.assert_each_refused(
        {ascii(value)[:40]: response(userHandle=value) for value in values}, attempt.malformed
    )


@LOGINS
def test_a4_a_login_without_a_handle_is_refused(attempt):
    attempt.assert_each_refused(
        {"missing": response(userHandle=...), "null": response(userHandle=None)}, "login_failed"
    )


@attempts("confirmation", "confirmation at Hanko")
def test_a3_a_confirmation_takes_no_passkey_of_another_account(attempt, own, foreign):
    """Whose every signature and handle is right, and which the browser was not told of."""
    credential = attempt.answer(credential_id=foreign.credential_id)
    attempt.assert_refused(credential, "login_failed")
    credential = attempt.answer(credential_id=foreign.credential_id, user_handle=None)
    attempt.assert_refused(credential, "login_failed")
    attempt.assert_accepted(attempt.answer(credential_id=own.credential_id))


@EVERY_LOGIN
def test_a10_an_id_that_nobody_knows_is_an_unknown_passkey(attempt):
    def with_id(credential_id):
        return lambda credential: credential | {"id": credential_id, "rawId": credential_id}

    own = unb64url(Passkey.objects.get().credential_id)
    ids = {
        "random": bytes(20),
        "one byte": b"\x00",
        "1,023 bytes": bytes(1023),
        "cut": own[:-1],
        "one byte more": own + b"\x00",
        "SQL": b"' OR '1'='1",
        "a path": b"../../credentials",
    }

    attempt.assert_each_refused({name: with_id(b64url(id_)) for name, id_ in ids.items()}, "unknown_passkey")


@LOGINS
def test_c10_names_decide_nothing(attempt, own, foreign, user, other_user):
    """The start is told another user's name, and meanwhile the two have swapped theirs."""
    attempt.start = {"username": other_user.get_username(), "user": str(other_user.pk)}
    credential = attempt.answer(credential_id=own.credential_id)
    names, field = (user.get_username(), other_user.get_username()), get_user_model().USERNAME_FIELD
    for person, name in zip((user, other_user, user), ("meanwhile@example.com", *names), strict=True):
        get_user_model().objects.filter(pk=person.pk).update(**{field: name})

    attempt.assert_accepted(credential)
    assert attempt.browser.user_id == str(user.pk)


# Counters


@pytest.mark.parametrize("provider", ["", "hanko_site"], ids=["embedded", "Hanko"])
@pytest.mark.parametrize("start", [None, {"purpose": "confirm"}], ids=["login", "confirmation"])
@pytest.mark.parametrize("count", [0, 1, 2**31 - 1, 2**31, 2**32 - 2])
def test_a6_a_counter_that_goes_back_refuses_a_device_bound_passkey_and_no_other(
    request, user, start, count, provider, settings
):
    settings.PASSKEY_CONFIRM_METHOD = "any"  # two passkeys in browsers that share no authenticator
    if provider:
        request.getfixturevalue(provider)
    for eligible, status in ((False, 403), (True, 200)):
        browser = Browser(backup_eligible=eligible, backup_state=eligible).sign_in(user)
        assert browser.register(sign_count=2**32 - 1).status_code == 201
        [credential_id] = browser.authenticator.credentials

        response = browser.login(start=start, sign_count=count)

        assert response.status_code == status, response.content
        assert Passkey.objects.get(credential_id=credential_id).sign_count == 2**32 - 1
        assert browser.login(start=start, sign_count=2**32 - 1).status_code == (200 if eligible else 403)


# Backup eligibility may change, user verification at the registration is for life


@pytest.mark.parametrize("provider", ["", "hanko_site"], ids=["embedded", "Hanko"])
@pytest.mark.parametrize("start", [None, {"purpose": "confirm"}], ids=["login", "confirmation"])
@pytest.mark.parametrize("eligible", [False, True])
def test_a7_another_backup_eligibility_is_taken_over_logged_and_in_the_history(
    request, user, refusals_logged, sent, eligible, start, provider
):
    """KeePassXC 2.7.12 changed it for passkeys that it had. Two apps on one vault disagree. Imports are old."""
    if provider:
        request.getfixturevalue(provider)
    browser = Browser(backup_eligible=eligible, backup_state=False).sign_in(user)
    assert browser.register().status_code == 201

    assert browser.login(start=start, flags={"be": not eligible}).status_code == 200

    passkey = Passkey.objects.get()
    assert passkey.backup_eligible is not eligible
    assert refusals_logged() == [f"Passkey {passkey.pk} changed its backup eligibility to {not eligible}"]
    assert kinds_since_registration() == ["used", "backup_changed"]
    assert browser.login(start=start, flags={"be": not eligible}).status_code == 200
    assert kinds_since_registration() == ["used", "backup_changed", "used"]
    assert [use["backup_changed"] for use in sent["passkey_used"]] == [True, False]


def kinds_since_registration():
    kinds = list(PasskeyEvent.objects.order_by("pk").values_list("kind", flat=True))
    return kinds[kinds.index("registered") + 1 :]


def test_a7_only_a_good_signature_changes_the_backup_eligibility(registered, refusals_logged):
    refused = registered.login(flags={"be": False, "bs": False}, tamper_signature=True)

    assert refused.json()["code"] == "login_failed"
    assert Passkey.objects.get().backup_eligible is True
    assert not any("eligibility" in message for message in refusals_logged())
    assert kinds_since_registration() == ["refused"]


def test_a9_a_passkey_that_was_registered_without_verification_stays_so(user, settings):
    """Whoever took it can verify themselves with a method of their own; nothing here rests on it."""
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    browser = Browser(user_verified=False).sign_in(user)
    assert browser.register().status_code == 201

    assert browser.login(flags={"uv": True}).status_code == 200

    assert Passkey.objects.get().user_verified is False
