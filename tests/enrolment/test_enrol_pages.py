"""The pages of an enrolment: what they say, what they keep to themselves, and where they lead."""

import re

import pytest
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from passkeys_django import enrolment as room
from passkeys_django.enrolment.cookie import COOKIE
from passkeys_django.models import Enrolment, Passkey, user_name
from tests.conftest import make_passkey, refusal
from tests.enrolment.holder import Holder, aged, holder_of, new_link, settled

pytestmark = pytest.mark.django_db
CANCEL = "/passkeys/enrol/cancel/"


@pytest.mark.parametrize("method", ["get", "head"])
def test_g2_opening_the_link_uses_nothing_up(user, method, django_assert_num_queries):
    """Mail scanners and previews of messengers open all links, some of them with HEAD."""
    enrolment, secret = new_link(user)
    scanner = Client()
    with django_assert_num_queries(0):
        for _ in range(3):
            assert getattr(scanner, method)(f"/passkeys/enrol/{secret}/").status_code == 302
    assert getattr(scanner, method)("/passkeys/enrol/").status_code == 200

    assert settled(enrolment).used_at is None
    assert Holder().open(secret).enrol().status_code == 201


def test_g2_the_secret_is_not_in_the_url_of_the_page_nor_on_it(user):
    _enrolment, secret = new_link(user)
    client = Client()
    redirect = client.get(f"/passkeys/enrol/{secret}/")
    page = client.get(redirect["Location"])

    assert redirect["Location"] == "/passkeys/enrol/"
    assert secret not in page.content.decode()
    for response in (redirect, page):
        assert response["Referrer-Policy"] == "no-referrer"
        assert "no-store" in response["Cache-Control"]


