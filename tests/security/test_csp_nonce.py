"""Under a Content-Security-Policy: scripts and stylesheets carry the site's nonce; nothing else needs one."""

import re

import pytest
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.urls import reverse

from tests.conftest import Browser, make_passkey

pytestmark = pytest.mark.django_db
HEADER = "Content-Security-Policy"
DJANGO = "django.middleware.csp.ContentSecurityPolicyMiddleware"
DJANGO_CSP = "csp.middleware.CSPMiddleware"
NONCE = re.compile(r"'nonce-([\w+/=-]+)'")


@pytest.fixture(params=["Django", "django-csp"])
def site(request, settings):
    """A site whose policy has a nonce, made by either."""
    if request.param == "Django":
        csp = pytest.importorskip("django.utils.csp", reason="Django 6 has a middleware of its own").CSP
        templates = settings.TEMPLATES[0]
        options = templates["OPTIONS"]
        processors = [*options["context_processors"], "django.template.context_processors.csp"]
        settings.TEMPLATES = [{**templates, "OPTIONS": {**options, "context_processors": processors}}]
        settings.SECURE_CSP = {"script-src": [csp.NONCE], "style-src": [csp.NONCE], "default-src": [csp.NONE]}
        middleware = DJANGO
    else:
        nonce = pytest.importorskip("csp.constants").NONCE
        directives = {"script-src": [nonce], "style-src": [nonce], "default-src": ["'none'"]}
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives}
        middleware = DJANGO_CSP
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, middleware]


@pytest.fixture
def client(user):
    return Browser().sign_in(user).client


def tags(html):
    """Scripts that run and stylesheets, as the attributes of their tags."""
    found = re.findall(r"<(?:script|link) ([^>]*)>", html)
    return [attributes for attributes in found if "application/json" not in attributes]


@pytest.mark.parametrize(("page", "count"), [("list", 5), ("remove", 2)])
def test_d21_all_that_a_page_loads_carries_the_nonce_of_the_policy(site, client, user, page, count):
    arguments = [make_passkey(user).pk] if page == "remove" else []

    response = client.get(reverse(f"passkeys:{page}", args=arguments))

    (nonce,) = set(NONCE.findall(response[HEADER]))
    loaded = tags(response.content.decode())
    assert len(loaded) == count
    assert all(f'nonce="{nonce}"' in attributes for attributes in loaded)


def test_each_page_has_a_nonce_of_its_own(site, client):
    first, second = (NONCE.search(client.get("/passkeys/")[HEADER])[1] for _ in range(2))
    assert first != second


@pytest.mark.parametrize("page", ["list", "remove"])
def test_d21_without_a_policy_there_is_no_nonce(client, user, page):
    arguments = [make_passkey(user).pk] if page == "remove" else []
    assert "nonce" not in client.get(reverse(f"passkeys:{page}", args=arguments)).content.decode()


@pytest.mark.parametrize("page", ["list", "remove"])
def test_d21_nothing_is_inline(client, user, page):
    arguments = [make_passkey(user).pk] if page == "remove" else []
    html = client.get(reverse(f"passkeys:{page}", args=arguments)).content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
    assert all("src=" in attributes or "href=" in attributes for attributes in tags(html))


TAGS = ["{% passkey_login_button %}", '{% include "passkeys_django/stylesheet.html" %}']


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("in_context", [True, False])
def test_a_tag_finds_the_nonce_in_the_context_or_on_the_request(tag, in_context):
    request = RequestFactory().get("/")
    if not in_context:
        request.csp_nonce = "a<b"
    context = RequestContext(request, {"csp_nonce": "a<b"} if in_context else {})
    found = tags(Template("{% load passkeys %}" + tag).render(context))
    assert found
    assert all(attributes.endswith(' nonce="a&lt;b"') for attributes in found)


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_needs_no_request(tag):
    assert "nonce" not in Template("{% load passkeys %}" + tag).render(Context())
