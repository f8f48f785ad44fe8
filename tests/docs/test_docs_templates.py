"""docs/templates.md is true: its classes restyle every page, and it names all that there is."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.template import RequestContext, Template
from django.test import RequestFactory
from django.urls import reverse

import passkeys_django
from passkeys_django.conf import passkey_settings
from tests.conftest import Browser, make_passkey
from tests.frontend.test_css_classes import OURS
from tests.frontend.test_stylesheet import CSS

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text()
TEMPLATES = Path(passkeys_django.__file__).parent / "templates" / "passkeys_django"
FRAMEWORKS = ["bootstrap", "tailwind"]


def classes_for(framework):
    """The classes.html that the page shows."""
    return re.search(rf"```classes-{framework}\n(.*?)```", PAGE, re.DOTALL)[1]


def entries_for(framework):
    return dict(re.findall(r"^([a-z_]+): (.+)$", classes_for(framework), re.MULTILINE))


@pytest.fixture(params=FRAMEWORKS)
def framework(request, settings, tmp_path):
    """A site with the framework's classes.html from the page, and nothing else of its own."""
    (tmp_path / "passkeys_django").mkdir()
    (tmp_path / "passkeys_django" / "classes.html").write_text(classes_for(request.param))
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    return request.param


def written(html):
    """The values of all class attributes."""
    return set(re.findall(r'class="([^"]*)"', html))


def used_in(*templates):
    """Names of classes that these templates use."""
    names = (re.findall(r"passkeys_class '([a-z_]+)'", (TEMPLATES / name).read_text()) for name in templates)
    return {name for found in names for name in found}


FRAME = ["base.html"]
SCRIPT = ["_script.html", "register_button.html"]
CARD = ["passkey_icon.html", "passkey_facts.html", "passkey_badges.html", "passkey_meanings.html"]


@pytest.mark.django_db
def test_the_classes_restyle_the_list_and_its_cards(framework, registered, user, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "passkeys_django.middleware.RemovedPasskeyMiddleware"]
    make_passkey(user, refused_at=datetime(2026, 5, 3, tzinfo=UTC))
    registered.login()
    client = registered.client
    page = client.post(reverse("passkeys:rename", args=[user.passkeys.first().pk]), {"name": "Phone"}, follow=True)

    expected = used_in(*FRAME, *SCRIPT, "passkey_list.html", "passkey_card.html", *CARD)
    assert_restyled(framework, page.content.decode(), expected - {"text", "advice"})


@pytest.mark.django_db
def test_the_classes_restyle_the_advice_to_have_two(framework, user):
    make_passkey(user, backup_eligible=False)
    html = Browser().sign_in(user).client.get("/passkeys/").content.decode()
    assert_restyled(framework, html, {"advice"})


@pytest.mark.django_db
def test_the_classes_restyle_the_page_that_asks(framework, user):
    passkey = make_passkey(user)
    html = Browser().sign_in(user).client.get(reverse("passkeys:remove", args=[passkey.pk])).content.decode()
    assert_restyled(framework, html, used_in("passkey_remove.html") - {"advice"})


@pytest.mark.django_db
def test_the_classes_restyle_the_page_that_ends_sessions(framework, user, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "passkeys_django.middleware.RemovedPasskeyMiddleware"]
    html = Browser().sign_in(user).client.get(reverse("passkeys:end-sessions")).content.decode()
    assert_restyled(framework, html, used_in("end_sessions.html"))


@pytest.mark.parametrize("name", ["login_button", "register_button"])
def test_the_classes_restyle_the_buttons(framework, name):
    context = RequestContext(RequestFactory().get("/"))
    html = Template("{% load passkeys %}{% passkey_" + name + " %}").render(context)
    elsewhere = {"button_quiet", "or", "text", "link"}  # below a form, for security keys, where people can recover
    assert_restyled(framework, html, used_in("_script.html", "_icon.html", f"{name}.html") - elsewhere)


def test_the_classes_restyle_what_stands_between_a_form_and_the_button(framework):
    context = RequestContext(RequestFactory().get("/"))
    html = Template("{% load passkeys %}{% passkey_login_button below_form=True %}").render(context)
    assert_restyled(framework, html, {"or", "button_quiet"})


