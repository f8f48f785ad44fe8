"""WhiteNoise serves the script under names with a hash, and the modules find one another."""

import json
import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
SIGNUP = "/passkeys/signup/"


def modules(page):
    """The URLs of the page's modules."""
    return re.findall(r'<script type="module" src="([^"]+)"', page)


def get(url):
    response = Client().get(url, headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200, url
    response.close()
    return response


@pytest.fixture
def signup_page():
    return Client().get(SIGNUP).content.decode()


def test_every_file_of_a_page_has_a_name_with_a_hash_and_is_kept_for_ever(signup_page):
    urls = [*modules(signup_page), *re.findall(r'<link rel="stylesheet" href="([^"]+)"', signup_page)]

    assert {re.sub(r"\.[0-9a-f]{12}\.", ".", url) for url in urls} == {
        "/static/passkeys_django/missing.css",
        "/static/passkeys_django/passkeys.css",
        "/static/passkeys_django/passkeys_button.css",
        "/static/passkeys_django/passkeys.js",
        "/static/passkeys_django/passkeys_signup.js",
    }
    for url in urls:
        response = get(url)
        assert "immutable" in response["Cache-Control"]
        assert response["Content-Encoding"] == "gzip"


def test_modules_have_the_type_that_browsers_demand(signup_page):
    assert {get(url)["Content-Type"].split(";")[0] for url in modules(signup_page)} == {"text/javascript"}


def test_one_module_imports_the_other_by_the_name_that_the_page_uses(signup_page):
    """By another name it would be a second module, with a state of its own."""
    config = re.search(r'<script id="passkeys-config" type="application/json"[^>]*>(.*?)</script>', signup_page)[1]

    assert json.loads(config)["urls"]["script"] == modules(signup_page)[0]
