"""USERNAME_FIELD may hold anything: a number, a UUID, a foreign key, or nothing. Everywhere its text will do."""

from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.utils.functional import lazystr

from passkeys_django.admin.people import searching
from passkeys_django.maintenance import user_finder
from passkeys_django.models import PasskeyEvent, display_name, user_name
from tests.conftest import Browser, listening, make_passkey, refusal
from tests.support.staff import EVENTS, LIST, change_url, run_action

pytestmark = pytest.mark.django_db


class PhoneNumber:
    """As django-phonenumber-field's: no str, but with a text."""

    def __str__(self):
        return "+49 30 901820"


ROW = PasskeyEvent(kind="used", name="badge 7")
NAMES = {
    "a number": (4711, "4711"),
    "zero": (0, "0"),
    "a UUID": (UUID(int=5), str(UUID(int=5))),
    "a phone number": (PhoneNumber(), "+49 30 901820"),
    "another row": (ROW, str(ROW)),
    "a lazy text": (lazystr("ada"), "ada"),
    "nothing": (None, None),
    "blank": ("\u200b", None),
}
WHATEVER = pytest.mark.parametrize(("name", "text"), NAMES.values(), ids=NAMES.keys())


@pytest.fixture
def called(monkeypatch):
    """A function: from now on, every user is called so. The admin, as Django's, shows users by their `str()`."""

    def call(name):
        monkeypatch.setattr(get_user_model(), "get_username", lambda self: name)
        monkeypatch.setattr(get_user_model(), "__str__", lambda self: f"user {self.pk}")

    return call


@WHATEVER
def test_d24_the_name_is_text(user, called, name, text):
    called(name)

    assert user_name(user) == display_name(user) == (text or str(user.pk))


@pytest.mark.parametrize("provider", ["embedded", "hanko"])
@WHATEVER
def test_d24_somebody_with_any_name_registers_signs_in_and_looks_at_the_page(
    request, user, called, provider, name, text
):
    if provider == "hanko":
        request.getfixturevalue("hanko_site")
    browser = Browser().sign_in(user)
    called(name)

    options = browser.creation_options()["publicKey"]
    assert (options["user"]["name"], options["user"]["displayName"]) == (text or str(user.pk),) * 2
    assert browser.register().status_code == 201
    assert browser.client.get("/passkeys/").status_code == 200
    confirm = browser.client.get("/passkeys/confirm/")
    assert (text or str(user.pk)) in confirm.content.decode()
    browser.client.logout()
    with listening(user_login_failed) as failed:
        assert refusal(browser.login(tamper_signature=True)) == (403, "login_failed")
    assert {type(value) for value in failed[0]["credentials"].values()} == {type(None) if name is None else str}
    assert browser.login().status_code == 200


@WHATEVER
def test_d24_somebody_with_any_name_renames_and_hears_of_it_and_is_revoked_by_staff(
    user, superuser, called, mailoutbox, django_capture_on_commit_callbacks, name, text
):
    type(user).objects.filter(pk=user.pk).update(email="ada@example.com")
    browser, passkey = Browser().sign_in(user), make_passkey(user)
    called(name)

    with django_capture_on_commit_callbacks(execute=True):
        assert browser.client.post(f"/passkeys/{passkey.pk}/rename/", {"name": "Phone"}).status_code == 302
    assert len(mailoutbox) == 1
    assert browser.post("accepted-credentials").status_code == 200
    for url in (LIST, change_url(passkey), EVENTS, f"{LIST}?q=ada", f"{EVENTS}?q=ada"):
        assert superuser.get(url).status_code == 200, url
    asked = run_action(superuser, "delete_selected", passkey)
    assert str(name) in asked.content.decode()
    assert run_action(superuser, "delete_selected", passkey, post="yes").status_code == 302


def test_d24_the_full_name_is_shown_unless_it_is_blank(user, monkeypatch):
    for full_name, shown in (
        ("Ada Lovelace", "Ada Lovelace"),
        ("\u200b", user.get_username()),
        (None, user.get_username()),
    ):
        monkeypatch.setattr(type(user), "get_full_name", lambda _user, name=full_name: name, raising=False)
        assert display_name(user) == shown


@WHATEVER
def test_d24_somebody_of_any_name_may_begin_to_sign_up(settings, called, name, text):
    settings.PASSKEY_SIGNUP_FORM = "passkeys_django.signup.PasskeySignupForm"
    called(name)

    started = Browser().post("start-signup", {get_user_model().USERNAME_FIELD: "lin@example.com"})

    assert started.status_code == 200
    assert isinstance(started.json()["publicKey"]["user"]["name"], str)


# A USERNAME_FIELD of another kind


@pytest.fixture
def named_by_key(monkeypatch):
    """A user model whose USERNAME_FIELD is a number, or a UUID."""
    monkeypatch.setattr(get_user_model(), "USERNAME_FIELD", "id")
    monkeypatch.setattr(get_user_model(), "__str__", lambda self: f"user {self.pk}")


@pytest.mark.usefixtures("named_by_key")
def test_d24_users_are_found_by_names_that_are_no_text(user, other_user):
    find = user_finder("username")

    assert find(str(user.pk)) == [user]
    assert find(str(other_user.pk)) == [other_user]
    assert find("nobody") == find("1.0") == find("9" * 40) == find("") == []


@pytest.mark.usefixtures("named_by_key")
def test_d24_staff_search_for_names_that_are_no_text(user, superuser):
    passkey = make_passkey(user)

    for url in (LIST, EVENTS):
        assert superuser.get(f"{url}?q={user.pk}").status_code == 200
    assert str(passkey.pk) in superuser.get(f"{LIST}?q={user.pk}").content.decode()


def test_d24_staff_search_for_names_that_are_foreign_keys_by_what_they_refer_to(monkeypatch):
    """PasskeyEvent stands in for a user model whose USERNAME_FIELD is a foreign key."""
    monkeypatch.setattr(PasskeyEvent, "USERNAME_FIELD", "actor", raising=False)
    monkeypatch.setattr(searching, "get_user_model", lambda: PasskeyEvent)

    assert searching.user_name_field() == "user__actor__id"
