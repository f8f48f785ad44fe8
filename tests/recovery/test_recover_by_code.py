"""`recover/` with a code: name, code and password lead on only together, and nobody learns what was wrong."""

from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher, get_hasher
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from passkeys_django import recovery
from passkeys_django.models import Enrolment, EventKind, Passkey, PasskeyEvent, RecoveryCode
from tests.conftest import PASSWORD, Browser, refusal
from tests.recovery.conftest import (
    JSON,
    RECOVER,
    enrol,
    grow_old,
    make_codes,
    make_person,
    password_session,
    recover,
    time_passes,
)

WRONG_CODE = "0000-0000-0000-0000"


@pytest.fixture
def codes(strong):
    """Codes of the owner, who has a passkey and is signed out."""
    made = make_codes(strong)
    strong.client.logout()
    mail.outbox.clear()
    return made


@pytest.fixture
def without_password(user):
    user.set_unusable_password()
    user.save()
    return user


def test_name_code_and_password_lead_to_a_new_passkey(codes, user):
    client = Client()
    response = recover(user.get_username(), codes[0], client=client)
    assert (response.status_code, response.json()) == (201, {"redirect_url": "/passkeys/enrol/"})
    assert "_auth_user_id" not in client.session
    visitor, response = enrol(client=client)
    assert response.status_code == 201
    assert visitor.user_id == str(user.pk)
    assert Passkey.objects.of(user).count() == 2


def test_the_page_does_the_same_without_a_script(codes, user):
    client = Client()
    sent = {"username": user.get_username(), "code": codes[0].upper(), "password": PASSWORD}
    response = client.post(RECOVER, sent)
    assert (response.status_code, response["Location"]) == (302, "/passkeys/enrol/")
    assert "no-store" in response["Cache-Control"]
    assert user.get_username() in client.get("/passkeys/enrol/").content.decode()


def test_a_code_works_once(codes, user):
    assert recover(user.get_username(), codes[0]).status_code == 201
    assert refusal(recover(user.get_username(), codes[0])) == (403, "recovery_failed")
    assert recovery.codes_left(user) == 9
    assert recover(user.get_username(), codes[1]).status_code == 201


def test_its_enrolment_ends_after_ten_minutes(codes, user):
    client = Client()
    recover(user.get_username(), codes[0], client=client)
    time_passes(minutes=10)
    _visitor, response = enrol(client=client)
    assert refusal(response) == (403, "enrolment_invalid")


def test_a_code_is_not_spent_by_a_wrong_password(codes, user):
    assert refusal(recover(user.get_username(), codes[0], "wrong")) == (403, "recovery_failed")
    assert recover(user.get_username(), codes[0]).status_code == 201


def test_g4_a_code_alone_is_not_enough_for_an_account_with_a_password(codes, user):
    for password in ("", "wrong", codes[1]):
        assert refusal(recover(user.get_username(), codes[0], password)) == (403, "recovery_failed")
    assert Enrolment.objects.count() == 0


def test_g4_a_password_alone_is_not_enough(codes, user):
    for code in ("", WRONG_CODE, " ", codes[0][:-1], codes[0] * 2):
        response = recover(user.get_username(), code)
        assert response.status_code in (400, 403)
    assert Enrolment.objects.count() == 0


def test_g4_a_code_opens_no_session_and_no_other_account(codes, user, other_user):
    client = Client()
    assert refusal(recover(other_user.get_username(), codes[0], client=client)) == (403, "recovery_failed")
    assert recover(user.get_username(), codes[0], client=client).status_code == 201
    assert client.get("/passkeys/", headers={"Accept": "application/json"}).status_code == 401


def test_an_account_without_a_password_needs_only_the_code(codes, without_password):
    assert recover(without_password.get_username(), codes[0], "").status_code == 201


def test_a_password_that_no_backend_takes_is_not_asked_for(codes, user, settings):
    settings.AUTHENTICATION_BACKENDS = ["passkeys_django.backends.PasskeyBackend"]
    assert recover(user.get_username(), codes[0], "").status_code == 201


def test_g4_a_deactivated_account_stays_closed(codes, user, deactivate):
    deactivate(user)
    assert refusal(recover(user.get_username(), codes[0])) == (403, "recovery_failed")
    assert recovery.codes_left(user) == 10


def test_g4_a_thiefs_codes_end_before_they_harm(user):
    """Somebody with the password made codes while the account had no passkey."""
    thief = password_session(user)
    stolen = make_codes(thief)
    owner = password_session(user)
    assert owner.register().status_code == 201
    for code in stolen[:3]:
        assert refusal(recover(user.get_username(), code)) == (403, "recovery_failed")
    assert Enrolment.objects.count() == 0