@pytest.mark.django_db
def test_the_classes_restyle_the_place_of_the_first_passkey(framework, user):
    html = Browser().sign_in(user).client.get("/passkeys/").content.decode()
    assert_restyled(framework, html, used_in("passkeys_none.html"))


@pytest.mark.django_db
def test_the_classes_restyle_a_name_that_is_refused(framework, user):
    passkey = make_passkey(user)
    page = Browser().sign_in(user).client.post(reverse("passkeys:rename", args=[passkey.pk]), {"name": ""})
    assert_restyled(framework, page.content.decode(), used_in("passkey_rename.html"))


@pytest.mark.django_db
def test_the_classes_restyle_the_offer(framework, user, settings):
    settings.PASSKEY_POLICY = {"everybody": {"passkey": "required", "from": "2999-01-01"}}  # so there is a link
    request = Browser().sign_in(user).client.get("/passkeys/").wsgi_request
    request.resolver_match = None
    html = Template("{% load passkeys %}{% passkey_offer %}").render(RequestContext(request))
    assert_restyled(framework, html, used_in("offer.html", "_script.html") - {"link"})  # in the card of a date


def assert_restyled(framework, html, names):
    entries = entries_for(framework)
    found = written(html)
    assert {name: entries[name] for name in names if entries[name] not in found} == {}
    kept = {"passkeys-icon", entries["card_icon"]}  # a ring takes its place; icons need a background
    assert {value for value in found if "passkeys" in value} <= kept


@pytest.mark.parametrize("framework_name", FRAMEWORKS)
def test_the_page_shows_a_line_for_every_name(framework_name):
    assert entries_for(framework_name).keys() == OURS.keys()


def test_the_page_lists_every_custom_property():
    defined = set(re.findall(r"^ +(--passkeys-[\w-]+):", CSS, re.MULTILINE))
    assert set(re.findall(r"`(--passkeys-[\w-]+)`", PAGE)) == defined


def test_the_page_lists_every_tag():
    from passkeys_django.templatetags.passkeys import register

    assert set(register.tags) == set(re.findall(r"^\| `\{% (\w+)", PAGE, re.MULTILINE))


def test_the_page_names_every_block_of_our_frame():
    blocks = set(re.findall(r"\{% block (\w+) %\}", (TEMPLATES / "base.html").read_text()))
    assert blocks == set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))


@pytest.mark.django_db
def test_the_template_in_between_passes_on_all_that_the_pages_fill(settings, tmp_path, user):
    (between,) = re.findall(r"```django\n(\{% extends .*?)```", PAGE, re.DOTALL)
    frame = [f"<{n}>{{% block {n} %}}ours{{% endblock %}}</{n}>" for n in ("heading", "head", "main")]
    (tmp_path / "base.html").write_text("".join(frame))
    (tmp_path / "between.html").write_text(between)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    settings.PASSKEY_BASE_TEMPLATE = "between.html"

    html = Browser().sign_in(user).client.get("/passkeys/").content.decode()

    assert "<heading>Your passkeys</heading>" in html
    assert re.search(r"<head>ours(<link [^>]*passkeys(_button)?\.css[^>]*>\s*){2}</head>", html)
    assert re.search(r"<main>.*<h1[^>]*>Your passkeys</h1>.*</main>", html, re.DOTALL)


def test_the_page_names_templates_that_exist():
    named = set(re.findall(r"`(?:passkeys_django/)?(\w+\.html)`", PAGE)) - {"base.html"}
    assert {name for name in named if not (TEMPLATES / name).exists()} == set()


def test_a_login_view_is_a_login_page_with_passkeys(rf):
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    [block] = [code for code in blocks if "as_view" in code]
    names = {}
    exec(compile(block, "docs/templates.md", "exec"), names)

    response = names["urlpatterns"][0].callback(rf.get("/accounts/login/")).render()

    assert 'autocomplete="username webauthn"' in response.content.decode()


def test_the_defaults_are_as_the_page_says():
    rows = dict(re.findall(r"^\| `PASSKEY_(\w+)` \| `([^`]+)`", PAGE, re.MULTILINE))
    assert rows
    for name, default in rows.items():
        assert repr(getattr(passkey_settings, name.lower())).replace("'", '"') == default
