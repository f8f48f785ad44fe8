"""All that a login page loads of the script stays small, as written and as it travels."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders


@pytest.fixture
def script() -> str:
    return Path(finders.find("passkeys_django/passkeys.js")).read_text(encoding="utf-8")


def test_the_script_is_small_as_written(script: str) -> None:
    assert len(script.encode()) <= 23_000


def test_the_script_is_small_as_it_travels(script: str) -> None:
    # As servers do, most of them. 500 bytes of it tell people what they wait for, and when a refusal ends.
    assert len(gzip.compress(script.encode(), compresslevel=6)) <= 7_500


def test_the_script_is_readable(script: str) -> None:
    assert max(map(len, script.splitlines())) <= 120
    assert len(script) / len(script.splitlines()) < 60


def test_the_script_for_signing_up_is_smaller_still() -> None:
    script = Path(finders.find("passkeys_django/passkeys_signup.js")).read_text(encoding="utf-8")
    assert len(gzip.compress(script.encode(), compresslevel=6)) <= 1_500


def test_the_script_for_links_is_small_too() -> None:
    script = Path(finders.find("passkeys_django/passkeys_enrol.js")).read_text(encoding="utf-8")
    assert len(gzip.compress(script.encode(), compresslevel=6)) <= 1_700
    assert not re.search(r"\beval\(|new Function|innerHTML", script)


def test_the_script_for_the_offer_is_small_too() -> None:
    script = Path(finders.find("passkeys_django/passkeys_offer.js")).read_text(encoding="utf-8")
    assert len(gzip.compress(script.encode(), compresslevel=6)) <= 2_000
    assert not re.search(r"\beval\(|new Function|innerHTML", script)


def test_the_script_for_signed_forms_is_small_too() -> None:
    script = Path(finders.find("passkeys_django/passkeys_sign.js")).read_text(encoding="utf-8")
    assert len(gzip.compress(script.encode(), compresslevel=6)) <= 1_200
    assert not re.search(r"\beval\(|new Function|innerHTML", script)


def test_what_a_front_end_takes_over_is_small_too(script: str) -> None:
    api = Path(finders.find("passkeys_django/passkeys_api.js")).read_text(encoding="utf-8")
    assert len(script.encode() + api.encode()) <= 35_000
    assert sum(len(gzip.compress(each.encode(), compresslevel=6)) for each in (script, api)) <= 11_500
    assert max(map(len, api.splitlines())) <= 120
    assert not re.search(r"\beval\(|new Function|innerHTML|toJSON", api)


def test_the_script_does_without_what_policies_and_password_managers_break(script: str) -> None:
    code = re.sub(r"/\*.*?\*/", "", script, flags=re.DOTALL)
    assert not re.search(r"\beval\(|new Function|innerHTML|toJSON|\bimport\b", code)
