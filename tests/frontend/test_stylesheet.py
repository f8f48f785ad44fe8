"""Our stylesheets: contrast in both schemes, either direction, and nothing of the site touched."""

import re
from pathlib import Path

import pytest

import passkeys_django
from tests.conftest import Browser

STATIC = Path(passkeys_django.__file__).parent / "static" / "passkeys_django"
BUTTON, PAGES = ((STATIC / name).read_text() for name in ("passkeys_button.css", "passkeys.css"))
CSS = BUTTON + PAGES
RULES = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
BOTH = {name: pair for name, *pair in re.findall(r"--passkeys-([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", RULES)}
PLAIN = dict(re.findall(r"--passkeys-([\w-]+): (#\w{6});", RULES))
PHYSICAL = r"\b(left|right|top|bottom)\b|(?<![\w-])(min-|max-)?(width|height):"
TEXT, OTHER = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
CONTRASTS = [
    ("text", "background", TEXT),
    ("text", "surface", TEXT),
    ("text", "notice", TEXT),
    ("muted", "surface", TEXT),
    ("danger", "surface", TEXT),
    ("danger", "background", TEXT),
    ("accent", "surface", TEXT),
    ("accent", "background", TEXT),
    ("on-accent", "accent", TEXT),
    ("outline", "surface", OTHER),
    ("outline", "background", OTHER),
    ("focus", "surface", OTHER),
    ("focus", "background", OTHER),
]


def luminance(colour):
    """WCAG 2.2, relative luminance of #rrggbb."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), CONTRASTS)
def test_what_is_to_be_seen_stands_out(front, back, least, scheme):
    assert contrast(BOTH[front][scheme], BOTH[back][scheme]) >= least


def test_old_browsers_get_the_light_colours():
    assert {name: light for name, (light, _dark) in BOTH.items()} == PLAIN


def test_every_property_that_is_used_is_defined():
    used = set(re.findall(r"var\(--passkeys-([\w-]+)\)", RULES))
    defined = set(re.findall(r"^ +--passkeys-([\w-]+):", RULES, re.MULTILINE))
    assert used == defined


def test_every_rule_is_about_ours():
    rules = re.sub(r"@keyframes (.*?\n)\}\n", "", RULES, flags=re.DOTALL)
    selectors = re.findall(r"([^{};]+)\{", re.sub(r"@(supports|media) [^{]*\{", "", rules))
    each = {part.strip() for selector in selectors for part in selector.split(",")}
    ours = re.compile(r"""\.passkeys|^\[class\*="passkeys-"\]|^\[data-passkeys\]\[hidden\]$|^:where\(:root\)$""")
    assert {selector for selector in each if not ours.search(selector)} == set()


def test_the_admins_login_page_does_without_classes_which_a_site_may_change():
    admin = re.sub(r"/\*.*?\*/", "", (STATIC / "admin.css").read_text(), flags=re.DOTALL)
    assert "[data-passkey-login]" in admin
    pages = {
        ".login",
        ".login-page",
        ".grp-login",
        ".bg",
    }  # Django's and unfold's, jazzmin's, grappelli's, simpleui's
    assert set(re.findall(r"\.[a-z][\w-]*", admin)) == pages


def test_only_logical_sides_so_that_right_to_left_needs_nothing():
    assert not re.search(PHYSICAL, RULES)


def test_nothing_moves_but_the_ring_of_a_button_that_waits_and_not_where_people_want_no_motion():
    assert not re.search(r"transition|animation", re.sub(r"/\*.*?\*/", "", PAGES, flags=re.DOTALL))
    moving = re.findall(r"@media \(prefers-reduced-motion: no-preference\) \{.*?\n\}\n", BUTTON, re.DOTALL)
    assert "passkeys-turn" in "".join(moving)
    assert BUTTON.count("passkeys-turn") == "".join(moving).count("passkeys-turn") + 1  # its keyframes
    keyframes = re.findall(r"@keyframes (\S+) (\{.*?\n\})", BUTTON, re.DOTALL)
    assert {name for name, rule in keyframes if "rotate" in rule} == {"passkeys-turn"}


def test_they_are_small():
    assert len(BUTTON.encode()) < 8000
    assert len(PAGES.encode()) < 8000


@pytest.mark.django_db
def test_a_site_whose_tags_bring_no_stylesheet_keeps_the_colours_of_our_pages(settings, tmp_path, user):
    (tmp_path / "passkeys_django").mkdir()
    (tmp_path / "passkeys_django" / "_stylesheet.html").write_text("")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    head, body = Browser().sign_in(user).client.get("/passkeys/").content.decode().split("</head>")
    assert re.findall(r"passkeys_django/(\w+)\.css", head) == ["passkeys_button", "passkeys"]
    assert "passkeys_button.css" not in body
