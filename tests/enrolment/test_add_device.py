"""The page "Add another device"."""

import re

import pytest
from django.core import mail
from django.test import Client

from passkeys_django.models import Enrolment, Passkey
from tests.conftest import Browser
from tests.enrolment.holder import LINK, Holder, aged, new_link

pytestmark = pytest.mark.django_db
PAGE, STATE = "/passkeys/add-device/", "/passkeys/add-device/state"


@pytest.fixture
def shown(registered):
    """The page with the link, of somebody who has confirmed with their passkey."""
    assert registered.login().status_code == 200
    return registered.client.post(PAGE)


def secret_on(page):
    return LINK.search(page.content.decode())[0].split("/")[-2]


def test_the_list_leads_there(signed_in):
    assert f'href="{PAGE}"' in signed_in.client.get("/passkeys/").content.decode()


def test_it_shows_a_link_and_its_code_once(shown):
    page = shown.content.decode()
    enrolment = Enrolment.objects.get()

    assert "https://testserver/passkeys/enrol/" in page
    assert "<svg" in page
    assert "no-store" in shown["Cache-Control"]
    assert enrolment.reason == "device"
    assert (enrolment.expires_at - enrolment.created_at).total_seconds() == 600


def test_the_code_is_left_out_without_segno(registered, monkeypatch):
    monkeypatch.setattr("passkeys_django.frontend.qr_code.segno", None)
    registered.login()
    page = registered.client.post(PAGE).content.decode()
    assert LINK.search(page)
    assert "<svg" not in page
    assert "<figure" not in page


def test_another_device_signs_in_with_a_passkey_of_its_own(shown, user):
    phone = Holder().open(secret_on(shown))
    assert phone.enrol().status_code == 201
    assert phone.user_id
    assert Passkey.objects.filter(user=user).count() == 2


def test_the_page_hears_when_it_was_used(shown, registered):
    url = re.search(r'data-passkey-waiting="([^"]+)"', shown.content.decode())[1]
    then = re.search(r'data-passkey-then="([^"]+)"', shown.content.decode())[1]
    client = registered.client
    assert client.get(url).json() == {"state": "open"}
    assert "has not been used yet" in client.get(then).content.decode()

    Holder().open(secret_on(shown)).enrol()

    assert client.get(url).json() == {"state": "used"}
    page = client.get(then).content.decode()
    assert "was created on the other device" in page
    assert not LINK.search(page)


def test_it_hears_when_the_link_has_ended(shown, registered):
    enrolment = aged(Enrolment.objects.get(), minutes=10)
    assert registered.client.get(f"{STATE}?link={enrolment.pk}").json() == {"state": "over"}
    assert "Make a new one" in registered.client.get(f"{PAGE}?link={enrolment.pk}").content.decode()


def test_nobody_learns_about_the_links_of_others(shown, other_user, user):
    enrolment = Enrolment.objects.get()
    other = Browser().sign_in(other_user).client
    for link in (enrolment.pk, 0, "", "x", "²", "9" * 40):
        assert other.get(f"{STATE}?link={link}").json() == {"state": "over"}
    assert Client().get(f"{STATE}?link={enrolment.pk}").status_code == 302
    answer = Client().get(f"{STATE}?link={enrolment.pk}", headers={"accept": "application/json"})
    assert answer.status_code == 401


def test_no_other_kind_of_link_is_told(registered, user):
    registered.login()
    enrolment, _secret = new_link(user, reason="email")
    assert registered.client.get(f"{STATE}?link={enrolment.pk}").json() == {"state": "over"}


def test_g1_a_password_alone_makes_no_link_for_an_account_with_a_passkey(registered, user):
    thief = Browser().sign_in(user)
    response = thief.client.post(PAGE)

    assert response.status_code == 302
    assert response["Location"].startswith("/passkeys/confirm/")
    assert not Enrolment.objects.exists()


def test_g1_a_stolen_session_makes_no_link(registered, settings):
    registered.login()
    settings.PASSKEY_REAUTHENTICATION_AGE = 0
    assert registered.client.post(PAGE).status_code == 302
    assert not Enrolment.objects.exists()


def test_g2_the_thief_who_made_a_link_with_the_password_loses_it_with_the_first_passkey(user):
    thief, owner = Browser().sign_in(user), Browser().sign_in(user)
    secret = secret_on(thief.client.post(PAGE))
    assert owner.register().status_code == 201

    holder = Holder().open(secret)
    assert holder.post("start-enrolment").status_code == 403


def test_looking_makes_no_link(registered):
    registered.login()
    assert registered.client.get(PAGE).status_code == 200
    assert registered.client.head(PAGE).status_code == 200
    assert not Enrolment.objects.exists()


def test_g2_a_forged_host_does_not_get_into_the_link(registered, settings):
    settings.ALLOWED_HOSTS = ["*"]
    registered.login()
    page = registered.client.post(PAGE, headers={"host": "evil.example"}).content.decode()
    assert LINK.search(page)[0].startswith("https://testserver/")
    assert "evil.example" not in page
    assert all("evil.example" not in message.body for message in mail.outbox)


def test_only_so_many_links_are_made(registered, settings):
    settings.PASSKEY_RATE_LIMITS = {"add-device": "2/h"}
    registered.login()
    assert [registered.client.post(PAGE).status_code for _ in range(3)] == [200, 200, 302]
    assert Enrolment.objects.count() == 2
