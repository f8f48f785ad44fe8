"""Recovery codes: how they are made, shown, counted and ended."""

import re

import pytest
from django.core import mail
from django.test import Client

from passkeys_django import recovery
from passkeys_django.models import EventKind, PasskeyEvent, RecoveryCode, UserHandle
from passkeys_django.recovery.codes import digest_of
from tests.conftest import Browser, make_passkey, refusal
from tests.recovery.conftest import CODES, JSON, grow_old, make_codes, password_session, recover


def test_ten_codes_of_80_bits_are_made(signed_in):
    codes = make_codes(signed_in)
    assert len(set(codes)) == 10
    for code in codes:
        assert re.fullmatch(r"[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}", code)  # 16 characters of 5 bits


def test_only_digests_are_stored(signed_in):
    codes = make_codes(signed_in)
    stored = " ".join(RecoveryCode.objects.values_list("code_sha256", flat=True))
    assert len(stored.split()) == 10
    for code in codes:
        assert code not in stored
        assert code.replace("-", "") not in stored


def test_reading_forgives_what_people_mistype():
    code = "0a1b-2c3d-4e5f-6g7h"
    for typed in (
        "0A1B-2C3D-4E5F-6G7H",
        " 0a1b 2c3d\u00a04e5f\t6g7h\n",
        "oaib\u20132c3d_4e5f6g7h",
        "OALB2C3D4E5F6G7H",
    ):
        assert digest_of(typed) == digest_of(code)
    assert digest_of("0a1b-2c3d-4e5f-6g7j") != digest_of(code)
    assert digest_of("") != digest_of(code)


def test_the_page_shows_the_codes_once_and_nobody_stores_the_page(signed_in, user):
    response = signed_in.client.post(CODES)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    shown = re.findall(r"<code dir=\"ltr\">([^<]*)</code>", response.content.decode())
    assert {digest_of(code) for code in shown} == set(RecoveryCode.objects.values_list("code_sha256", flat=True))
    later = signed_in.client.get(CODES).content.decode()
    assert "You have 10 codes left." in later
    assert not any(code in later for code in shown)


def test_the_page_says_how_many_are_left(signed_in, user):
    assert "You have no codes." in signed_in.client.get(CODES).content.decode()
    assert signed_in.client.get(CODES, headers={"Accept": "application/json"}).json() == {"left": 0}
    make_codes(signed_in)
    assert recovery.codes_left(user) == 10
    assert signed_in.client.get(CODES, headers={"Accept": "application/json"}).json() == {"left": 10}


def test_new_codes_end_the_old_ones(signed_in, user):
    old, new = make_codes(signed_in)[0], make_codes(signed_in)[0]
    assert recovery.codes_left(user) == 10
    assert refusal(recover(user.get_username(), old)) == (403, "recovery_failed")
    assert recover(user.get_username(), new).status_code == 201


def test_two_requests_at_once_leave_ten_codes(signed_in, user, meanwhile):
    from passkeys_django.models.user_handle import UserHandleManager

    first = []
    meanwhile(UserHandleManager, lambda: first.extend(make_codes(password_session(user))))
    second = make_codes(signed_in)
    assert recovery.codes_left(user) == 10
    assert {digest_of(code) for code in second} == set(RecoveryCode.objects.values_list("code_sha256", flat=True))


def test_they_are_for_people_who_are_signed_in(db):
    assert refusal(Client().post(CODES, **JSON)) == (401, "not_authenticated")
    assert Client().get(CODES).status_code == 302


def test_making_them_needs_a_recent_login(signed_in):
    grow_old(signed_in.client, 3600)
    assert refusal(signed_in.client.post(CODES, **JSON)) == (403, "reauthentication_required")
    assert signed_in.client.get(CODES).status_code == 200
    response = signed_in.client.post(CODES)
    assert response.status_code == 302
    assert "/passkeys/confirm/" in response["Location"]


def test_g1_a_password_makes_no_codes_for_an_account_with_a_passkey(long_registered, user):
    thief = password_session(user)
    assert refusal(thief.client.post(CODES, **JSON)) == (403, "reauthentication_required")
    assert RecoveryCode.objects.count() == 0