def test_g4_an_old_session_makes_no_codes(strong):
    grow_old(strong.client, 3600)
    assert refusal(strong.client.post("/passkeys/recovery-codes/", **JSON)) == (403, "reauthentication_required")


# What nobody learns


@contextmanager
def hashes_counted():
    counted, encode = [], MD5PasswordHasher.encode
    hasher = type(get_hasher())
    encode = hasher.encode

    def counting(self, password, salt, *more, **options):
        counted.append(1)
        return encode(self, password, salt, *more, **options)

    with patch.object(hasher, "encode", counting):
        yield counted


@pytest.fixture
def attempts(codes, user, other_user, deactivate):
    """Attempts that fail for reasons of all kinds, by reason."""
    nobodys = make_person("nobody")
    nobodys.set_unusable_password()
    nobodys.save()
    closed = make_person("closed")
    if any(field.name == "is_active" for field in type(closed)._meta.get_fields()):
        deactivate(closed)
    return {
        "no such account": ("nobody-has-this-name@example.com", WRONG_CODE, PASSWORD),
        "wrong code": (user.get_username(), WRONG_CODE, PASSWORD),
        "wrong password": (user.get_username(), codes[0], "wrong"),
        "no password": (user.get_username(), codes[0], ""),
        "both wrong": (user.get_username(), WRONG_CODE, "wrong"),
        "no codes": (other_user.get_username(), WRONG_CODE, PASSWORD),
        "account without a password": (nobodys.get_username(), WRONG_CODE, ""),
        "deactivated": (closed.get_username(), WRONG_CODE, PASSWORD),
    }


def statements(queries):
    return [" ".join(query["sql"].split()[:3]) for query in queries]


def test_g4_all_failures_are_alike(attempts, settings):
    settings.PASSKEY_RATE_LIMITS = None
    seen = {}
    recover("warm", "up")
    for reason, (name, code, password) in attempts.items():
        mail.outbox.clear()
        with CaptureQueriesContext(connection) as queries, hashes_counted() as hashes:
            response = recover(name, code, password)
        seen[reason] = (response.status_code, response.content, statements(queries), len(hashes), len(mail.outbox))
    assert len(set(map(repr, seen.values()))) == 1, seen
    (status, _body, sql, hashes, mails) = seen["no such account"]
    assert (status, len(sql), hashes, mails) == (403, 2, 1, 0)


def test_g4_the_page_is_the_same_but_for_the_name_that_was_typed(attempts, settings):
    settings.PASSKEY_RATE_LIMITS = None
    pages = set()
    client = Client()
    for name, code, password in attempts.values():
        response = client.post(RECOVER, {"username": name, "code": code, "password": password})
        text = response.content.decode()
        assert code not in text
        assert not password or password not in text
        for varying in (name, response.context["csrf_token"]):
            text = text.replace(str(varying), "")
        pages.add((response.status_code, text))
    assert len(pages) == 1
    assert "Please check what you have entered" in pages.pop()[1]


def test_the_right_ones_cost_one_hash_too(codes, user):
    with hashes_counted() as hashes:
        assert recover(user.get_username(), codes[0]).status_code == 201
    assert len(hashes) == 1


# Limits


def test_g4_guesses_are_limited_for_an_address_and_stop_nobody_elsewhere(codes, user, settings):
    settings.PASSKEY_RATE_LIMITS = {"recover": "100/m", "failed-recovery": "3/h"}
    for _ in range(3):
        assert recover(user.get_username(), WRONG_CODE).status_code == 403
    assert refusal(recover(user.get_username(), codes[0])) == (429, "throttled")
    assert recover(user.get_username(), codes[0], client=Client(REMOTE_ADDR="192.0.2.7")).status_code == 201


def test_g4_many_addresses_cannot_lock_the_owner_out(codes, user, settings):
    settings.PASSKEY_RATE_LIMITS = {"recover": "2/m", "failed-recovery": "2/h"}
    for number in range(60):
        recover(user.get_username(), WRONG_CODE, client=Client(REMOTE_ADDR=f"198.51.100.{number}"))
    assert recover(user.get_username(), codes[0]).status_code == 201


def test_an_address_is_limited_for_all_names_together(db, settings):
    settings.PASSKEY_RATE_LIMITS = {"recover": "2/m"}
    answers = [recover(f"name{number}", WRONG_CODE).status_code for number in range(3)]
    assert answers == [403, 403, 429]


def test_the_limit_is_the_same_for_names_that_do_not_exist(user, settings):
    settings.PASSKEY_RATE_LIMITS = {"recover": "100/m", "failed-recovery": "2/h"}
    for name in (user.get_username(), "nobody-has-this-name"):
        answers = [recover(name, WRONG_CODE).status_code for _ in range(3)]
        assert answers == [403, 403, 429]