def test_g2_scripts_cannot_read_the_cookie_and_it_is_short_lived(user, settings):
    settings.SESSION_COOKIE_SECURE = True
    cookie = holder_of(user).client.cookies[COOKIE]

    assert cookie["httponly"]
    assert cookie["secure"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("Lax", "/passkeys/", 3600)


def test_g2_a_cookie_that_somebody_else_wrote_is_worth_nothing(user):
    _enrolment, secret = new_link(user)
    holder = Holder()
    for forged in (secret, f"{secret}:1x:forged"):
        holder.client.cookies[COOKIE] = forged
        assert refusal(holder.post("start-enrolment")) == (403, "enrolment_invalid")


def test_the_cookie_goes_when_the_link_was_used(user):
    holder = holder_of(user)
    holder.enrol()
    assert holder.client.cookies[COOKIE].value == ""


def test_a_link_that_was_cut_ends_an_earlier_one_in_this_browser(user):
    holder = holder_of(user)
    holder.client.get("/passkeys/enrol/abc/")
    assert holder.page().status_code == 403


def test_the_page_says_whose_account_it_is(user):
    page = holder_of(user).page().content.decode()
    assert f"Create a passkey for {user_name(user)}" in page
    assert "data-passkey-enrol" in page
    assert "You are signed in as" not in page


def test_the_page_says_that_somebody_else_is_signed_in(user, other_user):
    _enrolment, secret = new_link(user)
    holder = Holder().sign_in(other_user)
    page = holder.open(secret).page().content.decode()

    assert f"You are signed in as {user_name(other_user)} at the moment" in page


def test_g2_the_session_of_somebody_else_is_replaced(user, other_user):
    _enrolment, secret = new_link(user)
    holder = Holder().sign_in(other_user)
    holder.client.session["theirs"] = 1
    before = holder.client.session.session_key
    holder.open(secret)

    assert holder.enrol().status_code == 201
    assert holder.user_id == str(user._meta.pk.value_to_string(user))
    assert holder.client.session.session_key != before
    assert "theirs" not in holder.client.session
    assert Passkey.objects.get().user == user


def every_invalid_link(user, deactivate):
    """Somebody's browser for each reason for which a link does not work."""
    yield Client()
    yield Holder().open("x" * 43).client
    used, secret = new_link(user)
    Enrolment.objects.filter(pk=used.pk).update(used_at=timezone.now())
    yield Holder().open(secret).client
    cancelled, secret = new_link(user)
    room.cancel(cancelled)
    yield Holder().open(secret).client
    expired, secret = new_link(user)
    aged(expired, hours=1)
    yield Holder().open(secret).client
    _changed, secret = new_link(user)
    make_passkey(user)
    yield Holder().open(secret).client
    _inactive, secret = new_link(user)
    deactivate(user)
    yield Holder().open(secret).client


def without_token(content):
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", content)


def test_g2_all_links_that_do_not_work_answer_with_the_same_bytes(user, deactivate):
    pages, problems = set(), set()
    for client in every_invalid_link(user, deactivate):
        page = client.get("/passkeys/enrol/")
        assert page.status_code == 403
        pages.add(without_token(page.content))
        problems.add(client.post("/passkeys/start-enrolment", content_type="application/json").content)

    assert len(pages) == len(problems) == 1


def test_u1_a_link_that_does_not_work_leaves_nobody_alone(db):
    page = Client().get("/passkeys/enrol/").content.decode()

    assert 'href="/accounts/login/"' in page
    assert "Ask the people who run the site for a new link" in page


def test_u1_somebody_who_is_signed_in_is_led_to_their_passkeys(signed_in):
    page = signed_in.client.get("/passkeys/enrol/").content.decode()
    assert 'href="/passkeys/"' in page


def test_g2_the_rule_of_the_sites_login_page_is_asked_before_anything_is_stored(user, monkeypatch):
    enrolment, secret = new_link(user)
    holder = Holder().open(secret)
    credential = holder.answer()

    def refuse(_form, _user):
        raise ValidationError("Not on Sundays. Come back tomorrow.")

    class WeekdayForm(AuthenticationForm):
        confirm_login_allowed = refuse

    monkeypatch.setattr("django.contrib.auth.views.LoginView.form_class", WeekdayForm)

    assert refusal(holder.post("start-enrolment")) == (403, "login_failed")
    assert refusal(holder.finish(credential)) == (403, "login_failed")
    page = holder.page()
    assert (page.status_code, b"Not on Sundays" in page.content) == (403, True)
    assert settled(enrolment).used_at is None
    assert Passkey.objects.count() == 0


def test_next_is_kept_and_leads_nowhere_else(user, other_user):
    assert holder_of(user).enrol("?next=/passkeys/").json() == {"redirect_url": "/passkeys/"}
    stranger = "?next=https://stranger.example/"
    assert holder_of(other_user).enrol(stranger).json() == {"redirect_url": "/accounts/profile/"}


def test_the_page_puts_its_next_into_the_endpoint(user):
    page = holder_of(user).client.get("/passkeys/enrol/?next=/passkeys/").content.decode()
    assert "/passkeys/finalize-enrolment?next=%2Fpasskeys%2F" in page


def test_afterwards_people_are_offered_to_remove_what_they_have_lost(user):
    lost = make_passkey(user, name="Old <phone>")
    holder = holder_of(user, reason="code")
    answer = holder.enrol("?next=/passkeys/").json()

    assert answer == {"redirect_url": "/passkeys/enrol/done/?next=%2Fpasskeys%2F"}
    page = holder.client.get(answer["redirect_url"]).content.decode()
    assert "Old &lt;phone&gt;" in page
    assert f"/passkeys/{lost.pk}/remove/" in page
    assert page.count("/remove/") == 1
    assert 'href="/passkeys/"' in page


def test_removing_them_needs_a_confirmation_by_the_new_passkey(user):
    lost = make_passkey(user, user_verified=True, use_count=3)
    holder = holder_of(user, reason="code")
    holder.enrol()

    response = holder.client.post(f"/passkeys/{lost.pk}/remove/")
    assert response.status_code == 302
    assert response["Location"].startswith("/passkeys/confirm/")
    assert holder.login(start={"purpose": "confirm"}).status_code == 200
    assert holder.client.post(f"/passkeys/{lost.pk}/remove/").status_code == 302
    assert not Passkey.objects.filter(pk=lost.pk).exists()


def test_who_adds_a_device_has_lost_nothing(user):
    make_passkey(user)
    assert holder_of(user, reason="device").enrol().json() == {"redirect_url": "/accounts/profile/"}


def test_the_page_about_lost_passkeys_is_for_people_who_are_signed_in(db):
    response = Client().get("/passkeys/enrol/done/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


# Cancelling


def test_g2_the_page_that_cancels_acts_only_after_a_button(user):
    enrolment, secret = new_link(user)
    url = CANCEL + enrolment.cancel_token + "/"
    anybody = Client()

    for method in ("get", "head"):
        assert getattr(anybody, method)(url).status_code == 200
    assert settled(enrolment).cancelled_at is None

    response = anybody.post(url)
    assert (response.status_code, response["Location"]) == (302, url)
    assert "The link is cancelled" in anybody.get(url).content.decode()
    assert refusal(Holder().open(secret).post("start-enrolment")) == (403, "enrolment_invalid")


def test_g2_the_button_needs_the_csrf_token(user):
    enrolment, _secret = new_link(user)
    strict = Client(enforce_csrf_checks=True)
    strict.post(CANCEL + enrolment.cancel_token + "/")
    assert settled(enrolment).cancelled_at is None


def test_g2_what_cancels_cannot_enrol(user):
    enrolment, _secret = new_link(user)
    token = enrolment.cancel_token
    holder = Holder()
    holder.client.get(f"/passkeys/enrol/{token}/")
    assert refusal(holder.post("start-enrolment")) == (403, "enrolment_invalid")


def test_g2_nobody_cancels_by_guessing(user):
    enrolment, _secret = new_link(user)
    other, _secret = new_link(user)
    signature = enrolment.cancel_token.partition(":")[2]
    for token in (str(enrolment.pk), f"{other.pk}:{signature}", "x", "1:2:3"):
        response = Client().post(f"{CANCEL}{token}/")
        assert response.status_code == 403
        assert b"Ask the people who run the site" in response.content
    assert settled(enrolment).cancelled_at is settled(other).cancelled_at is None


def test_u1_the_page_that_cancels_says_what_became_of_a_link(user):
    used, secret = new_link(user)
    Holder().open(secret).enrol()
    ended = aged(new_link(user)[0], hours=2)

    assert "remove the passkey that you don" in Client().get(CANCEL + used.cancel_token + "/").content.decode()
    assert "The link has ended" in Client().get(CANCEL + ended.cancel_token + "/").content.decode()


def test_the_page_that_cancels_keeps_its_url_to_itself(user):
    """A form of a page with "no-referrer" would be sent without an origin, and be refused."""
    enrolment, _secret = new_link(user)
    response = Client().get(CANCEL + enrolment.cancel_token + "/")
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


def test_g2_a_link_that_another_site_opens_meanwhile_does_not_replace_that_on_the_page(user, other_user):
    """Somebody would create a passkey for the account of an attacker, and be signed in there."""
    holder = holder_of(user)
    shown = re.search(r'data-passkey-enrol="(\w+)"', holder.page().content.decode())[1]
    assert holder.post("start-enrolment", {"link": shown}).status_code == 200

    _enrolment, secret = new_link(other_user)
    holder.open(secret)
    response = holder.post("start-enrolment", {"link": shown})
    assert refusal(response) == (403, "enrolment_invalid")
    assert "look whose it is" in response.json()["detail"]
