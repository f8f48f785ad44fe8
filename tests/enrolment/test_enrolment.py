"""What the room `enrolment/` promises: one link, one account, one passkey, for a while."""

from datetime import timedelta

import pytest
from django.utils import timezone

from passkeys_django import enrolment as room
from passkeys_django.exceptions import EnrolmentInvalid, EnrolmentNotYet
from passkeys_django.models import Enrolment, Passkey, UserHandle
from passkeys_django.sessions import get_authentication
from passkeys_django.signals import enrolment_cancelled, enrolment_created, enrolment_used
from tests.conftest import ORIGIN, Browser, listening, make_passkey, refusal
from tests.enrolment.holder import Holder, aged, holder_of, new_link, settled

pytestmark = pytest.mark.django_db


def test_g2_the_holder_of_a_link_creates_a_passkey_and_is_signed_in(user):
    holder = holder_of(user)

    response = holder.enrol()

    assert response.status_code == 201
    assert response.json() == {"redirect_url": "/accounts/profile/"}
    assert holder.user_id == str(user._meta.pk.value_to_string(user))
    assert Passkey.objects.get().user == user
    assert Enrolment.objects.get().used_at is not None


def test_g2_the_record_of_the_session_says_enrolment_which_is_not_strong_by_itself(user, rf):
    """What needs strength 2, as removing other passkeys, asks for a confirmation by the new passkey first."""
    holder = holder_of(user)
    holder.enrol()

    request = rf.get("/")
    request.session = holder.client.session
    request.user = user
    authentication = get_authentication(request)
    assert authentication.methods == ("enrolment",)
    assert authentication.passkey == str(Passkey.objects.get().pk)
    assert authentication.strength == 1


def test_the_passkey_of_an_enrolment_signs_in(user):
    holder = holder_of(user)
    holder.enrol()
    holder.client.logout()

    assert holder.login().status_code == 200


def test_g2_only_the_digest_of_a_256_bit_secret_is_stored(user):
    enrolment, secret = new_link(user)

    assert len(secret) == 43
    stored = [str(value) for value in vars(settled(enrolment)).values()]
    assert not any(secret in value for value in stored)


def test_g2_a_link_works_once(user):
    _enrolment, secret = new_link(user)
    Holder().open(secret).enrol()

    again = Holder().open(secret)
    assert refusal(again.post("start-enrolment")) == (403, "enrolment_invalid")
    assert again.page().status_code == 403


def test_g2_two_who_have_both_started_get_one_passkey(user):
    _enrolment, secret = new_link(user)
    first, second = Holder().open(secret), Holder().open(secret)
    answers = first.answer(), second.answer()

    assert first.finish(answers[0]).status_code == 201
    assert refusal(second.finish(answers[1])) == (403, "enrolment_invalid")
    assert Passkey.objects.count() == 1


def test_g2_one_who_is_faster_in_the_same_moment_wins(user, meanwhile):
    """Both requests have read the open link; the other has stored its passkey just before our compare-and-set."""
    _enrolment, secret = new_link(user)
    first, second = Holder().open(secret), Holder().open(secret)
    answers = first.answer(), second.answer()
    meanwhile(type(UserHandle.objects), lambda: second.finish(answers[1]))

    assert refusal(first.finish(answers[0])) == (403, "enrolment_invalid")
    assert Passkey.objects.count() == 1
    assert first.user_id is None


def test_g2_a_passkey_that_cannot_be_stored_leaves_the_link_open(user, other_user, meanwhile):
    """Both are written in one transaction: an INSERT that fails undoes the use of the link."""
    enrolment, secret = new_link(user)
    holder = Holder().open(secret)
    credential = holder.answer()
    meanwhile(type(UserHandle.objects), lambda: make_passkey(other_user, credential_id=credential["id"]))

    assert refusal(holder.finish(credential)) == (409, "passkey_exists")
    assert settled(enrolment).used_at is None
    assert holder.user_id is None


def _import(user):
    make_passkey(user)


def _remove_in_bulk(user):
    Passkey.objects.filter(user=user).delete()


def _new_password(user):
    user.set_password("another long password")
    user.save()


def _no_password(user):
    user.set_unusable_password()
    user.save()


@pytest.mark.parametrize("change", [_import, _remove_in_bulk, _new_password, _no_password])
def test_g2_whatever_changes_the_account_ends_its_links(user, change):
    make_passkey(user)
    enrolment, secret = new_link(user)
    holder = Holder().open(secret)
    credential = holder.answer()
    change(user)

    with pytest.raises(EnrolmentInvalid):
        room.find(secret)
    assert refusal(holder.finish(credential)) == (403, "enrolment_invalid")
    assert settled(enrolment).used_at is None
    assert room.open_enrolments(user) == []


def test_g2_the_links_that_a_thief_made_before_the_first_passkey_end_with_it(user):
    secrets = [new_link(user, reason=reason)[1] for reason in ("device", "invitation", "code", "email")]
    assert Browser().sign_in(user).register().status_code == 201

    for secret in secrets:
        assert refusal(Holder().open(secret).post("start-enrolment")) == (403, "enrolment_invalid")


