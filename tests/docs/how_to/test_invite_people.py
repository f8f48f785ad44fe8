"""docs/how-to/invite-people.md: its commands, its code, and its mails."""

import re
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core import mail as outbox
from django.core.management import CommandError, call_command
from django.urls import path

from passkeys_django.models import Enrolment
from tests.conftest import Browser, make_user
from tests.docs.how_to.mails import FACTS, INVITATION, mail
from tests.docs.how_to.pages import Page
from tests.urls import urlpatterns

PAGE = Page("invite-people")
COMMANDS = re.findall(r"^\$ python manage\.py (.+)$", PAGE.text, re.MULTILINE)
pytestmark = pytest.mark.django_db


def run(line):
    name, *arguments = line.split()
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_first_superuser_comes_in_without_a_password(settings):
    """The e-mail user model is signed in to by address."""
    settings.PASSKEY_ORIGINS = ["https://testserver"]
    name = get_user_model().USERNAME_FIELD
    line = COMMANDS[0] if name == "username" else COMMANDS[0].replace("root ", "root@example.com ", 1)

    *text, link = run(line).splitlines()

    shown = PAGE.text.partition(COMMANDS[0])[2].strip().splitlines()
    assert re.sub(r"\S+T\S+\.$", "", text[0]).split()[1:] == re.sub(r"\S+T\S+\.$", "", shown[0]).split()[1:]
    assert re.sub("[^/]+/$", "", link).endswith("/passkeys/enrol/")
    root = get_user_model().objects.get()
    assert root.is_superuser
    assert not root.has_usable_password()


def test_the_mistakes_are_told_as_shown():
    for line, said in re.findall(r"^\$ python manage\.py (.+)\nCommandError: (.+)$", PAGE.text, re.MULTILINE):
        if "ada" in line:
            make_user("ada", email="") if get_user_model().USERNAME_FIELD == "username" else pytest.skip(
                "no names"
            )
        with pytest.raises(CommandError) as error:
            run(line)
        assert str(error.value) == said


def test_every_option_is_listed():
    from passkeys_django.management.commands.passkeys_enrol import Command

    parser = Command().create_parser("manage.py", "passkeys_enrol")
    ours = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
    inherited = {option for option in ours if option not in PAGE.text}

    assert inherited <= {"--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback"} | {
        "--no-color",
        "--force-color",
        "--skip-checks",
    }


@pytest.fixture
def members(settings, monkeypatch):
    members = PAGE.install(monkeypatch, "shop/members.py")
    members.urlpatterns = [path("members/<pk>/invite/", members.invite_member), *urlpatterns]
    settings.ROOT_URLCONF = members
    return members


def test_a_view_of_ones_own_invites(members, user, other_user):
    user.is_superuser = user.is_staff = True
    user.save()
    outbox.outbox.clear()

    response = Browser().sign_in(user).client.post(f"/members/{other_user.pk}/invite/")

    assert response.status_code == 302
    assert Enrolment.objects.get().user == other_user


def test_g3_the_view_refuses_people_who_may_not_invite(members, user, other_user):
    assert Browser().sign_in(user).client.post(f"/members/{other_user.pk}/invite/").status_code == 403
    assert not Enrolment.objects.exists()


def test_a_link_of_ones_own_making_works(monkeypatch, user):
    link = PAGE.install(monkeypatch, "shop/imports.py").link_for(user)

    client = Browser().client
    assert client.get(link.removeprefix("https://example.com")).url == "/passkeys/enrol/"
    assert b"Create a passkey for" in client.get("/passkeys/enrol/").content


@pytest.mark.parametrize(
    ("kind", "facts"),
    [("invitation", INVITATION), ("enrolment_created", FACTS), ("enrolment_used", FACTS)],
)
def test_people_read_what_the_page_shows(kind, facts):
    subject, body = mail(kind, facts)

    assert f"“{subject}”" in PAGE.text
    assert body.startswith(PAGE.block(kind).strip())
