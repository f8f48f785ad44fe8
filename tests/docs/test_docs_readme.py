"""README.md: the five edits, made as they stand there."""

import re
from pathlib import Path
from types import ModuleType

from django.contrib.auth.forms import AuthenticationForm
from django.template import RequestContext, Template
from django.test import RequestFactory
from django.urls import reverse

from passkeys_django.checks.base_template import fillable_blocks
from passkeys_django.conf import SETTING_NAMES

PAGE = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
EDITS = re.findall(r"^   ```(?:python|django)\n(.*?)^   ```", PAGE, re.DOTALL | re.MULTILINE)


def run(edit, **names):
    """The names that a block defines in a module that has these."""
    exec(compile(re.sub(r"^   ", "", edit, flags=re.MULTILINE), "README.md", "exec"), names)
    return names


def test_there_are_five_edits():
    assert len(EDITS) == 5
    assert re.findall(r"^(\d)\. \*\*", PAGE, re.MULTILINE) == list("12345")


def test_the_page_is_one_that_people_read_to_the_end():
    assert len(PAGE.splitlines()) <= 150


def test_the_settings_are_those_of_a_site_with_passkeys(settings):
    written = run(EDITS[0]) | run(EDITS[1], DEBUG=False)

    assert set(written["INSTALLED_APPS"]) <= set(settings.INSTALLED_APPS)
    assert set(written["AUTHENTICATION_BACKENDS"]) <= set(settings.AUTHENTICATION_BACKENDS)
    assert {name for name in written if name.startswith("PASSKEY_")} <= SETTING_NAMES


def test_the_settings_of_production_stay_out_of_development():
    """With them, no passkey would work at localhost."""
    shown = {name for name in run(EDITS[1], DEBUG=True) if name.startswith("PASSKEY_")}
    assert shown == {"PASSKEY_RP_NAME", "PASSKEY_BASE_TEMPLATE"}


def test_the_first_edit_warns_of_what_it_breaks():
    first = PAGE[PAGE.index("1. **settings.py**") : PAGE.index("2. **settings.py")]

    assert "`login(request, user)`" in first
    assert 'backend="django.contrib.auth.backends.ModelBackend"' in first


def test_the_urls_have_the_endpoints_and_the_list(settings):
    site = ModuleType("urls")
    site.urlpatterns = run(EDITS[2])["urlpatterns"]
    settings.ROOT_URLCONF = site

    assert reverse("passkeys:list") == "/passkeys/"


def test_the_login_page_has_a_button():
    form = AuthenticationForm()
    html = Template("{{ form }}" + EDITS[3]).render(RequestContext(RequestFactory().get("/"), {"form": form}))

    assert "Sign in with a passkey" in html


def test_the_frame_takes_our_pages_and_links_to_the_list(rf, user):
    frame = Template(EDITS[4])
    request = rf.get("/")
    request.user = user
    html = frame.render(RequestContext(request))

    assert {"title", "content"} <= fillable_blocks(frame)
    assert "passkeys_django/passkeys.css" in html
    assert f'<a href="{reverse("passkeys:list")}">Your passkeys</a>' in html