def test_g2_links_of_an_inactive_user_are_refused(user, deactivate):
    _enrolment, secret = new_link(user)
    holder = Holder().open(secret)
    credential = holder.answer()
    deactivate(user)

    assert refusal(holder.post("start-enrolment")) == (403, "enrolment_invalid")
    assert refusal(holder.finish(credential)) == (403, "enrolment_invalid")
    assert Passkey.objects.count() == 0


def test_g2_links_of_a_deleted_user_are_refused(user):
    _enrolment, secret = new_link(user)
    holder = Holder().open(secret)
    credential = holder.answer()
    user.delete()

    assert refusal(holder.finish(credential)) == (403, "enrolment_invalid")
    assert holder.page().status_code == 403


def test_g2_a_link_ends_in_time(user):
    enrolment, secret = new_link(user)
    holder = Holder().open(secret)
    credential = holder.answer()
    aged(enrolment, hours=1)

    assert refusal(holder.finish(credential)) == (403, "enrolment_invalid")


def test_g2_a_link_that_is_not_valid_yet_says_from_when(user):
    later = timezone.now() + timedelta(days=1)
    enrolment, secret = new_link(user, reason="email", not_before=later)

    with pytest.raises(EnrolmentNotYet) as refused:
        room.find(secret)
    assert refused.value.members["valid_from"].endswith("+00:00")
    assert enrolment.expires_at == later + timedelta(hours=1)

    holder = Holder().open(secret)
    response = holder.post("start-enrolment")
    assert refusal(response) == (403, "enrolment_not_yet")
    assert response.json()["valid_from"] == refused.value.members["valid_from"]
    assert b"It works from" in holder.page().content

    aged(enrolment, days=1, minutes=1)
    assert Holder().open(secret).enrol().status_code == 201


def test_g2_links_outlive_a_new_secret_key_with_fallbacks(user, settings):
    _enrolment, secret = new_link(user)
    holder = Holder().open(secret)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]

    assert holder.enrol().status_code == 201


def test_g2_links_end_with_a_secret_key_that_was_replaced(user, settings):
    _enrolment, secret = new_link(user)
    settings.SECRET_KEY = "a new one"

    with pytest.raises(EnrolmentInvalid):
        room.find(secret)


def test_a_passkey_that_is_used_cancels_a_recovery_by_mail(registered, user):
    _enrolment, secret = new_link(user, reason="email")
    _other, invitation = new_link(user)
    assert registered.login().status_code == 200

    with pytest.raises(EnrolmentInvalid):
        room.find(secret)
    assert room.find(invitation)


def test_a_passkey_made_by_mail_is_noted_at_the_account(user):
    holder_of(user, reason="email").enrol()
    assert UserHandle.objects.get(user=user).recovered_at is not None


@pytest.mark.parametrize("reason", ["invitation", "code", "device"])
def test_other_links_do_not_count_as_recovered_by_mail(user, reason):
    holder_of(user, reason=reason).enrol()
    assert UserHandle.objects.get(user=user).recovered_at is None


def test_g2_a_cancelled_link_does_not_work(user):
    enrolment, secret = new_link(user)
    holder = Holder().open(secret)
    credential = holder.answer()

    assert room.cancel(enrolment) is True
    assert room.cancel(enrolment) is False
    assert refusal(holder.finish(credential)) == (403, "enrolment_invalid")


def test_what_was_used_cannot_be_cancelled(user):
    enrolment, secret = new_link(user)
    Holder().open(secret).enrol()
    assert room.cancel(settled(enrolment)) is False
    assert settled(enrolment).cancelled_at is None


def test_open_enrolments_are_those_that_work_now_or_later(user, other_user):
    now_, _ = new_link(user)
    later, _ = new_link(user, not_before=timezone.now() + timedelta(days=1))
    cancelled, _ = new_link(user)
    room.cancel(cancelled)
    aged(new_link(user)[0], hours=2)
    new_link(other_user)

    assert room.open_enrolments(user) == [later, now_]


def test_signals_tell_what_happens(user):
    with listening(enrolment_created) as created, listening(enrolment_used) as used:
        enrolment, secret = new_link(user)
        Holder().open(secret).enrol()
    with listening(enrolment_cancelled) as cancelled:
        another, _ = new_link(user)
        room.cancel(another)

    assert [each["enrolment"] for each in created] == [enrolment]
    assert [(each["enrolment"], each["user"]) for each in used] == [(enrolment, user)]
    assert used[0]["enrolment"].used_at
    assert [each["enrolment"] for each in cancelled] == [another]


def test_a_secret_of_another_kind_is_unknown(user):
    for nonsense in ("", "a" * 43, "\ud800", "x" * 10_000):
        with pytest.raises(EnrolmentInvalid):
            room.find(nonsense)


def test_the_address_of_a_link_is_the_sites(user):
    _enrolment, secret = new_link(user)
    assert room.enrolment_url(ORIGIN, secret) == f"{ORIGIN}/passkeys/enrol/{secret}/"