def test_capital_letters_do_not_get_around_the_limit(user, settings):
    settings.PASSKEY_RATE_LIMITS = {"recover": "100/m", "failed-recovery": "1/h"}
    assert recover("somebody", WRONG_CODE).status_code == 403
    assert recover("SomeBody", WRONG_CODE).status_code == 429


def test_a_right_code_fills_no_limit(codes, user, settings):
    settings.PASSKEY_RATE_LIMITS = {"recover": "100/m", "failed-recovery": "1/h"}
    assert recover(user.get_username(), codes[0]).status_code == 201
    assert recover(user.get_username(), codes[1]).status_code == 201


# What the owner hears


def test_the_owner_is_told_and_the_history_is_written(codes, user):
    PasskeyEvent.objects.all().delete()
    recover(user.get_username(), codes[0])
    kinds = set(PasskeyEvent.objects.values_list("kind", flat=True))
    assert kinds == {EventKind.CODE_USED, EventKind.ENROLMENT_CREATED}
    (message,) = mail.outbox
    assert message.to == [user.get_username() if "@" in user.get_username() else user.email]
    assert "recovery code" in message.body
    assert "/passkeys/enrol/cancel/" in message.body
    assert Enrolment.objects.get().secret_sha256 not in message.body


def test_what_fails_is_in_the_log_only(codes, user, refusals_logged):
    PasskeyEvent.objects.all().delete()
    recover(user.get_username(), WRONG_CODE)
    assert PasskeyEvent.objects.count() == 0
    (line,) = [line for line in refusals_logged() if "Recovery by code" in line]
    assert line.startswith("Recovery by code refused (recovery_failed)")
    assert user.get_username() not in line


# Bad input


@pytest.mark.parametrize("name", ["\x00", "a" * 400, "\ud800", "", "   ", "'; DROP TABLE", "🔑" * 80])
def test_a_name_of_any_kind_is_refused_politely(name, db):
    response = recover(name, WRONG_CODE)
    assert response.status_code in (400, 403)
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("value", [None, 1, [], {}, True, "\x00", "\ud800", "a" * 5000])
@pytest.mark.parametrize("field", ["username", "code", "password"])
def test_a_member_of_any_kind_is_refused_politely(field, value, user):
    body = {"username": user.get_username(), "code": WRONG_CODE, "password": PASSWORD} | {field: value}
    assert Client().post(RECOVER, body, **JSON).status_code in (400, 403)


def test_errors_of_the_form_are_listed_for_scripts(db):
    response = Client().post(RECOVER, {"username": "ada"}, **JSON)
    assert refusal(response) == (400, "invalid_request")
    assert response.json()["errors"].keys() == {"code"}


def test_the_page_needs_a_csrf_token(db):
    assert Client(enforce_csrf_checks=True).post(RECOVER, {"username": "ada"}).status_code in (302, 403)


def test_two_requests_with_one_code_make_one_enrolment(codes, user, monkeypatch):
    """The second request has found the code before the first deletes it."""
    from passkeys_django.recovery import by_code

    may_use, first = by_code._may_use, []

    def slow(code, owner):
        if not first:
            first.append(None)
            first[0] = recover(user.get_username(), codes[0])
        return may_use(code, owner)

    monkeypatch.setattr(by_code, "_may_use", slow)
    second = recover(user.get_username(), codes[0])
    assert first[0].status_code == 201
    assert refusal(second) == (403, "recovery_failed")
    assert Enrolment.objects.count() == 1
    assert RecoveryCode.objects.count() == 9


def test_g4_a_new_secret_key_changes_nothing_for_codes(codes, user, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" * 5
    client = Client()
    assert recover(user.get_username(), codes[0], client=client).status_code == 201
    _visitor, response = enrol(client=client)
    assert response.status_code == 201


def test_somebody_who_is_signed_in_may_recover_another_account(codes, user, other_user):
    client = Browser().sign_in(other_user).client
    assert recover(user.get_username(), codes[0], client=client).status_code == 201
    assert client.session["_auth_user_id"] == str(other_user.pk)


def test_the_user_model_is_asked_as_djangos_backend_asks_it(codes, user, monkeypatch):
    asked, manager = [], type(get_user_model()._default_manager)
    get = manager.get_by_natural_key
    monkeypatch.setattr(manager, "get_by_natural_key", lambda self, name: asked.append(name) or get(self, name))
    recover(user.get_username(), WRONG_CODE)
    assert asked == [user.get_username()]
