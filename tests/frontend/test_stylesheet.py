"""passkeys.css: contrast in both schemes, either direction, and nothing of the site touched."""

import re
from pathlib import Path

import pytest

import passkeys_django

STATIC = Path(passkeys_django.__file__).parent / "static" / "passkeys_django"
CSS = (STATIC / "passkeys.css").read_text()
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
    selectors = re.findall(r"([^{};]+)\{", re.sub(r"@supports [^{]*\{", "", RULES))
    each = {part.strip() for selector in selectors for part in selector.split(",")}
    assert {selector for selector in each if not selector.startswith((".passkeys", ":where(:root)"))} == set()


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


def test_nothing_moves():
    assert not re.search(r"transition|animation", RULES)


def test_it_is_small():
    assert len(CSS.encode()) < 8000
