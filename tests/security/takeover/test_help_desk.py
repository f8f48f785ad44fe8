"""A member of the help desk who may invite people and change their addresses, and wants to be somebody else."""

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core import mail
from django.urls import reverse

from passkeys_django.models import Enrolment, UserHandle
from tests.admin.people.conftest import errand_url, register, user_url
from tests.recovery.conftest import enrol, links_in, make_person
from tests.security.takeover.conftest import EVES, address_of, ask_for_link, enter, try_all_doors
from tests.support.staff import staff_client

pytestmark = pytest.mark.django_db
RANKS = {"staff": {"is_staff": True}, "a superuser": {"is_superuser": True}}


class UserAdmin(admin.ModelAdmin):
    fields = ["email"]


@pytest.fixture
def desk(settings):
    """A client of somebody who may view and change users, invite them, and revoke their passkeys."""
    model = get_user_model()
    before = admin.site._registry.get(model)
    register(UserAdmin, settings)
    name = model._meta.model_name
    yield staff_client(
        f"view_{name}", f"change_{name}", "invite", "view_passkey", "delete_passkey", "view_passkeyevent"
    )
    admin.site._registry.pop(model, None)
    if before is not None:
        admin.site._registry[model] = before


@pytest.fixture(params=RANKS.values(), ids=RANKS)
def superior(request, db):
    return make_person("grace", **request.param)


def move_mail(desk, person):
    """The desk enters its own address in the admin, on the page with the inline list of passkeys."""
    url = user_url(person)
    inlines = [each.formset for each in desk.get(url).context["inline_admin_formsets"]]
    counts = {
        form.add_prefix(name): form.initial[name]
        for form in (each.management_form for each in inlines)
        for name in form.fields
    }
    assert desk.post(url, {"email": EVES, **counts}).status_code == 302
    assert address_of(person) == EVES


def test_g3_a_desk_that_changes_the_address_first_invites_no_superior(desk, superior):
    move_mail(desk, superior)
    mail.outbox.clear()

    page = desk.get(errand_url("invite", superior))
    sent = desk.post(errand_url("invite", superior))

    assert (page.status_code, sent.status_code) == (403, 403)
    assert not Enrolment.objects.exists()
    assert mail.outbox == []


def test_g3_the_recovery_of_a_superior_does_not_follow_the_desk(desk, superior, settings):
    """With a passkey, the address of the last strong login counts, whatever the admin says."""
    handle = UserHandle.objects.for_user(superior)
    UserHandle.objects.filter(pk=handle.pk).update(strong_address="grace@example.com")
    settings.PASSKEY_RECOVERY_BY_EMAIL = True
    move_mail(desk, superior)

    ask_for_link(desk, username=superior.get_username())

    assert links_in(mail.outbox, to=EVES) == []


def test_g3_an_invitation_of_a_person_goes_to_the_address_of_their_last_strong_login(desk, owner, user):
    own = address_of(user)
    move_mail(desk, user)

    assert desk.post(errand_url("invite", user)).status_code == 302

    assert len(links_in(mail.outbox, to=own)) == 1
    assert links_in(mail.outbox, to=EVES) == []
    assert {EVES, own} <= {address for message in mail.outbox for address in message.to}


def test_g3_an_invitation_changes_nothing_of_what_the_owner_has(desk, owner, user):
    desk.post(errand_url("invite", user))
    [secret] = links_in(mail.outbox)

    assert enrol(secret)[1].status_code == 201

    assert user.passkeys.count() == 2
    assert owner.login().status_code == 200


def test_g3_a_person_who_was_promoted_meanwhile_keeps_the_link_that_was_sent(desk, user):
    """The link was good when it was sent, and went to the person. Promotion is no reason to lock out; rights are
    asked when the next one is sent."""
    desk.post(errand_url("invite", user))
    type(user).objects.filter(pk=user.pk).update(is_superuser=True)

    assert desk.post(errand_url("invite", user)).status_code == 403
    assert len(links_in(mail.outbox)) == 1


def test_g3_the_password_of_the_desk_alone_invites_nobody(desk, user, browser):
    """Somebody of the desk has a passkey: a thief with the password is asked for it."""
    clerk = get_user_model().objects.get(user_permissions__codename="invite")
    browser.sign_in(clerk)
    assert browser.register().status_code == 201
    thief = enter(clerk, door="/admin/login/")

    thief.post(errand_url("invite", user))
    thief.post(errand_url("revoke_all", user))
    try_all_doors(thief)

    assert not Enrolment.objects.exists()
    assert clerk.passkeys.count() == 1


@pytest.mark.parametrize("key", ["0", "-1", "x", "99999999999999999999", "1/../2", "_5F", "%00"])
def test_g3_odd_keys_are_nobodys(desk, key):
    base = reverse("admin:passkeys_django_invite", args=["KEY"])

    response = desk.post(base.replace("KEY", key))

    assert response.status_code in (302, 404)
    assert not Enrolment.objects.exists()
