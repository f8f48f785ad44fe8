"""PASSKEY_BASE_TEMPLATE: what the pages extend, and what `manage.py check` says about it."""

import pytest
from django.core.checks import ERROR
from django.urls import reverse

from passkeys_django.checks.base_template import check_base_template
from tests.conftest import Browser, make_passkey

SITE = """<html><title>{% block title %}{% endblock %}</title>
{% block extra_head %}<link href="site.css">{% endblock %}
<body>The site {% block content %}{% endblock %}</body></html>"""


@pytest.fixture
def templates(settings, tmp_path):
    """A function that gives the site templates and says which of them is the base."""

    def write(setting, /, **sources):
        for name, source in sources.items():
            (tmp_path / f"{name}.html").write_text(source)
        settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
        settings.PASSKEY_BASE_TEMPLATE = setting

    return write


def complaint():
    """What the check says, in one line; None if it is content."""
    found = check_base_template()
    if not found:
        return None
    (message,) = found
    assert (message.id, message.level) == ("passkeys_django.E014", ERROR)
    assert "docs/templates.md" in message.hint
    return message.msg


@pytest.mark.django_db
@pytest.mark.parametrize(("page", "title"), [("list", "Your passkeys"), ("remove", "Remove a passkey")])
def test_the_pages_extend_the_template_that_the_setting_names(templates, user, page, title):
    templates("site.html", site=SITE)
    arguments = [make_passkey(user).pk] if page == "remove" else []

    html = Browser().sign_in(user).client.get(reverse(f"passkeys:{page}", args=arguments)).content.decode()

    assert html.startswith(f"<html><title>{title}</title>")
    assert "The site" in html
    ours = '<link rel="stylesheet" href="/static/passkeys_django/passkeys_button.css">'
    assert f'<link href="site.css">{ours}' in html
    assert "passkeys-page" not in html


def test_ours_is_a_good_base():
    assert complaint() is None


def test_a_template_that_is_not_there_is_told(settings):
    settings.PASSKEY_BASE_TEMPLATE = "no/such.html"
    assert "cannot extend PASSKEY_BASE_TEMPLATE 'no/such.html'" in complaint()
    assert "there is no template" in complaint()


GOOD = {
    "the block itself": {"base": "{% block content %}{% endblock %}"},
    "the block in another": {"base": "{% block body %}{% block content %}{% endblock %}{% endblock %}"},
    "the block under a condition": {"base": "{% if user %}{% block content %}{% endblock %}{% endif %}"},
    "the parent's block": {"base": '{% extends "site.html" %}', "site": SITE},
    "in a block of the parent's": {
        "base": '{% extends "root.html" %}{% block main %}{% block content %}{% endblock %}{% endblock %}',
        "root": "{% block main %}{% endblock %}",
    },
    "a parent known at run time": {"base": "{% extends frame %}"},
}
BAD = {
    "no block": ({"base": "<html></html>"}, "no block called content"),
    "another block": ({"base": "{% block main %}{% endblock %}"}, "no block called content"),
    "a block that the parent has not": (
        {
            "base": '{% extends "root.html" %}{% block content %}{% endblock %}',
            "root": "{% block main %}{% endblock %}",
        },
        "no block called content",
    ),
    "a parent that is not there": ({"base": '{% extends "lost.html" %}'}, "'lost.html'"),
    "a mistake": ({"base": "{% blok content %}"}, "blok"),
}


@pytest.mark.parametrize("sources", GOOD.values(), ids=GOOD.keys())
def test_a_template_that_our_pages_can_fill_is_good(templates, sources):
    templates("base.html", **sources)
    assert complaint() is None


@pytest.mark.parametrize(("sources", "reason"), BAD.values(), ids=BAD.keys())
def test_a_template_that_our_pages_cannot_fill_is_told_with_the_reason(templates, sources, reason):
    templates("base.html", **sources)
    assert reason in complaint()


def test_a_malformed_setting_is_another_checks_business(settings):
    settings.PASSKEY_BASE_TEMPLATE = 5
    assert complaint() is None


def test_a_site_without_djangos_templates_is_left_alone(settings):
    settings.TEMPLATES = []
    assert complaint() is None
