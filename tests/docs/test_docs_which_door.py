"""docs/topics/which-door.md: what it names is there, and no page about a way in is forgotten."""

import re

import pytest

from tests.docs.test_docs_security import ROOT

TEXT = (ROOT / "docs/topics/which-door.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`([^`\n]+)`", TEXT)))
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "passkeys_django").rglob("*.py"))
WAYS_IN = (
    "add-to-a-site",
    "api-tokens",
    "beside-django-allauth",
    "django-rest-framework",
    "front-ends",
    "invite-people",
    "known-user",
    "lost-device",
    "native-apps",
    "protocol-of-your-own",
    "recovery",
    "security-keys",
    "sign-up-with-a-passkey",
    "signed-forms",
    "wagtail",
)


def words(name):
    """The words of code in it that must be known: `manage.py passkeys_enrol --create` has two."""
    bare = re.sub(r"manage\.py|[{}%@]", " ", name.removeprefix("passkeys_django."))
    return re.findall(r"[A-Za-z_]{4,}(?:-[a-z]+)*", bare)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_it_names_is_in_the_code(name):
    assert words(name)
    missing = [word for word in words(name) if not re.search(rf"\b{re.escape(word)}\b", SOURCE)]
    assert not missing


def test_it_leads_to_every_page_about_a_way_in():
    assert [page for page in WAYS_IN if f"(../how-to/{page}.md" not in TEXT] == []
