"""The description of the JSON endpoints (OpenAPI 3.1), with the addresses and names of this site."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from ..frontend.script_config import csrf_header
from ..http.urls import reverse_or_none


@login_not_required
@require_safe
def openapi(_request: HttpRequest) -> HttpResponse:
    """A site that wants to show it to everybody adds `path("passkeys/openapi.json", openapi)`."""
    return JsonResponse(_of_this_site(_shipped()))


@cache
def _shipped() -> str:
    return files("passkeys_django").joinpath("openapi.json").read_text(encoding="utf-8")


def _of_this_site(text: str) -> dict[str, Any]:
    """The document, where it names what the settings and the URLconf of a site decide."""
    document: dict[str, Any] = json.loads(text)
    components = document["components"]
    document["servers"] = [{"url": (reverse_or_none("passkeys:list") or "/").rstrip("/") or "/"}]
    components["parameters"]["CSRFToken"]["name"] = csrf_header()
    components["securitySchemes"]["session"]["name"] = settings.SESSION_COOKIE_NAME
    return document
