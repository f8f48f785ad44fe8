"""Whoever owns a passkey hears by e-mail what happened to it, and no e-mail stands in anybody's way."""

import re
import smtplib
import uuid
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import django
import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import transaction
from django.test import override_settings
from django.urls import include, path
from django.utils import timezone, translation

import passkeys_django
from passkeys_django import lifecycle
from passkeys_django import mail as our_mail
from passkeys_django.models import Passkey, PasskeyEvent
from passkeys_django.receivers import notifications
from passkeys_django.signals import passkey_removed
from tests.conftest import Browser, make_passkey, make_user

pytestmark = pytest.mark.django_db
LIST = "https://testserver/passkeys/"
NASTY = 'Zoë’s <b>"key"</b> & co'  # noqa: RUF001
urlpatterns = [path("accounts/", include("django.contrib.auth.urls"))]
"""A site with views of its own."""


@pytest.fixture
def user(db):
    """Somebody with an e-mail address, whatever the user model."""
    if get_user_model().USERNAME_FIELD == "email":
        return make_user("ada")
    return make_user("ada", email="ada@example.com")


@pytest.fixture(params=["embedded", "hanko"])
def provider(request):
    if request.param == "hanko":
        request.getfixturevalue("hanko_site")


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """A function: what it is given is done and committed; returns the e-mails of it, as they arrive."""

    def run(act, **kwargs):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            act(**kwargs)
        return [message_from_bytes(message.message().as_bytes(), policy=default) for message in mail.outbox]

    return run


def subject(message):
    return message["Subject"].strip()  # a parser leaves a space of a folded header


def text(message):
    return message.get_body(("plain",)).get_content()


def html(message):
    return message.get_body(("html",)).get_content()


def request_of(rf, user):
    request = rf.post("/")
    request.user = user
    return request


# What is told


def test_r18_a_new_passkey_is_told_to_its_owner(provider, user, committed):
    browser = Browser().sign_in(user)

    (message,) = committed(browser.register)

    assert (message["To"], message["From"]) == ("ada@example.com", "webmaster@localhost")
    assert subject(message) == "Test server: a passkey was created"
    assert message["Auto-Submitted"] == "auto-generated"
    for body in (text(message), html(message)):
        assert "A passkey was created for your account at Test server." in body
        assert "Done by: you" in body
        assert "Change your password" in body
        assert "Before:" not in body
    assert f" {LIST}\n" in text(message)
    assert f'<a href="{LIST}">' in html(message)


def test_r18_a_new_name_is_told_with_the_old_one(user, committed):
    browser, passkey = Browser().sign_in(user), make_passkey(user, name="Laptop")

    (message,) = committed(lambda: browser.client.post(f"/passkeys/{passkey.pk}/rename/", {"name": "Phone"}))

    assert subject(message) == "Test server: a passkey has a new name"
    assert "Passkey: Phone\nBefore: Laptop\n" in text(message)
    assert "Before: Laptop<br>" in html(message)
    assert "Done by: you" in text(message)


def test_r18_a_removal_is_told(user, committed):
    browser, passkey = Browser().sign_in(user), make_passkey(user, name="Laptop")

    (message,) = committed(lambda: browser.client.post(f"/passkeys/{passkey.pk}/remove/"))

    assert subject(message) == "Test server: a passkey was removed"
    for body in (text(message), html(message)):
        assert "A passkey was removed from your account at Test server." in body
        assert "Done by: you" in body


def test_signing_in_is_not_told(user, committed):
    browser = Browser().sign_in(user)
    browser.register()

    assert committed(browser.login) == []


def test_l2_what_the_staff_do_is_told_as_theirs(user, other_user, committed, rf):
    passkey = make_passkey(user)

    (message,) = committed(lambda: lifecycle.revoke([passkey], request=request_of(rf, other_user)))

    assert message["To"] == "ada@example.com"
    assert "Done by: an administrator of the site" in text(message)
    assert "grace" not in message.as_string()


