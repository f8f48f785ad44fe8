"""What people and attackers write stays text: in logs, pages, e-mails and headers."""

import logging
from html import unescape

import django
import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client

from passkeys_django import lifecycle
from passkeys_django.models import Passkey, PasskeyEvent
from passkeys_django.testing.hanko import Response
from tests.conftest import Browser, make_passkey, make_user
from tests.support.secrets_watch import CONTROL
from tests.support.staff import EVENTS, FIGURES, LIST, change_url, delete_url

pytestmark = pytest.mark.django_db

# Log lines

LINES = [
    "x\r\nERROR injected",
    "x\nERROR injected",
    "x\x1b[2Jinjected",
    "x\x00injected",
    "x\x85injected",
    "x\u2028injected",
]
lines = pytest.mark.parametrize("line", LINES, ids=ascii)


@pytest.fixture
def logged(caplog):
    """A function that asserts that all was logged in single lines, something among it."""
    caplog.set_level(logging.DEBUG)

    def assert_single_lines():
        messages = [record.getMessage() for record in caplog.records]
        assert [message for message in messages if CONTROL.search(message)] == []
        assert messages

    return assert_single_lines


@lines
@pytest.mark.parametrize(
    "overrides",
    [
        lambda line: {"origin": line},
        lambda line: {"client_data": {"type": line}},
        lambda line: {"client_data": {"topOrigin": line}},
        lambda line: {"client_data": {"challenge": line}},
        lambda line: {"client_data": {line: line}},
        lambda line: {"reported_id": line.encode()},
        lambda line: {"user_handle": line.encode()},
    ],
    ids=["origin", "type", "topOrigin", "challenge", "member", "id", "user handle"],
)
def test_a16_a_refused_login_is_one_line_in_the_log(registered, logged, line, overrides):
    registered.login(tamper_signature=True, **overrides(line))

    logged()


@lines
@pytest.mark.parametrize("member", ["id", "rawId", "type", "authenticatorAttachment", "response", "new"])
@pytest.mark.parametrize("name", ["finalize-login", "finalize-registration"])
def test_a16_a_refused_credential_is_one_line_in_the_log(signed_in, logged, line, member, name):
    signed_in.post(name, {member: line, line: line})

    logged()


@lines
def test_a16_transports_and_names_are_one_line_in_the_log(signed_in, logged, line):
    signed_in.register(transports=[line])
    passkey = make_passkey(make_user("lin"))
    signed_in.post("start-registration", {"mediation": line})
    signed_in.post("start-login", {"purpose": line})
    signed_in.client.post(f"/passkeys/{passkey.pk}/rename/", {"name": line})

    logged()


@pytest.mark.skipif(django.VERSION < (5, 2, 3), reason="Django's own log lines are not escaped: CVE-2025-48432")
@lines
def test_a16_headers_and_addresses_are_one_line_in_the_log(registered, logged, line):
    text = line.encode().decode("latin-1")  # as WSGI hands it on
    for header in (
        "User-Agent",
        "Referer",
        "Origin",
        "Accept",
        "Accept-Language",
        "X-Forwarded-For",
        "X-CSRFToken",
    ):
        client = Client(enforce_csrf_checks=True)
        client.post("/passkeys/start-login", content_type="application/json", headers={header: text})
    registered.login(query="", tamper_signature=True)
    registered.client.post(
        "/passkeys/finalize-login", content_type="application/json", query_params={"next": line}
    )
    registered.client.post("/passkeys/not-now", {"next": line})

    logged()


@lines
def test_a16_what_a_provider_says_is_one_line_in_the_log(hanko_site, registered, logged, line):
    body = f'{{"title": "{line.encode("unicode_escape").decode()}", "details": "x"}}'.encode()
    for status in (400, 401, 404, 500, 503):
        hanko_site.faults.respond = lambda request, status=status: Response(status=status, body=body, headers=())
        registered.post("start-login")

    logged()


# Pages

NAMES = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<!-- eve",
    "]]><b>",
    "&lt;b&gt;&amp;",
    "javascript:alert(1)",
    "{{ 6|add:7 }}",
    "{{ request.META }}{{ settings.SECRET_KEY }}",
    "{% load passkeys %}{% debug %}",
    "{# x #}",
    "%(name)s %s %d",
    "{0} {name.__class__}",
    "${7*7} <%= 7*7 %> #{7*7}",
    "\u202egnihton",
]
names = pytest.mark.parametrize("name", NAMES, ids=ascii)


def assert_is_text(page, name):
    """It is there as it was written, and never as markup."""
    assert name in unescape(page).replace("\u2019", "'")
    assert name not in page or not set(name) & set("<>\"'&")
    for evil in ("<script>alert", "<img src=x", "onmouseover='alert", "<b>"):
        assert evil not in page


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


