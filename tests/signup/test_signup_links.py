"""Signing up by an e-mail address: nobody but its owner hears whether it has an account."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.core import mail, signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from passkeys_django.models import Passkey
from passkeys_django.signup.links import read_token
from tests.conftest import make_user, refusal
from tests.signup.test_signup import BACKEND, FIELD, INVALID, Newcomer

pytestmark = pytest.mark.django_db
User = get_user_model()
PAGE = "/passkeys/signup/"
FREE, TAKEN = "free@example.com", "taken@example.com"
SENT = "We have sent you an e-mail. Open the link in it to go on."


@pytest.fixture(autouse=True)
def confirmed(settings):
    settings.PASSKEY_SIGNUP_FORM = "passkeys_django.signup.ConfirmedSignupForm"


@pytest.fixture
def owner():
    """Somebody who has the address TAKEN."""
    fields = {} if FIELD == "email" else {"email": TAKEN}
    return make_user("taken", **fields)


def ask(address, *, query="", client=None):
    return (client or Client()).post(f"{PAGE}{query}", {"address": address}, secure=True)


def link_in(message):
    return re.search(r"https://\S+", message.body)[0]


def token_for(address):
    ask(address)
    return parse_qs(urlsplit(link_in(mail.outbox[-1])).query)["token"][0]


def filled_in(token, name="ada"):
    return {"token": token} | ({} if FIELD == "email" else {"username": name})


def sign_up(newcomer, body):
    options = newcomer.post("start-signup", body)
    assert options.status_code == 200, options.content
    return newcomer.post("finalize-signup", newcomer.authenticator.create(options.json()))


# What strangers see


def seen(response):
    """All that a stranger sees, but for the CSRF token."""
    content = re.sub(rb'(csrfmiddlewaretoken" value=")\w+', rb"\1", response.content)
    headers = {name: value for name, value in response.headers.items() if name != "Expires"}
    cookies = sorted((name, len(morsel.value)) for name, morsel in response.cookies.items())
    return response.status_code, content, headers, cookies


def test_the_page_says_the_same_whosever_the_address_is(owner):
    free, taken = ask(FREE), ask(TAKEN)

    assert SENT in free.content.decode()
    assert seen(free) == seen(taken)


def test_it_does_the_same_work_and_sends_one_e_mail_either_way(owner):
    counts = []
    for address in (FREE, TAKEN):
        with CaptureQueriesContext(connection) as queries:
            ask(address)
        counts.append((len(queries), len(mail.outbox)))

    assert counts == [(1, 1), (1, 2)]


@pytest.mark.parametrize(
    "token", ["", "x", signing.dumps(TAKEN, salt="another"), None], ids=["empty", "text", "another salt", "none"]
)
def test_the_endpoints_say_the_same_without_a_good_link(owner, token):
    """Also about usernames, where those are something else: nothing is looked up at all."""
    newcomer = Newcomer()
    bodies = [filled_in(token, name) | {"email": address} for name, address in [("ada", FREE), ("taken", TAKEN)]]

    with CaptureQueriesContext(connection) as queries:
        free, taken = (newcomer.post("start-signup", body) for body in bodies)

    assert refusal(free) == INVALID
    assert seen(free) == seen(taken)
    assert len(queries) == 0


def test_an_e_mail_that_cannot_be_sent_changes_nothing(owner, monkeypatch, refusals_logged):
    def refuse(*_args, **_kwargs):
        raise OSError(f"{TAKEN} is unknown here")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)

    free, taken = ask(FREE), ask(TAKEN)

    assert seen(free) == seen(taken)
    assert SENT in free.content.decode()
    assert refusals_logged() == ["Cannot send the e-mail to somebody who signs up: OSError"] * 2


def test_nobody_is_flooded_with_e_mail(settings, owner):
    settings.PASSKEY_RATE_LIMITS = {"signup-link": "2/d"}
    answers = [
        Client(REMOTE_ADDR=f"198.51.{where}.{number}").post(PAGE, {"address": address}, secure=True)
        for where, address in enumerate((FREE, TAKEN))
        for number in range(3)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 429] * 2
    assert len(mail.outbox) == 4
    assert [seen(answer)[1].replace(FREE.encode(), TAKEN.encode()) for answer in answers[:3]] == [
        seen(answer)[1] for answer in answers[3:]
    ]


def test_nobody_floods_others_from_one_address(settings):
    settings.PASSKEY_RATE_LIMITS = {"signup-link": "2/d"}

    assert [ask(f"{name}@example.com").status_code for name in "abc"] == [200, 200, 429]


# What the owner of the address gets


def test_the_link_leads_to_an_account():
    newcomer = Newcomer()
    ask(FREE)
    [message] = mail.outbox
    assert message.to == [FREE]
    assert message.subject == "Test server: finish signing up"
    link = link_in(message)
    assert link.startswith(f"https://testserver{PAGE}?token=")

    html = newcomer.client.get(link, secure=True).content.decode()
    token = re.search(r'name="token" value="([^"]+)"', html)[1]
    assert f">{FREE}</p>" in html
    response = sign_up(newcomer, filled_in(token))

    assert response.status_code == 201
    user = User.objects.get()
    assert user.email == FREE
    assert newcomer.user_id == str(user.pk)
    assert newcomer.client.session["_auth_user_backend"] == BACKEND
    assert Passkey.objects.get().user == user


def test_who_has_an_account_is_told_so_and_where_to_sign_in(owner):
    ask(TAKEN.upper())

    [message] = mail.outbox
    assert message.to == [TAKEN]  # as it is stored, not as somebody has typed it
    assert message.subject == "Test server: you have an account"
    assert link_in(message) == "https://testserver/accounts/login/"
    assert "token" not in message.body


def test_a_link_whose_address_has_an_account_meanwhile_says_so_to_its_owner():
    token = token_for(FREE)
    assert sign_up(Newcomer(), filled_in(token)).status_code == 201

    response = Newcomer().post("start-signup", filled_in(token, "grace"))

    assert refusal(response) == INVALID
    assert response.json()["errors"] == {
        "token": ["You have an account with this address already. Please sign in."]
    }


@pytest.mark.skipif(FIELD == "email", reason="the name is the address")
def test_a_name_that_is_taken_is_told_to_who_has_a_link(owner):
    response = Newcomer().post("start-signup", filled_in(token_for(FREE), "taken"))

    assert list(response.json()["errors"]) == ["username"]


def test_a_link_is_good_for_a_day(monkeypatch):
    token, now = token_for(FREE), time.time()
    link = f"{PAGE}?token={token}"
    assert read_token(token) == FREE
    monkeypatch.setattr(signing.time, "time", lambda: now + 86_402)

    assert refusal(Newcomer().post("start-signup", filled_in(token))) == INVALID
    assert 'name="address"' in Client().get(link).content.decode()


def test_next_is_in_the_link_and_an_older_token_is_not():
    ask(FREE, query="?next=/inside/&token=old")
    query = parse_qs(urlsplit(link_in(mail.outbox[0])).query)

    assert query["next"] == ["/inside/"]
    assert read_token(*query["token"]) == FREE


def test_a_foreign_host_is_in_no_link(settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.PASSKEY_ORIGINS = ["android:apk-key-hash:x", "https://testserver", "https://www.testserver"]
    for host in ("evil.example", "www.testserver"):
        Client(headers={"host": host}).post(PAGE, {"address": FREE}, secure=True)

    assert [urlsplit(link_in(message)).netloc for message in mail.outbox] == ["testserver", "www.testserver"]


# The page


def test_the_page_asks_for_the_address_first_and_needs_no_script():
    response = Client().get(PAGE)
    html = response.content.decode()

    assert re.search(r'<input type="email" name="address" [^>]*autocomplete="email"', html)
    assert "Send me a link" in html
    assert "<script" not in html
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "address", ["", "nonsense", "a b@example.com", "x" * 300 + "@example.com", "\x00@example.com"]
)
def test_what_is_no_address_is_told(address):
    response = ask(address)

    assert response.status_code == 200
    assert 'class="passkeys-alert" id="id_address_error"' in response.content.decode()
    assert mail.outbox == []


def test_the_form_takes_a_csrf_token():
    assert Client(enforce_csrf_checks=True).post(PAGE, {"address": FREE}).status_code == 403


def test_the_page_of_a_site_that_asks_nobody_to_confirm_takes_no_form(settings):
    settings.PASSKEY_SIGNUP_FORM = "passkeys_django.signup.PasskeySignupForm"

    assert ask(FREE).status_code == 405
    assert mail.outbox == []
