"""Passkeys inside Wagtail's admin: the account page, the frame of our pages, the list of users."""

import re
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import Group, Permission
from wagtail.users.models import UserProfile

from passkeys_django.models import Passkey
from tests.conftest import PASSWORD, Browser, make_passkey, make_user, moved_clock, refusal
from tests.sites.wagtail.people import editor, editors_browser, with_passkey  # noqa: F401

pytestmark = pytest.mark.django_db
ACCOUNT, LIST = "/cms/account/", "/passkeys/"
SIDEBAR = 'id="wagtail-sidebar"'


def text_of(browser, path):
    response = browser.client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def posted(browser, path, data=None):
    """The page to which the answer leads."""
    return browser.client.post(path, data, follow=True).content.decode()


def test_the_account_page_lists_the_persons_passkeys_and_leads_to_them(editors_browser, other_user):  # noqa: F811
    Passkey.objects.update(name="Red <laptop>")
    make_passkey(other_user, name="Of somebody else")

    page = text_of(editors_browser, ACCOUNT)

    assert "<bdi>Red &lt;laptop&gt;</bdi>" in page
    assert "Of somebody else" not in page
    assert f'href="{LIST}">Your passkeys</a>' in page


def test_without_a_passkey_the_account_page_says_what_one_is(editor):  # noqa: F811
    page = text_of(Browser().sign_in(editor), ACCOUNT)

    assert "A passkey lets you sign in with your fingerprint" in page
    assert f'href="{LIST}">Your passkeys</a>' in page


def test_the_account_page_is_saved_as_before(editors_browser, editor):  # noqa: F811
    names = {"name_email-first_name": "Edith", "name_email-last_name": "Eve", "name_email-email": editor.email}
    more = {"theme-theme": "dark", "theme-density": "default", "theme-contrast": "system"}

    response = editors_browser.client.post(ACCOUNT, {**names, **more})

    assert response.status_code == 302, re.findall("error-message.*", response.content.decode())
    editor.refresh_from_db()
    assert editor.first_name == "Edith"


def test_the_panel_is_there_where_wagtail_manages_no_passwords(editors_browser, settings):  # noqa: F811
    settings.WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False

    page = text_of(editors_browser, ACCOUNT)

    assert "new_password1" not in page
    assert f'href="{LIST}">Your passkeys</a>' in page


def test_editors_see_our_pages_inside_wagtails_admin_with_a_way_back(editors_browser):  # noqa: F811
    page = text_of(editors_browser, LIST)

    assert SIDEBAR in page
    assert "<title>Your passkeys - Wagtail</title>" in page
    assert len(re.findall("<h1", page)) == 1
    assert "passkeys_django/passkeys.css" in page
    assert page.index("passkeys_django/passkeys.css") < page.index("passkeys_django/wagtail.css")
    crumbs = re.search(r'aria-label="Breadcrumb".*?</nav>', page, re.DOTALL)[0]
    assert re.findall(r'<a [^>]*href="([^"]+)"', crumbs) == ["/cms/", ACCOUNT]
    assert "Your passkeys" in crumbs


def test_other_people_see_our_pages_alone():
    page = text_of(with_passkey(make_user("member")), LIST)

    assert SIDEBAR not in page
    assert "passkeys-main" in page


def test_our_pages_are_in_the_language_and_time_zone_of_the_editor(editors_browser, editor):  # noqa: F811
    Passkey.objects.update(last_used_at="2026-03-01T12:00:00Z")
    UserProfile.objects.update_or_create(
        user=editor, defaults={"preferred_language": "de", "current_time_zone": "Asia/Tokyo"}
    )

    page = text_of(editors_browser, LIST)

    assert '<html lang="de"' in page
    assert "<title>Ihre Passkeys - Wagtail</title>" in page
    assert "21:00" in page


def test_after_renaming_and_removing_wagtails_page_tells_so(editors_browser):  # noqa: F811
    passkey = Passkey.objects.get()

    page = posted(editors_browser, f"/passkeys/{passkey.pk}/rename/", {"name": "Blue"})
    assert re.search(r'<li class="success">.*?The passkey is now called “Blue”\.', page, re.DOTALL)

    page = posted(editors_browser.confirm(), f"/passkeys/{passkey.pk}/remove/")
    assert SIDEBAR in page
    assert "“Blue” was removed from this site." in page


def test_an_hour_later_editors_confirm_inside_the_admin_and_come_back(editor):  # noqa: F811
    with moved_clock(-3600):
        browser = Browser().sign_in(editor)
    passkey = make_passkey(editor)
    assert refusal(browser.post("start-registration")) == (403, "reauthentication_required")
    remove = f"/passkeys/{passkey.pk}/remove/"

    confirm = browser.client.get(remove).url
    assert unquote(confirm) == f"/passkeys/confirm/?next={remove}"
    page = text_of(browser, confirm)
    assert SIDEBAR in page
    assert "Confirm with your password" in page
    assert browser.client.post(confirm, {"password": PASSWORD}).url == remove
    assert browser.client.get(remove).status_code == 200


def test_somebody_who_is_signed_out_signs_in_at_wagtails_page_and_comes_back():
    assert Browser().client.get(LIST).url == f"/cms/login/?next={LIST}"


def staff_with(*codenames):
    """Somebody who may see Wagtail's list of users."""
    user = make_user("sam", is_staff=True)
    user.groups.add(Group.objects.get(name="Editors"))
    user.user_permissions.add(*Permission.objects.filter(codename__in=["change_user", *codenames]))
    return Browser().sign_in(user)


def test_the_list_of_users_leads_staff_to_somebodys_passkeys(editors_browser, editor, other_user):  # noqa: F811
    Passkey.objects.update(name="Of Edith")
    make_passkey(other_user, name="Of Grace")
    staff = staff_with("view_passkey")

    link = f"/django-admin/passkeys_django/passkey/?user={editor.pk}"

    assert f'href="{link}"' in text_of(staff, "/cms/users/")
    page = text_of(staff, link)
    assert "Of Edith" in page
    assert "Of Grace" not in page


def test_it_does_not_lead_those_there_who_may_not_see_them():
    assert "/django-admin/passkeys_django" not in text_of(staff_with(), "/cms/users/")
