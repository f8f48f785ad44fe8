"""Codes that are left, and e-mail for people who are not signed in, count as ways in: the last passkey can go."""

import pytest

from passkeys_django import lifecycle
from passkeys_django.ceremonies.storing import insert
from passkeys_django.imports import ForeignCredential
from passkeys_django.lifecycle.lockout import users_locked_out
from passkeys_django.maintenance.importing import import_credentials
from passkeys_django.models import Passkey, RecoveryCode
from passkeys_django.protocol.base64url import base64url_decode
from passkeys_django.protocol.credentials import open_envelope, read_registration
from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import ORIGIN, make_passkey, refusal
from tests.recovery.conftest import JSON, make_codes, make_person


@pytest.fixture
def owner(strong, user):
    """Signed in with the only passkey of an account without a password."""
    user.set_unusable_password()
    user.save()
    assert strong.login().status_code == 200
    return strong


def remove_page(browser):
    return f"/passkeys/{Passkey.objects.get().pk}/remove/"


def test_without_a_way_back_the_last_passkey_stays(owner):
    assert refusal(owner.client.post(remove_page(owner), **JSON)) == (409, "last_passkey")
    assert "only way to sign in" in owner.client.get(remove_page(owner)).content.decode()


def test_codes_are_a_way_back_and_the_page_says_so(owner, user):
    make_codes(owner)
    assert not lifecycle.is_only_way_in(Passkey.objects.get())
    assert (
        "After that, you get in only with a recovery code" in owner.client.get(remove_page(owner)).content.decode()
    )
    assert owner.client.post(remove_page(owner), **JSON).status_code == 204
    assert RecoveryCode.objects.filter(user=user).count() == 10


def test_they_are_none_where_there_are_no_codes(owner, settings):
    make_codes(owner)
    settings.PASSKEY_RECOVERY_CODES = False
    assert lifecycle.is_only_way_in(Passkey.objects.get())


def test_e_mail_is_a_way_back_where_the_site_allows_it_to_strangers(owner, user, settings):
    settings.PASSKEY_RECOVERY_BY_EMAIL = True
    assert not lifecycle.is_only_way_in(Passkey.objects.get())
    setattr(user, user.get_email_field_name(), "")
    user.save()
    assert lifecycle.is_only_way_in(Passkey.objects.get())


def test_a_password_needs_no_such_text(strong, user):
    make_codes(strong)
    assert "After that, you get in only" not in strong.client.get(remove_page(strong)).content.decode()


def test_staff_hear_who_would_be_locked_out_in_few_statements(owner, user, django_assert_max_num_queries):
    for number in range(5):
        person = make_person(f"person{number}")
        person.set_unusable_password()
        person.save()
        make_passkey(person)
    make_codes(owner)
    doomed = set(Passkey.objects.values_list("pk", flat=True))
    with django_assert_max_num_queries(8):
        assert users_locked_out(doomed) == 5


# What ends the codes of a session of strength 1


def weak_codes(user):
    RecoveryCode.objects.create(user=user, code_sha256="0" * 64, strength=1)
    RecoveryCode.objects.create(user=user, code_sha256="1" * 64, strength=2)


def strengths(user):
    return list(RecoveryCode.objects.filter(user=user).values_list("strength", flat=True))


def test_g1_whatever_stores_a_passkey_ends_them(user, other_user):
    for person in (user, other_user):
        weak_codes(person)
    passkey = Passkey(
        user=user, name="New", rp_id="testserver", user_handle=b"h" * 43, credential_id="bmV3", public_key=b"key"
    )
    insert(passkey, left_behind_at=None)
    assert strengths(user) == [2]
    assert sorted(strengths(other_user)) == [1, 2]


def test_g1_an_import_ends_them(user, other_user):
    for person in (user, other_user):
        weak_codes(person)
    device = SoftwareAuthenticator(origin=ORIGIN)
    options = {
        "publicKey": {
            "rp": {"id": "testserver", "name": ""},
            "user": {"id": "aGFuZGxl", "name": "a", "displayName": "a"},
            "challenge": "A" * 43,
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        }
    }
    created = read_registration(open_envelope(device.create(options)))
    foreign = ForeignCredential(
        user_key=user.pk,
        credential_id=created.id,
        public_key=created.public_key,
        user_handle=base64url_decode("aGFuZGxl"),
        rp_id_hash=None,
        discoverable=True,
        user_verified=True,
        backup_eligible=True,
        backup_state=True,
        sign_count=0,
        aaguid=created.aaguid,
        transports=(),
        name="",
        created_at=None,
        last_used_at=None,
    )
    list(import_credentials([foreign]))
    assert Passkey.objects.filter(user=user).count() == 1
    assert strengths(user) == [2]
    assert sorted(strengths(other_user)) == [1, 2]