def test_a_passkey_makes_codes_that_stay(strong, user):
    make_codes(strong)
    assert set(RecoveryCode.objects.values_list("strength", flat=True)) == {2}
    assert Browser(strong.client).register().status_code == 201
    assert recovery.codes_left(user) == 10


def test_where_a_password_is_always_enough_its_codes_work_beside_a_passkey(long_registered, user, settings):
    settings.PASSKEY_CONFIRM_METHOD = "any"
    code = make_codes(password_session(user))[0]
    assert recovery.codes_left(user) == 10
    assert recover(user.get_username(), code).status_code == 201


def test_g1_codes_from_before_the_first_passkey_end_with_it(signed_in, user):
    code = make_codes(signed_in)[0]
    assert signed_in.register().status_code == 201
    assert RecoveryCode.objects.count() == 0
    assert refusal(recover(user.get_username(), code)) == (403, "recovery_failed")


def test_g1_weak_codes_do_not_work_beside_a_passkey_however_it_was_stored(signed_in, user):
    code = make_codes(signed_in)[0]
    make_passkey(user)  # by a way that nobody knows
    assert RecoveryCode.objects.count() == 10
    assert recovery.codes_left(user) == 0
    assert refusal(recover(user.get_username(), code)) == (403, "recovery_failed")


def test_weak_codes_end_by_a_function_too(signed_in, user):
    make_codes(signed_in)
    recovery.end_weak_codes(user)
    assert recovery.codes_left(user) == 0


def test_there_may_be_no_codes_at_all(signed_in, user, settings):
    make_codes(signed_in)
    settings.PASSKEY_RECOVERY_CODES = False
    assert signed_in.client.get(CODES).status_code == signed_in.client.post(CODES).status_code == 404
    assert CODES not in signed_in.client.get("/passkeys/").content.decode()
    assert recovery.codes_left(user) == 0
    assert recover(user.get_username(), "0000-0000-0000-0000").status_code == 404
    assert 'name="code"' not in Client().get("/passkeys/recover/").content.decode()


def test_the_list_leads_to_them(signed_in):
    assert f'href="{CODES}"' in signed_in.client.get("/passkeys/").content.decode()


def test_the_history_and_an_e_mail_tell_of_them(signed_in, user):
    make_codes(signed_in)
    event = PasskeyEvent.objects.get()
    assert (event.kind, event.user, event.address) == (EventKind.CODES_CREATED, user, "127.0.0.0")
    (message,) = mail.outbox
    assert message.to == ["ada@example.com"]
    assert message.subject.endswith("new recovery codes")
    assert "/passkeys/" in message.body
    assert "Done by: you" in message.body


def test_the_last_strong_address_is_told_too(strong, user):
    UserHandle.objects.update(strong_address="old@example.com")
    mail.outbox.clear()
    make_codes(strong)
    assert sorted(message.to[0] for message in mail.outbox) == ["ada@example.com", "old@example.com"]


def test_no_mail_where_nobody_is_told(signed_in, settings):
    settings.PASSKEY_NOTIFICATIONS = False
    make_codes(signed_in)
    assert mail.outbox == []


def test_they_are_limited(signed_in, settings):
    settings.PASSKEY_RATE_LIMITS = {"recovery-codes": "1/h"}
    make_codes(signed_in)
    assert refusal(signed_in.client.post(CODES, **JSON)) == (429, "throttled")


@pytest.mark.parametrize("body", ["", "[]", "\x00", "{"])
def test_a_body_of_any_kind_is_no_error(body, signed_in):
    assert signed_in.client.post(CODES, body, content_type="application/json").status_code < 500


def test_somebody_who_acts_as_another_makes_none(superuser, user):
    session = superuser.session
    session["hijack_history"] = ["999999"]
    session.save()
    assert refusal(superuser.post(CODES, **JSON)) == (403, "acting_as_another")


def test_a_session_of_another_user_gets_no_codes_of_this_one(signed_in, other_user, user):
    make_codes(signed_in)
    assert recovery.codes_left(other_user) == 0
    assert Browser().sign_in(other_user).client.get(CODES, headers={"Accept": "application/json"}).json() == {
        "left": 0
    }
