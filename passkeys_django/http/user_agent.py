"""The browser and the system that a request names as its own, for a name that people recognise.

Anybody can send any header, so nothing may depend on the answer. The answer has words of our own lists only,
whatever the header is.
"""

from django.http import HttpRequest

MAX_LENGTH = 512
BROWSERS = {
    "Edg/": "Edge",
    "EdgA/": "Edge",
    "EdgiOS/": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Vivaldi/": "Vivaldi",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Version/": "Safari",
}
"""By a part of the header User-Agent. The first part that is found counts: most browsers name others, too."""

SYSTEMS = {
    "CrOS": "ChromeOS",
    "Android": "Android",
    "iPhone": "iOS",
    "iPad": "iPadOS",
    "Windows NT": "Windows",
    "Macintosh": "macOS",
    "Linux": "Linux",
}


def browser_and_system(request: HttpRequest) -> dict[str, str] | None:
    """The names as `{"browser", "system"}`, for example Chrome and Linux; None unless both are known."""
    text = request.headers.get("User-Agent", "")[:MAX_LENGTH]
    found = {"browser": _first(BROWSERS, text), "system": _first(SYSTEMS, text)}
    return found if all(found.values()) else None


def _first(names: dict[str, str], text: str) -> str:
    return next((name for part, name in names.items() if part in text), "")
