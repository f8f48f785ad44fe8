"""`manage.py check` tells where an admin's login page takes no passkeys although the site asked for that."""

import json
import subprocess
import sys
from types import ModuleType

import pytest
from django.contrib import admin
from django.core.checks import WARNING
from django.test import override_settings
from django.urls import include, path

from passkeys_django.admin_site import PasskeyAdminSite, PasskeyAdminSiteMixin
from passkeys_django.checks.admin_login import check_admin_login_button, check_admin_sites

OURS = "passkeys_django.admin_config.PasskeyAdminConfig"
REPLACING = "tests.support.replaced_admin.ReplacingConfig"
START = """
import json, sys
from django.conf import settings
import tests.settings as base
ours = ("passkeys_django", "django.contrib.admin")
apps = sys.argv[1:] + [app for app in base.INSTALLED_APPS if app not in ours]
values = {name: getattr(base, name) for name in dir(base) if name.isupper()}
settings.configure(**values | {"INSTALLED_APPS": apps})
import django
django.setup()
from django.contrib import admin
from django.core.checks import Tags, run_checks
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
messages = [(message.id, message.msg, message.hint) for message in run_checks(tags=[Tags.security])]
page = Client().get("/admin/login/").content.decode()
print(json.dumps([messages, len(admin.site._registry), "data-passkey-login" in page]))
"""


def started_with(*first_apps):
    """The messages of a site with these apps first, the number of its admins, and whether the button is there."""
    command = [sys.executable, "-W", "ignore", "-c", START, *first_apps]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_a_site_that_another_app_put_in_place_before_takes_passkeys():
    messages, admins, has_button = started_with("passkeys_django", REPLACING, OURS)

    assert (messages, has_button) == ([], True)
    assert admins >= len(["Passkey", "PasskeyEvent", "Group"])


def test_a_site_that_another_app_puts_in_place_afterwards_is_told():
    [message], admins, has_button = started_with("passkeys_django", OURS, REPLACING)

    identity, text, hint = message
    assert identity == "passkeys_django.W014"
    assert "tests.support.replaced_admin.ReplacingSite" in text
    assert "list 'tests.support.replaced_admin', which replaces admin.site, before" in hint
    assert (admins, has_button) == (0, False)


@pytest.mark.parametrize("replacing", [[], [REPLACING]], ids=["Django's", "another app's"])
def test_a_site_that_asked_for_nothing_is_told_nothing_and_loses_no_admin(replacing):
    messages, admins, has_button = started_with("passkeys_django", *replacing, "django.contrib.admin")

    assert (messages, has_button) == ([], False)
    assert admins >= len(["Passkey", "PasskeyEvent", "Group"])


# In one process


def messages_with(**sites):
    """What the checks say about these admin sites, by the path under which each is served."""
    urls = ModuleType("urls")
    urls.urlpatterns = [path(f"{name}/", site.urls) for name, site in sites.items()]
    urls.urlpatterns.append(
        path("nested/", include([path(f"{name}/", site.urls) for name, site in sites.items()]))
    )
    with override_settings(ROOT_URLCONF=urls):
        return [*check_admin_sites(), *check_admin_login_button()]


def test_a_second_site_without_passkeys_is_told_once():
    [message] = messages_with(one=PasskeyAdminSite(), other=admin.AdminSite(name="office"))

    assert (message.id, message.level) == ("passkeys_django.W014", WARNING)
    assert "'office'" in message.msg
    assert "PasskeyAdminSiteMixin" in message.hint


def test_sites_that_take_passkeys_are_fine():
    assert messages_with(one=PasskeyAdminSite(), other=PasskeyAdminSite(name="office")) == []


def test_plain_sites_are_nobodys_business():
    assert messages_with(one=admin.AdminSite(), other=admin.AdminSite(name="office")) == []


def test_a_login_page_that_a_site_replaces_on_purpose_is_fine():
    site = admin.AdminSite()
    site.login = lambda request: None

    assert messages_with(one=PasskeyAdminSite(), other=site) == []


def test_a_site_without_the_admin_is_fine(settings):
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "django.contrib.admin"]

    assert messages_with() == []


TEMPLATES = {
    "page.html": "{% block title %}{% endblock %}",
    "content.html": "{% block content %}{% endblock %}",
    "own.html": "{% load passkeys %}<form></form>{% passkey_login_button %}",
    "included.html": '<form></form>{% include "own.html" %}',
    "unknown.html": "<form></form>{% include name %}",
    "child.html": '{% extends "content.html" %}{% load passkeys %}{% block content %}{% passkey_login_button %}'
    "{% endblock %}",
    "lost.html": '{% extends "page.html" %}{% load passkeys %}{% block content %}{% passkey_login_button %}'
    "{% endblock %}",
    "grandchild.html": '{% extends "child.html" %}{% block content %}{{ block.super }}!{% endblock %}',
    "broken.html": "{% nonsense %}",
}


def engine(**more):
    loaders = [
        ("django.template.loaders.locmem.Loader", TEMPLATES | more),
        "django.template.loaders.app_directories.Loader",
    ]
    return [{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"loaders": loaders}}]


def site_with(template):
    return type("Office", (PasskeyAdminSiteMixin, admin.AdminSite), {"login_template": template})()


@pytest.mark.parametrize(
    "template",
    ["own.html", "included.html", "unknown.html", "child.html", "grandchild.html", "broken.html", "no.html"],
)
def test_a_template_that_shows_the_button_or_may_show_it_is_fine(settings, template):
    settings.TEMPLATES = engine()

    assert messages_with(office=site_with(template)) == []


@pytest.mark.parametrize("template", ["page.html", "lost.html", None])
def test_a_template_without_the_button_is_told(settings, template):
    settings.TEMPLATES = engine()

    [message] = messages_with(office=site_with(template))

    assert (message.id, message.level) == ("passkeys_django.W015", WARNING)
    assert repr(template or "admin/login.html") in message.hint
    assert "{% passkey_login_button %}" in message.hint


def test_a_theme_whose_page_has_no_block_for_the_button_is_told_where_to_write_it(settings):
    settings.TEMPLATES = engine(**{"admin/login.html": "<form></form>"})

    [message] = messages_with(office=PasskeyAdminSite())

    assert "'admin/login.html'" in message.hint


def test_what_the_hint_says_helps(settings):
    tag = "{% load passkeys %}{% passkey_login_button %}"
    settings.TEMPLATES = engine(**{"admin/login.html": f"<form></form>{tag}"})

    assert messages_with(office=PasskeyAdminSite()) == []
