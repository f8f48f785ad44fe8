"""Every block of code in the pages is one that its language can read: Python, JSON, YAML and templates."""

import ast
import json
import textwrap

import pytest
import yaml
from django.template import Engine

from tests.docs.pages import blocks

BLOCKS = blocks()
#: What the blocks load. A block that is a part of a page may leave its `{% load %}` to the page.
LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "passkeys": "passkeys_django.templatetags.passkeys",
    "static": "django.templatetags.static",
}


def of(*languages):
    return [block for block in BLOCKS if block.language in languages]


def test_the_pages_are_read():
    assert len(of("python", "settings")) > 100
    assert len(of("django", "html")) > 20
    assert len(of("json")) > 20


@pytest.mark.parametrize("block", of("python", "settings"), ids=str)
def test_python_can_be_compiled(block):
    if not block.text.startswith("--8<--"):
        compile(textwrap.dedent(block.text), str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("block", of("django", "html"), ids=str)
def test_a_template_can_be_compiled(block):
    Engine(libraries=LIBRARIES, builtins=[*LIBRARIES.values()]).from_string(block.text)


@pytest.mark.parametrize("block", of("json"), ids=str)
def test_json_can_be_read(block):
    json.loads(block.text)


@pytest.mark.parametrize("block", of("yaml"), ids=str)
def test_yaml_can_be_read(block):
    assert yaml.safe_load(block.text)
