"""The browser and the system that a request says it comes from."""

import pytest
from django.test import RequestFactory

from passkeys_django.http.user_agent import BROWSERS, SYSTEMS, browser_and_system

KHTML = "(KHTML, like Gecko)"
ON_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"
ON_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
REAL = {
    f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 {KHTML} Chrome/140.0.0.0 Safari/537.36": "Chrome, Linux",
    f"{ON_WINDOWS} {KHTML} Chrome/140.0.0.0 Safari/537.36 Edg/140.0": "Edge, Windows",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox, macOS",
    f"{ON_IPHONE} {KHTML} Version/18.0 Safari/604.1": "Safari, iOS",
    f"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 {KHTML} Chrome/140.0.0.0 Mobile Safari/537.36": (
        "Chrome, Android"
    ),
}


def found(text):
    names = browser_and_system(RequestFactory().get("/", headers={"User-Agent": text}))
    return names and "{browser}, {system}".format(**names)


@pytest.mark.parametrize(("text", "names"), REAL.items(), ids=list(REAL.values()))
def test_the_common_browsers_are_told_apart(text, names):
    assert found(text) == names


@pytest.mark.parametrize("text", ["", "curl/8.0", "Chrome/1", "Linux", "x" * 600 + " Chrome/1 Linux"])
def test_nothing_is_claimed_of_what_is_unknown(text):
    assert found(text) is None


def test_no_word_of_the_header_comes_into_the_name():
    names = found("<script>\x01Chrome/1 Linux\u202e" + "y" * 9000)
    assert names == "Chrome, Linux"
    assert set(names.split(", ")) <= {*BROWSERS.values(), *SYSTEMS.values()}
