"""The check of the script's address, with `--deploy` only: will browsers run the script?"""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from ..check_ids import SCRIPT_ON_ANOTHER_ORIGIN
from ..conf import mistake_in, passkey_settings


def check_script_origin(**_kwargs: Any) -> list[CheckMessage]:
    """A browser runs a module of another origin only if that server allows it (CORS)."""
    parts = urlsplit(_script_url())
    origin = f"{parts.scheme or 'https'}://{parts.netloc}"
    if not parts.netloc or _origins_of_pages() == {origin}:
        return []
    return [
        Warning(
            f"The script is on {origin}, where browsers run the script only if that server allows it.",
            hint=f"Let {origin} answer with 'Access-Control-Allow-Origin: *' for passkeys_django/, then silence "
            "this check. Or serve static files on the site's own origin.",
            id=SCRIPT_ON_ANOTHER_ORIGIN,
        )
    ]


def _script_url() -> str:
    """As the pages name the script. A storage may have an address of its own, whatever STATIC_URL says."""
    try:
        return static("passkeys_django/passkeys.js")
    except (ImproperlyConfigured, ValueError):  # no STATIC_URL; a manifest that `collectstatic` has yet to write
        return settings.STATIC_URL or ""


def _origins_of_pages() -> set[str]:
    if mistake_in("origins") or mistake_in("rp_id"):
        return set()
    origins = passkey_settings.origins or (f"https://{passkey_settings.rp_id}",)
    return {origin for origin in origins if origin.startswith("http")}


DEPLOYMENT = (check_script_origin,)