@pytest.mark.parametrize("with_request", [True, False])
def test_what_nobody_did_is_told_as_automatic(user, committed, rf, with_request):
    request = rf.post("/") if with_request else None

    (message,) = committed(lambda: lifecycle.revoke([make_passkey(user)], request=request))

    assert "Done by: the site itself, automatically" in text(message)
    assert LIST in text(message)


def test_l2_revoking_many_tells_each_of_them(user, other_user, committed):
    for _ in range(2):
        make_passkey(user)

    assert len(committed(lambda: lifecycle.revoke(Passkey.objects.all()))) == 2


def test_the_manager_is_named_where_it_is_known(user, committed):
    icloud = uuid.UUID("fbfc3007-154e-4ecc-8c0b-6e020557d7bd")
    names = [("Laptop", icloud), ("iCloud Keychain", icloud), ("Laptop", uuid.UUID(int=0))]

    messages = [
        committed(lambda: lifecycle.revoke([make_passkey(user, name=name, aaguid=aaguid)]))[0]  # noqa: B023
        for name, aaguid in names
    ]

    assert [next(line for line in text(each).splitlines() if "Passkey:" in line) for each in messages] == [
        "Passkey: Laptop (iCloud Keychain)",
        "Passkey: iCloud Keychain",
        "Passkey: Laptop",
    ]


@pytest.mark.parametrize(
    ("use_tz", "zone", "shown"),
    [(True, "Asia/Tokyo", "March 4, 2026, 8 a.m. JST"), (False, "Asia/Tokyo", "March 3, 2026, 11 p.m. CST")],
)
def test_d31_the_time_is_local_and_names_its_zone(user, committed, monkeypatch, settings, use_tz, zone, shown):
    settings.USE_TZ = use_tz
    now = datetime(2026, 3, 3, 23, 0, tzinfo=UTC if use_tz else None)
    monkeypatch.setattr(notifications.timezone, "now", lambda: now)
    passkey = make_passkey(user, created_at=now)

    with timezone.override(zone):
        (message,) = committed(lambda: lifecycle.revoke([passkey]))

    assert f"Time: {shown}\n" in text(message)


# Names are only names


def test_a_name_is_escaped_in_html_and_nowhere_else(user, committed):
    passkey = make_passkey(user, name="<i>")

    (message,) = committed(lambda: lifecycle.rename(passkey, NASTY))

    assert subject(message) == "Test server: a passkey has a new name"
    assert f"Passkey: {NASTY}\nBefore: <i>\n" in text(message)
    assert "Zoë’s &lt;b&gt;&quot;key&quot;&lt;/b&gt; &amp; co" in html(message)  # noqa: RUF001
    assert "&lt;i&gt;" in html(message)
    assert "<b>" not in html(message)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028", "\x0b", "\x85"], ids=ascii)
def test_no_name_makes_a_header(user, committed, newline):
    name = f"x{newline}Bcc: eve@example.com{newline}{newline}body"

    (message,) = committed(lambda: lifecycle.revoke([make_passkey(user, name=name)]))

    assert message["Bcc"] is None
    assert subject(message) == "Test server: a passkey was removed"


SUBJECTS = sorted(Path(passkeys_django.__file__).parent.glob("templates/passkeys_django/email/*_subject.txt"))


@pytest.mark.parametrize("path", SUBJECTS, ids=lambda path: path.stem)
def test_f4_no_subject_holds_anything_but_what_the_site_is_called(path):
    assert set(re.findall(r"{{(.*?)}}", path.read_text(encoding="utf-8"))) == {" site_name "}


# How many


def test_f4_many_renamings_are_one_e_mail_an_hour(user, committed, settings, monkeypatch):
    del settings.PASSKEY_RATE_LIMITS
    now = 1_800_000_000.0
    monkeypatch.setattr("passkeys_django.http.limits.time.time", lambda: now)
    browser, passkey = Browser().sign_in(user), make_passkey(user, name="Laptop")

    def rename(name):
        return browser.client.post(f"/passkeys/{passkey.pk}/rename/", {"name": name})

    assert [len(committed(rename, name=f"Name {number}")) for number in range(5)] == [1, 0, 0, 0, 0]
    assert PasskeyEvent.objects.filter(kind="renamed").count() == 5
    now += 3600
    assert len(committed(rename, name="Later")) == 1


