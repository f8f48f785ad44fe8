"""manage.py passkeys_enrol: the link on its last line, and accounts without a password."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from passkeys_django.models import Enrolment, Passkey, UserHandle
from tests.conftest import make_user
from tests.enrolment.holder import Holder

pytestmark = pytest.mark.django_db
IS_EMAIL = get_user_model().USERNAME_FIELD == "email"
NAME = "ada@example.com" if IS_EMAIL else "ada"


def run(*arguments):
    output = StringIO()
    call_command("passkeys_enrol", *arguments, stdout=output)
    return output.getvalue()


def secret_of(output):
    return output.strip().splitlines()[-1].split("/")[-2]


def account():
    return get_user_model().objects.get()


def test_the_first_superuser_of_an_empty_database_never_has_a_password():
    output = run(NAME, "--create", "--superuser")

    user = account()
    assert user.is_superuser
    assert user.is_staff
    assert not user.has_usable_password()
    holder = Holder().open(secret_of(output))
    assert holder.enrol("?next=/admin/").json() == {"redirect_url": "/admin/"}
    assert holder.client.get("/admin/").status_code == 200
    assert not account().has_usable_password()
    assert Passkey.objects.get().user == user


def test_the_link_is_the_last_line():
    make_user()
    last = run(NAME).strip().splitlines()[-1]
    assert last.startswith("https://testserver/passkeys/enrol/")
    assert Enrolment.objects.get().reason == "invitation"


def test_scripts_get_an_object():
    make_user()
    answer = json.loads(run(NAME, "--json"))
    assert answer.keys() == {"user", "url", "expires_at", "sent_to"}
    assert (answer["user"], answer["sent_to"]) == (NAME, None)


@pytest.mark.parametrize(
    ("text", "hours"), [([], 24), (["--valid-for=90m"], 1.5), (["--valid-for=2d"], 48), (["--valid-for=1h"], 1)]
)
def test_it_is_valid_for_a_while(text, hours):
    make_user()
    run(NAME, *text)
    left = Enrolment.objects.get().expires_at - timezone.now()
    assert abs(left - timedelta(hours=hours)) < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["", "24", "0h", "1w", "-1h", "1h30m", "999999d"])
def test_a_time_that_is_none_is_refused(text):
    make_user()
    with pytest.raises(CommandError, match="must be like 90m, 24h or 7d"):
        run(NAME, f"--valid-for={text}")


def test_the_link_is_sent_to_the_address_of_the_last_strong_login():
    user = make_user()
    user.email = "new@example.com"
    user.save()
    UserHandle.objects.create(user=user, strong_address="old@example.com")
    output = run(user.get_username(), "--send")

    [message] = [
        message for message in mail.outbox if "/enrol/" in message.body and message.to != ["new@example.com"]
    ]
    assert message.to == ["old@example.com"]
    assert secret_of(output) in message.body
    assert "It was sent to old@example.com." in output


def test_an_account_gets_its_address():
    run(NAME, "--create", "--email", "ada@example.com")
    assert account().email == "ada@example.com"


def test_staff_are_no_superusers():
    run(NAME, "--create", "--staff")
    assert (account().is_staff, account().is_superuser) == (True, False)


REFUSED = {
    "nobody": (["linus"], "There is no account 'linus'. Add --create"),
    "exists": ([NAME, "--create"], "exists already: leave out --create"),
    "promotion": ([NAME, "--superuser"], "--superuser needs --create"),
    "staff": ([NAME, "--staff"], "--staff needs --create"),
    "address": ([NAME, "--email=x@example.com"], "--email needs --create"),
    "elsewhere": ([NAME, "--origin=https://evil.example"], "Passkeys do not work at https://evil.example"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_said_in_one_line(case):
    make_user()
    arguments, text = REFUSED[case]
    with pytest.raises(CommandError, match=text):
        run(*arguments)
    assert not Enrolment.objects.exists()
    assert not account().is_superuser


def test_an_account_that_may_not_log_in_gets_no_link(user, deactivate):
    deactivate(user)
    with pytest.raises(CommandError, match="is not active"):
        run(NAME)


@pytest.mark.skipif(IS_EMAIL, reason="everybody has an address there")
def test_nothing_is_sent_without_an_address():
    make_user()
    with pytest.raises(CommandError, match="has no e-mail address"):
        run(NAME, "--send")
    assert not Enrolment.objects.exists()


def test_a_name_that_the_user_model_refuses_leaves_no_account():
    with pytest.raises(CommandError, match="The account cannot be made"):
        run("not a name", "--create")
    assert not get_user_model().objects.exists()


@pytest.mark.skipif(IS_EMAIL, reason="the name is the address there")
def test_a_model_that_requires_more_is_said(monkeypatch):
    model = get_user_model()
    monkeypatch.setattr(model, "REQUIRED_FIELDS", ["email", "password"])
    monkeypatch.setattr(model._meta.get_field("email"), "blank", False)
    with pytest.raises(CommandError, match="add --email"):
        run(NAME, "--create")
    with pytest.raises(CommandError, match="also requires password"):
        run(NAME, "--create", "--email=ada@example.com")


@pytest.mark.skipif(not IS_EMAIL, reason="the name is no address there")
def test_two_addresses_are_one_too_many():
    with pytest.raises(CommandError, match="--email must be USER"):
        run(NAME, "--create", "--email=other@example.com")


def test_without_a_known_address_of_the_site_it_says_so(settings):
    make_user()
    settings.PASSKEY_RP_ID = None
    with pytest.raises(CommandError, match="Set PASSKEY_RP_ID"):
        run(NAME)


def test_in_development_the_link_leads_to_runserver(settings):
    make_user()
    settings.PASSKEY_RP_ID, settings.DEBUG = None, True
    assert "\nhttp://localhost:8000/passkeys/enrol/" in run(NAME)
    assert "\nhttp://localhost:8123/passkeys/enrol/" in run(NAME, "--origin=http://localhost:8123/")


def test_a_mail_server_that_is_down_is_told_with_the_link(monkeypatch):
    user = make_user()
    user.email = "ada@example.com"
    user.save()

    def fail(*_args, **_kwargs):
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr("passkeys_django.management.commands.passkeys_enrol.send_mail", fail)
    with pytest.raises(CommandError, match=r"could not be sent.*https://testserver/passkeys/enrol/"):
        run(user.get_username(), "--send")
