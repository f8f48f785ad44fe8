"""Every answer is counted, and holds what we promise."""

import re
from collections import Counter

from tests.conftest import refusal

COUNTS = Counter()
"""Answers by path and status: `make fuzz` shows them."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def survived(response):
    """The response, which is no error of the server."""
    assert response.status_code < 500, response.content
    path = _UUID.sub("<uuid>", response.request["PATH_INFO"])
    COUNTS[path if response.status_code != 404 else "(no such page)", response.status_code] += 1
    return response


def assert_documented(response, *successes):
    """One of these statuses, or a problem document with a documented code; never kept in a cache."""
    survived(response)
    assert response["Cache-Control"] == "no-store"
    if response.status_code not in successes:
        refusal(response)


def assert_form(response, content_type, success):
    """Django itself answers to a form that cannot be read, and in HTML."""
    if response.status_code == 400 and content_type.split(";")[0] in FORMS and "html" in response["Content-Type"]:
        survived(response)
    else:
        assert_documented(response, success)