def test_f4_l2_what_others_rename_is_told_each_time(user, other_user, committed, settings, rf):
    del settings.PASSKEY_RATE_LIMITS
    passkey = make_passkey(user)

    def rename(name, by):
        lifecycle.rename(passkey, name, request=request_of(rf, by))

    assert len(committed(rename, name="Mine", by=user)) == 1
    assert [len(committed(rename, name=name, by=other_user)) for name in ("Theirs", "Theirs again")] == [1, 1]


# When


def test_r18_d30_nothing_is_told_before_the_commit_or_after_a_rollback(user, committed):
    passkey = make_passkey(user)

    def act():
        with transaction.atomic():
            lifecycle.revoke([passkey])
            assert mail.outbox == []
            transaction.set_rollback(True)

    assert committed(act) == []
    assert Passkey.objects.exists()


def test_the_e_mail_says_what_was_true_when_it_happened(user, committed):
    passkey = make_passkey(user, name="first")

    def act():
        lifecycle.rename(passkey, "second")
        lifecycle.rename(passkey, "third")

    assert ["Passkey: second\n" in text(each) for each in committed(act)] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_it_is_sent_at_once(user):
    lifecycle.revoke([make_passkey(user)])

    assert len(mail.outbox) == 1


@pytest.mark.parametrize(("said", "told"), [({}, 1), ({"tell_owner": True}, 1), ({"tell_owner": False}, 0)])
def test_a_command_may_say_that_owners_are_not_told(user, committed, said, told):
    """Without the argument the owner is told: a site's own code may send the signal, too."""
    passkey = make_passkey(user)

    mails = committed(passkey_removed.send, sender=Passkey, request=None, user=user, passkey=passkey, **said)

    assert len(mails) == told


def test_deleting_the_user_is_not_told(user, committed):
    make_passkey(user)

    assert committed(user.delete) == []


# Whom and whether


@override_settings(PASSKEY_NOTIFICATIONS=False)
def test_one_setting_turns_the_e_mail_off(user, committed):
    browser = Browser().sign_in(user)

    assert committed(browser.register) == []
    assert committed(lambda: lifecycle.rename(Passkey.objects.get(), "Phone")) == []
    assert committed(lambda: lifecycle.revoke(Passkey.objects.all())) == []


@pytest.mark.parametrize("address", ["", None])
def test_who_has_no_address_is_not_told(user, committed, address):
    user.email = address

    assert committed(lambda: lifecycle.revoke([make_passkey(user)])) == []


def test_d24_users_of_a_model_without_addresses_are_not_told(user, committed, monkeypatch):
    monkeypatch.setattr(type(user), "get_email_field_name", classmethod(lambda cls: "nothing_like_it"))

    assert committed(lambda: lifecycle.revoke([make_passkey(user)])) == []


def test_an_address_in_another_field_is_found(user, committed, monkeypatch):
    monkeypatch.setattr(type(user), "get_email_field_name", classmethod(lambda cls: "contact"))
    user.contact = "other@example.com"

    (message,) = committed(lambda: lifecycle.revoke([make_passkey(user)]))

    assert message["To"] == "other@example.com"


# The link


def test_without_a_relying_party_there_is_no_link(user, committed, settings):
    settings.PASSKEY_RP_ID = settings.PASSKEY_RP_NAME = settings.PASSKEY_ORIGINS = None

    (message,) = committed(lambda: lifecycle.revoke([make_passkey(user, rp_id="example.com")]))

    assert subject(message) == "example.com: a passkey was removed"
    for body in (text(message), html(message)):
        assert "://" not in body
        assert "Change your password" in body


def test_a_site_with_views_of_its_own_is_not_linked(user, committed, settings):
    settings.ROOT_URLCONF = __name__

    (message,) = committed(lambda: lifecycle.revoke([make_passkey(user)]))

    assert "://" not in text(message)


