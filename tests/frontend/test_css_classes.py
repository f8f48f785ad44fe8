"""`passkeys_django/classes.html`: every class of our templates stands there, and a site's own comes first."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template, TemplateSyntaxError

import passkeys_django
from passkeys_django.frontend import css_classes

TEMPLATES = Path(passkeys_django.__file__).parent / "templates" / "passkeys_django"
STATIC = TEMPLATES.parent.parent / "static" / "passkeys_django"
STYLESHEETS = "".join((STATIC / name).read_text() for name in ("passkeys_button.css", "passkeys.css"))
OURS = dict(re.findall(r"^([a-z_]+): (.+)$", (TEMPLATES / "classes.html").read_text(), re.MULTILINE))
SOURCES = {path.name: path.read_text() for path in TEMPLATES.glob("*.html")}


@pytest.fixture
def site(settings, tmp_path):
    """A function that gives the site a classes.html of its own."""

    def write(text):
        (tmp_path / "passkeys_django").mkdir(exist_ok=True)
        (tmp_path / "passkeys_django" / "classes.html").write_text(text)
        settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    return write


def classes(name):
    return Template('{% load passkeys %}{% passkeys_class "' + name + '" %}').render(Context())


def test_a_name_has_its_classes():
    assert classes("button_quiet") == "passkeys-button passkeys-button-quiet"


def test_a_name_that_nobody_defines_is_an_error_that_names_the_others():
    with pytest.raises(TemplateSyntaxError, match=r"no classes for 'buton', only for .*\bbutton\b"):
        classes("buton")


def test_a_sites_classes_come_first_and_the_rest_stay_ours(site):
    site("{# ours #}\n# a comment: no name\n\n  button: btn hover:bg-blue-700 [&>a]:underline  \nempty:\n")

    assert classes("button") == "btn hover:bg-blue-700 [&amp;&gt;a]:underline"
    assert classes("empty") == ""
    assert classes("card") == "passkeys-card"


@pytest.mark.parametrize("line", ["button btn", "Button: btn", ": btn", "my button: btn"])
def test_a_line_of_another_shape_is_an_error_that_shows_it(site, line):
    site(f"card: card\n{line}\n")
    with pytest.raises(TemplateSyntaxError, match=f"classes.html: .*{line}"):
        classes("card")


def test_the_template_is_read_once(site, monkeypatch):
    site("button: btn")
    assert classes("button") == "btn"
    monkeypatch.setattr(css_classes, "_parse", None)
    assert classes("button") == "btn"


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_our_templates_write_no_class_but_by_name(name):
    written = re.findall(r'class="([^"]*)"', re.sub(r"\{% (if|else|endif)\b[^%]*%\}", "", SOURCES[name]))
    by_name = r"(\{% passkeys_class '[a-z_]+' %\})+|\{\{ message\.tags \}\}"
    assert all(re.fullmatch(by_name, each) for each in written)


def test_each_name_is_defined_and_used():
    used = {name for source in SOURCES.values() for name in re.findall(r"passkeys_class '([a-z_]+)'", source)}
    assert used == OURS.keys()


def test_the_stylesheets_know_the_classes_and_no_others():
    rules = re.sub(r"/\*.*?\*/", "", STYLESHEETS, flags=re.DOTALL)
    styled = set(re.findall(r"\.(passkeys[a-z-]*)", rules))
    assert styled <= {each for value in OURS.values() for each in value.split()}
