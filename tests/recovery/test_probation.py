"""For 72 hours, a passkey that was made by e-mail removes no older passkey and makes no codes."""

import pytest
from django.core import mail
from django.utils import timezone

from passkeys_django import lifecycle, recovery
from passkeys_django.models import Passkey, UserHandle
from tests.conftest import Browser, refusal
from tests.recovery.conftest import (
    CODES,
    JSON,
    ask_by_email,
    enrol,
    links_in,
    make_codes,
    password_session,
    recover,
    time_passes,
)


def recover_by_email(user):
    """A browser whose new passkey was made by e-mail, signed in with it."""
    mail.outbox.clear()
    ask_by_email(password_session(user))
    time_passes(hours=24, minutes=1)
    visitor, response = enrol(links_in(mail.outbox)[0])
    assert response.status_code == 201
    assert visitor.login().status_code == 200
    return visitor


@pytest.fixture
def owner(strong):
    strong.client.logout()
    return strong


@pytest.fixture
def owners_passkey(owner):
    return Passkey.objects.get()


@pytest.fixture
def recovered(owners_passkey, user):
    time_passes(hours=1)
    return recover_by_email(user)


def remove(browser, passkey):
    return browser.client.post(f"/passkeys/{passkey.pk}/remove/", **JSON)


def test_g4_it_removes_no_older_passkey(recovered, owners_passkey):
    response = remove(recovered, owners_passkey)
    assert refusal(response) == (403, "recovered_recently")
    assert response.json()["valid_from"] > timezone.now().isoformat()
    assert Passkey.objects.filter(pk=owners_passkey.pk).exists()


def test_the_page_says_so_before_it_asks(recovered, owners_passkey):
    response = recovered.client.get(f"/passkeys/{owners_passkey.pk}/remove/", follow=True)
    assert "created by e-mail a short time ago" in response.content.decode()
    assert response.redirect_chain[-1][0] == "/passkeys/"


def test_the_page_after_the_enrolment_offers_no_removal(recovered, owners_passkey):
    page = recovered.client.get("/passkeys/enrol/done/").content.decode()
    assert "the new passkey cannot remove them" in page
    assert "/remove/" not in page


def test_g4_it_makes_no_codes(recovered):
    assert refusal(recovered.client.post(CODES, **JSON)) == (403, "recovered_recently")
    page = recovered.client.post(CODES, follow=True).content.decode()
    assert "created by e-mail a short time ago" in page


def test_it_is_over_after_three_days(recovered, owners_passkey):
    time_passes(hours=71)
    assert refusal(remove(recovered, owners_passkey)) == (403, "recovered_recently")
    time_passes(hours=1, minutes=1)
    assert remove(recovered, owners_passkey).status_code == 204
    assert len(make_codes(recovered)) == 10


def test_the_owners_older_passkey_may_do_everything(recovered, owner, user):
    assert owner.login().status_code == 200
    assert len(make_codes(owner)) == 10
    new = Passkey.objects.exclude(pk=Passkey.objects.earliest("created_at").pk).get()
    assert remove(owner, new).status_code == 204


def test_it_removes_itself_and_what_came_after_it(recovered, owners_passkey):
    itself = Passkey.objects.exclude(pk=owners_passkey.pk).get()
    later = Browser(recovered.client)
    assert later.register().status_code == 201
    assert remove(recovered, Passkey.objects.latest("created_at")).status_code == 204
    assert remove(recovered, itself).status_code == 204


def test_g4_a_passkey_made_in_its_session_is_on_probation_too(recovered, owners_passkey):
    later = Browser(recovered.client)
    assert later.register().status_code == 201
    assert later.login().status_code == 200
    assert refusal(remove(later, owners_passkey)) == (403, "recovered_recently")
    assert refusal(later.client.post(CODES, **JSON)) == (403, "recovered_recently")


def test_g4_a_second_recovery_does_not_end_the_first_ones_probation(recovered, owners_passkey, user):
    """Else the first passkey would be older than the last recovery, and free."""
    time_passes(hours=2)
    recover_by_email(user)
    assert recovered.login().status_code == 200
    assert refusal(remove(recovered, owners_passkey)) == (403, "recovered_recently")
    assert refusal(recovered.client.post(CODES, **JSON)) == (403, "recovered_recently")


def test_g4_each_recovery_has_its_own_three_days(recovered, owners_passkey, user):
    time_passes(hours=40)
    second = recover_by_email(user)
    time_passes(hours=20)  # the first has served its time
    assert second.login().status_code == 200
    assert refusal(remove(second, owners_passkey)) == (403, "recovered_recently")
    assert recovered.login().status_code == 200
    assert remove(recovered, owners_passkey).status_code == 204


def test_g4_a_password_is_on_probation_too_where_it_is_enough(recovered, owners_passkey, user, settings):
    settings.PASSKEY_CONFIRM_METHOD = "any"
    thief = password_session(user)
    assert refusal(remove(thief, owners_passkey)) == (403, "recovered_recently")
    assert refusal(thief.client.post(CODES, **JSON)) == (403, "recovered_recently")


def test_staff_may_remove_all(recovered, owners_passkey, rf, superuser):
    request = rf.post("/")
    request.session, request.user = superuser.session, superuser.get("/passkeys/").wsgi_request.user
    lifecycle.remove(owners_passkey, request=request)
    assert not Passkey.objects.filter(pk=owners_passkey.pk).exists()
    lifecycle.revoke(Passkey.objects.all())
    assert not Passkey.objects.exists()


def test_a_recovery_by_code_has_no_probation(owner, owners_passkey, user):
    owner.login()
    code = make_codes(owner)[0]
    client = Browser().client
    assert recover(user.get_username(), code, client=client).status_code == 201
    visitor, _response = enrol(client=client)
    assert visitor.login().status_code == 200
    assert remove(visitor, owners_passkey).status_code == 204


def test_probation_holds_also_if_the_enrolment_was_deleted(recovered, owners_passkey, user):
    user.passkey_enrolments.all().delete()
    assert refusal(remove(recovered, owners_passkey)) == (403, "recovered_recently")


def test_codes_that_the_owner_has_kept_still_work(owner, owners_passkey, user):
    owner.login()
    codes = make_codes(owner)
    time_passes(hours=1)
    recover_by_email(user)
    assert recovery.codes_left(user) == 10
    assert recover(user.get_username(), codes[0]).status_code == 201


def test_the_handle_knows_it(recovered, user):
    assert UserHandle.objects.get(user=user).is_on_probation
    time_passes(hours=73)
    assert not UserHandle.objects.get(user=user).is_on_probation


def test_it_costs_three_statements(owner, user, rf, django_assert_num_queries):
    owner.login()
    request = rf.get("/")
    request.session, request.user = owner.client.session, user
    assert "_passkeys_authentication" in request.session
    with django_assert_num_queries(3):
        lifecycle.require_no_probation(request, user)
