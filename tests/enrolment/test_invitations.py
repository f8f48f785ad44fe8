"""Some staff may invite people. Only superusers see the link."""

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.exceptions import PermissionDenied

from passkeys_django.enrolment import invite, may_invite
from passkeys_django.exceptions import InvalidRequest, ReauthenticationRequired, Throttled
from passkeys_django.models import Enrolment, UserHandle
from tests.conftest import Browser, make_user
from tests.enrolment.holder import CANCEL, Holder, mailed_links

pytestmark = pytest.mark.django_db
ADDRESS = "grace@example.com"


def may_invite_people(user):
    user.user_permissions.add(Permission.objects.get(codename="invite"))
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def desk(db):
    return may_invite_people(make_user("desk", is_staff=True))


@pytest.fixture
def root(db):
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def person(db):
    user = make_user("grace")
    setattr(user, user.get_email_field_name(), ADDRESS)
    user.save()
    return user


@pytest.fixture
def as_(rf):
    """A function: a request of somebody who has just signed in."""

    def request_of(user, **headers):
        client = Browser().sign_in(user).client
        request = rf.post("/", headers=headers)
        request.session, request.user = client.session, user
        return request

    return request_of


@pytest.fixture
def invited(as_, django_capture_on_commit_callbacks):
    def run(actor, user, **headers):
        with django_capture_on_commit_callbacks(execute=True):
            return invite(as_(actor, **headers), user)

    return run


def test_g3_the_desk_invites_people_but_neither_staff_nor_superusers(desk, root, person):
    assert may_invite(desk, person)
    assert not may_invite(desk, root)
    assert not may_invite(desk, make_user("colleague", is_staff=True))
    assert not may_invite(desk, make_user("hidden-root", is_superuser=True))


def test_g3_superusers_invite_everybody_but_themselves(desk, root, person):
    assert may_invite(root, person)
    assert may_invite(root, desk)
    assert not may_invite(root, root)
    assert not may_invite(desk, desk)


def test_g3_without_the_permission_nobody_invites(person):
    assert not may_invite(make_user("clerk", is_staff=True), person)


def test_g3_inactive_people_neither_invite_nor_are_invited(desk, root, person, deactivate):
    deactivate(person)
    person = type(person).objects.get(pk=person.pk)
    assert not may_invite(desk, person)
    assert not may_invite(root, person)


def test_g3_a_refused_invitation_leaves_nothing(invited, desk, root):
    with pytest.raises(PermissionDenied):
        invited(desk, root)
    assert not Enrolment.objects.exists()
    assert mail.outbox == []


def test_the_link_goes_to_the_accounts_address_and_works(invited, desk, person):
    assert invited(desk, person) is None

    [message] = mail.outbox
    assert message.to == [ADDRESS]
    assert message.subject == "Test server: create your passkey"
    assert CANCEL.search(message.body)
    [link] = mailed_links()
    assert Holder().open(link.split("/")[-2]).enrol().status_code == 201
    enrolment = Enrolment.objects.get()
    assert (enrolment.reason, enrolment.created_by) == ("invitation", desk)


def test_g3_only_superusers_see_the_link(invited, root, person):
    url = invited(root, person)
    assert [url] == mailed_links()


def test_g3_the_link_goes_to_the_address_of_the_last_strong_login(invited, desk, person):
    """Somebody with the password, or the desk itself, may have changed the account's address meanwhile."""
    handle = UserHandle.objects.for_user(person)
    UserHandle.objects.filter(pk=handle.pk).update(strong_address="old@example.com")
    invited(desk, person)

    assert {message.to[0]: bool(CANCEL.search(message.body)) for message in mail.outbox} == {
        "old@example.com": True,
        ADDRESS: True,
    }
    [with_link] = [message for message in mail.outbox if "create your passkey" in message.subject]
    assert with_link.to == ["old@example.com"]


def test_g2_a_forged_host_does_not_get_into_an_invitation(invited, desk, person, settings):
    settings.ALLOWED_HOSTS = ["*"]
    invited(desk, person, host="evil.example")
    assert mailed_links()[0].startswith("https://testserver/")


@pytest.fixture
def without_address(person):
    if person.get_email_field_name() == person.USERNAME_FIELD:
        pytest.skip("everybody has an address here")
    person.email = ""
    person.save()
    return person


def test_u1_the_desk_hears_what_to_do_about_an_account_without_address(invited, desk, without_address):
    with pytest.raises(InvalidRequest) as refused:
        invited(desk, without_address)
    assert "Enter one first, or ask a superuser" in str(refused.value.user_message)
    assert not Enrolment.objects.exists()


def test_a_superuser_passes_the_link_on_if_there_is_no_address(invited, root, without_address):
    assert "/enrol/" in invited(root, without_address)
    assert mail.outbox == []


def test_g1_staff_need_the_strength_of_their_own_account(as_, root, person):
    """A superuser's password alone must not invite another superuser."""
    Browser().sign_in(root).register()
    with pytest.raises(ReauthenticationRequired):
        invite(as_(root), person)
    assert not Enrolment.objects.exists()


def test_nobody_is_flooded_with_invitations(invited, desk, person, settings):
    settings.PASSKEY_RATE_LIMITS = {"enrolment-mail": "2/d"}
    invited(desk, person)
    invited(desk, person)
    with pytest.raises(Throttled):
        invited(desk, person)