@names
def test_no_name_is_markup_or_a_template_on_peoples_pages(signed_in, user, name):
    passkey = make_passkey(user, name="Laptop")

    renamed = signed_in.client.post(f"/passkeys/{passkey.pk}/rename/", {"name": name}, follow=True)
    assert_is_text(text_of(renamed), name.strip())
    assert_is_text(text_of(signed_in.client.get(f"/passkeys/{passkey.pk}/remove/")), name.strip())
    removed = signed_in.client.post(f"/passkeys/{passkey.pk}/remove/", follow=True)
    assert_is_text(text_of(removed), name.strip())


@names
def test_no_name_is_markup_or_a_template_in_the_admin(superuser, user, name):
    passkey = make_passkey(user, name=name)
    event = PasskeyEvent.objects.create(user=user, kind="used", name=name)
    question = {"action": "delete_selected", "_selected_action": [passkey.pk]}
    pages = [
        superuser.get(LIST),
        superuser.get(change_url(passkey)),
        superuser.get(delete_url(passkey)),
        superuser.post(LIST, question),
        superuser.get(EVENTS),
        superuser.get(f"{EVENTS}{event.pk}/change/"),
    ]
    for page in map(text_of, pages):
        assert_is_text(page, name)
    assert text_of(superuser.get(FIGURES))


@names
def test_no_name_is_markup_or_a_template_after_what_staff_do(superuser, user, name):
    passkey = make_passkey(user, name="Laptop")

    changed = superuser.post(change_url(passkey), {"name": name}, follow=True)
    assert_is_text(text_of(changed), name.strip())
    assert_is_text(text_of(superuser.get(f"{LIST}{passkey.pk}/history/")), name.strip())
    revoked = superuser.post(delete_url(passkey), {"post": "yes"}, follow=True)
    assert_is_text(text_of(revoked), name.strip())
    assert LogEntry.objects.exists()
    assert_is_text(text_of(superuser.get("/admin/")), name.strip())


@names
def test_no_name_of_a_person_is_markup_or_a_template(superuser, user, name):
    """Sign-up forms refuse most of these; imports and other services do not."""
    username = name[: type(user)._meta.get_field(user.USERNAME_FIELD).max_length]
    type(user).objects.filter(pk=user.pk).update(**{user.USERNAME_FIELD: username})
    passkey = make_passkey(user)
    person = Browser()
    person.client.force_login(type(user).objects.get(pk=user.pk), "django.contrib.auth.backends.ModelBackend")

    assert "<script>alert" not in text_of(person.client.get("/passkeys/"))
    assert person.creation_options()["publicKey"]["user"]["name"] == username
    for page in (LIST, change_url(passkey)):
        assert_is_text(text_of(superuser.get(page)), username)


# E-mail


@names
def test_no_name_is_markup_or_a_template_in_an_e_mail(name, django_capture_on_commit_callbacks, settings):
    settings.PASSKEY_RP_NAME = "Us"
    owner = make_user("lin")
    owner.email = "lin@example.com"
    passkey = make_passkey(owner)
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.rename(passkey, name)

    [message] = mail.outbox
    [(html, _type)] = message.alternatives
    assert_is_text(html, name.strip())
    assert name.strip() in message.body
    assert message.subject == "Us: a passkey has a new name"


# Headers

SPLITS = [
    "\r\nSet-Cookie: sessionid=eve",
    "\nLocation: https://evil.example",
    "\r\n\r\n<html>",
    "%0d%0aSet-Cookie: x=1",
]


@pytest.mark.parametrize("split", SPLITS, ids=ascii)
def test_no_address_makes_a_header(signed_in, user, split):
    """Also those that are good otherwise."""
    passkey = make_passkey(user)
    session = signed_in.client.session
    responses = [signed_in.client.post("/passkeys/not-now", {"next": f"/inside/{split}"})]
    session["_passkeys_authentication"] = {**session["_passkeys_authentication"], "at": 0}
    session.save()
    responses.append(signed_in.client.get(f"/passkeys/{passkey.pk}/remove/", {"a": split}))
    responses.append(signed_in.client.post(f"/passkeys/{passkey.pk}/rename/", {"name": split.strip() or "x"}))

    for response in responses:
        assert response.status_code == 302
        assert_single_lines(response)
        assert response["Location"].startswith("/")


def assert_single_lines(response):
    assert [value for value in response.headers.values() if CONTROL.search(value)] == []
    assert set(response.headers) <= {"Content-Type", "Content-Length", "Location", "Cache-Control", "Vary"}
    assert "evil" not in response.cookies


@pytest.mark.parametrize("split", SPLITS, ids=ascii)
def test_no_next_makes_a_header_of_a_login(registered, split):
    credential = registered.authenticator.get(registered.request_options())

    response = registered.client.post(
        "/passkeys/finalize-login",
        credential,
        content_type="application/json",
        query_params={"next": f"/in/{split}"},
    )

    assert all(not CONTROL.search(value) for value in response.headers.values())
    assert set(response.json()) == {"redirect_url"}
    assert Passkey.objects.get().use_count == 1
