"""A text without anything to see is blank, wherever a name is asked for, taken over or passed on."""

from uuid import UUID

import pytest

from passkeys_django.lifecycle import rename
from passkeys_django.maintenance.insertion import fit_name
from passkeys_django.models import Passkey
from passkeys_django.protocol.unicode_text import is_visible
from tests.conftest import make_passkey
from tests.support.staff import change_url

BLANK = ["", " ", "\u200b", "\u200d\u200c", "\ufe0f", "\u2060\ufeff", "\u2003\u3000", "\u2028\u2029", "\x00\x1b"]
BLANK += ["\u202e", "\u00ad", "\u034f", "\u3164", "\u115f\u1160", "\u2800", "\ufe0f\u200b \u2066", "\U000e0101"]
VISIBLE = [
    "x",
    "\u200bx",
    "\U0001f511",
    "\u2764\ufe0f",
    "\U0001f468\u200d\U0001f4bb",
    "e\u0301",
    "مفتاح",
    "鍵",
    "-",
    "\uf8ff",
]
VISIBLE += ["\U0001fae8"]  # newer than the Unicode of Python 3.11


@pytest.mark.parametrize("text", BLANK, ids=ascii)
def test_a_text_of_blanks_joiners_and_marks_is_blank(text):
    assert not is_visible(text)


@pytest.mark.parametrize("text", VISIBLE, ids=ascii)
def test_a_text_with_a_character_to_see_is_visible(text):
    assert is_visible(text)


@pytest.mark.django_db
@pytest.mark.parametrize("text", VISIBLE, ids=ascii)
def test_a_passkey_may_be_called_whatever_can_be_seen(user, text):
    rename(make_passkey(user), text)

    assert Passkey.objects.get().name == text


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["\u200b", "\ufe0f\u200d", "\u3164"], ids=ascii)
def test_staff_hear_that_a_blank_name_is_none(superuser, user, text):
    passkey = make_passkey(user)

    page = superuser.post(change_url(passkey), {"name": text})

    assert page.status_code == 200
    assert page.context["adminform"].form.errors["name"] == ["This field is required."]
    assert Passkey.objects.get().name == "Laptop"


@pytest.mark.parametrize("text", BLANK, ids=ascii)
def test_what_is_taken_over_with_a_blank_name_is_called_after_its_manager(text):
    assert fit_name(text, UUID(int=0)) == "Passkey"
