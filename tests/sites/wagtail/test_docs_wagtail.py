"""docs/how-to/wagtail.md: its settings, URLs, form and template, as they stand there."""

import re
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.checks import run_checks
from wagtail import hooks

from tests.conftest import Browser, make_user
from tests.docs.how_to.pages import Page
from tests.sites.wagtail import urls
from tests.sites.wagtail.people import by_passkey, editor, editors_browser, with_passkey  # noqa: F401

pytestmark = pytest.mark.django_db
PAGE = Page("wagtail")
URLS = Path(urls.__file__).read_text()
SITES_OWN = "<title>{% block title %}{% endblock %}</title><p>The site's own.</p>{% block content %}{% endblock %}"


def test_its_settings_are_those_of_the_site_that_these_tests_are_about():
    shown = PAGE.settings() | PAGE.settings("settings.py, private pages")

    assert set(shown.pop("INSTALLED_APPS")) <= set(site.INSTALLED_APPS)
    assert shown == {name: getattr(site, name) for name in shown}


def test_with_its_urls_the_admin_takes_passkeys(editors_browser, monkeypatch, settings):  # noqa: F811
    settings.ROOT_URLCONF = PAGE.install(monkeypatch, "urls.py")
    assert run_checks() == []
    assert editors_browser.client.get("/passkeys/").status_code == 200
    editors_browser.client.logout()

    assert by_passkey(editors_browser, "/admin/login/").url == "/admin/"


def test_its_lines_for_private_pages_are_those_of_the_site():
    lines = re.findall("    path.*\n", PAGE.block("urls.py, private pages"))

    assert lines
    assert [line for line in lines if line not in URLS] == []


def test_its_form_takes_passkeys(monkeypatch):
    form = PAGE.install(monkeypatch, "forms.py").OfficeLoginForm()

    assert [name for name, _field in form.extra_fields] == ["floor"]
    assert form["passkey"].is_hidden


def test_its_hook_offers_a_passkey_after_a_password_until_not_now(monkeypatch, editor):  # noqa: F811
    registered = []
    monkeypatch.setattr(hooks, "register", lambda name: lambda function: registered.append((name, function)))
    PAGE.install(monkeypatch, "wagtail_hooks.py")
    client = Browser().sign_in(editor).client

    with hooks.register_temporarily(registered):
        page = client.get("/cms/").content.decode()
        assert "Create a passkey?" in page
        assert "passkeys_django/passkeys_button.css" in page
        assert client.post("/passkeys/not-now", {"next": "/cms/"}).url == "/cms/"
        assert "Create a passkey?" not in client.get("/cms/").content.decode()


@pytest.fixture
def frames(settings, tmp_path):
    """The page's template, beside the site's own."""
    (tmp_path / "passkeys_base.html").write_text(PAGE.block("passkeys_base.html"))
    (tmp_path / "base.html").write_text(SITES_OWN)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    settings.PASSKEY_BASE_TEMPLATE = "passkeys_base.html"


@pytest.mark.usefixtures("frames")
def test_with_its_template_members_see_the_sites_own_frame(editors_browser):  # noqa: F811
    assert run_checks() == []
    members_browser = with_passkey(make_user("member"))
    for browser, frame in ((editors_browser, "wagtail-sidebar"), (members_browser, "The site's own.")):
        page = browser.client.get("/passkeys/").content.decode()
        assert frame in page
        assert "<title>Your passkeys" in page