@pytest.mark.parametrize(
    ("origins", "link"),
    [
        (["android:apk-key-hash:AAAA", "https://app.example.com"], "https://app.example.com/passkeys/"),
        (["https://one.example.com", "https://two.example.com"], "https://one.example.com/passkeys/"),
        (["android:apk-key-hash:AAAA"], None),
    ],
)
def test_the_link_leads_to_the_first_web_origin(user, committed, settings, origins, link):
    settings.PASSKEY_ORIGINS = origins

    (message,) = committed(lambda: lifecycle.revoke([make_passkey(user)]))

    assert [word for word in text(message).split() if "://" in word] == ([link] if link else [])


# Language


@pytest.fixture
def languages(monkeypatch):
    """In which language each template was rendered."""
    rendered = []
    render = our_mail.render_to_string

    def rendering(template, context):
        rendered.append(translation.get_language())
        return render(template, context)

    monkeypatch.setattr(our_mail, "render_to_string", rendering)
    return rendered


@override_settings(LANGUAGE_CODE="fr")
def test_the_owner_is_written_to_in_the_language_of_the_page(user, committed, rf, languages):
    def act():
        with translation.override("de"):
            lifecycle.revoke([make_passkey(user)], request=request_of(rf, user))

    committed(act)

    assert set(languages) == {"de"}


@override_settings(LANGUAGE_CODE="fr")
@pytest.mark.parametrize("by", ["staff", "nobody", "the owner, no language"])
def test_everybody_else_is_written_to_in_the_sites_language(user, other_user, committed, rf, languages, by):
    request = {"staff": request_of(rf, other_user), "nobody": None}.get(by, request_of(rf, user))

    def act():
        with translation.override(None if "no language" in by else "de"):
            lifecycle.revoke([make_passkey(user)], request=request)

    committed(act)

    assert set(languages) == {"fr"}


# Restyling


def test_a_site_overrides_any_template(user, committed, settings, tmp_path):
    folder = tmp_path / "passkeys_django" / "email"
    folder.mkdir(parents=True)
    (folder / "removed_subject.txt").write_text("{{ name }}\nof {{ user.email }}\n\n")
    (folder / "base_body.html").write_text("<p>{% block what %}{% endblock %}</p>")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    (message,) = committed(lambda: lifecycle.revoke([make_passkey(user)]))

    assert subject(message) == "Laptop of ada@example.com"
    assert html(message).startswith("<p>A passkey was removed")
    assert "Done by:" in text(message)


# A mail server that fails


class Refusing:
    """A mail server that knows no recipient, and says so with the address."""

    def __init__(self, *args, **kwargs):
        pass

    def send_messages(self, messages):
        raise smtplib.SMTPRecipientsRefused(dict.fromkeys(messages[0].to, (550, b"")))


def assert_logged_once(logged, passkey, error):
    assert logged() == [f"Cannot send the e-mail about passkey {passkey.pk}: {error}"]


REFUSING = f"{__name__}.Refusing"


@override_settings(
    **{"MAILERS": {"default": {"BACKEND": REFUSING}}} if django.VERSION >= (6, 1) else {"EMAIL_BACKEND": REFUSING}
)
def test_d30_a_failing_mail_server_breaks_nothing_and_no_address_is_logged(user, committed, refusals_logged):
    browser, passkey = Browser().sign_in(user), make_passkey(user)

    responses = []
    committed(lambda: responses.append(browser.client.post(f"/passkeys/{passkey.pk}/remove/")))

    assert responses[0].status_code == 302
    assert not Passkey.objects.exists()
    assert_logged_once(refusals_logged, passkey, "SMTPRecipientsRefused")


def test_a_broken_template_breaks_nothing(user, committed, settings, tmp_path, refusals_logged):
    folder = tmp_path / "passkeys_django" / "email"
    folder.mkdir(parents=True)
    (folder / "removed_subject.txt").write_text("{% no such tag %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    passkey = make_passkey(user)

    assert committed(lambda: lifecycle.revoke([passkey])) == []

    assert_logged_once(refusals_logged, passkey, "TemplateSyntaxError")
