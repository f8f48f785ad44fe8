"""The check of the Android apps that the site names at `/.well-known/assetlinks.json`."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.urls import Resolver404, resolve

from ..check_ids import ANDROID_ORIGIN_MISSING
from ..conf import mistake_in, passkey_settings
from ..protocol.domains import android_origin


def check_android_apps(**_kwargs: Any) -> list[CheckMessage]:
    """Each certificate that AssetLinksView names signs with an origin in PASSKEY_ORIGINS."""
    if mistake_in("origins"):
        return []
    return [
        Warning(
            f"An Android app ({package}) is in assetlinks.json, but its passkeys are refused: the origin of the "
            f"certificate {fingerprint[:11]}… is not in PASSKEY_ORIGINS.",
            hint=f"Add {android_origin(fingerprint)!r} to PASSKEY_ORIGINS, beside the origins of the web pages.",
            id=ANDROID_ORIGIN_MISSING,
        )
        for package, fingerprint in _certificates()
        if android_origin(fingerprint) not in passkey_settings.origins
    ]


def _certificates() -> Iterator[tuple[str, str]]:
    """Package and fingerprint of each certificate, as the site's URLconf gives them to AssetLinksView."""
    try:
        view: Any = resolve("/.well-known/assetlinks.json").func
    except (Resolver404, AttributeError):  # AttributeError: Django's own check names the entry of urlpatterns
        return
    if getattr(getattr(view, "view_class", None), "names_android_apps", False):
        for package, fingerprints in view.view_initkwargs["apps"].items():
            yield from ((package, fingerprint) for fingerprint in fingerprints)
