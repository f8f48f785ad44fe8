"""Every text of ours in every language that we ship, none missing and no placeholder broken."""

import os
import re
import shutil
from io import StringIO
from pathlib import Path

import polib
import pytest
from django.core.management import call_command
from django.utils import translation
from django.utils.translation import gettext

PACKAGE = Path(__file__).resolve().parent.parent / "passkeys_django"
LANGUAGES = ["ar", "de", "es", "fr", "it", "ja", "nl", "pt_BR", "zh_Hans"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
MARKUP = re.compile(r"</?\w+[^>]*>")


def catalogue(language, suffix="po"):
    path = PACKAGE / f"locale/{language}/LC_MESSAGES/django.{suffix}"
    return (polib.pofile if suffix == "po" else polib.mofile)(str(path))


def texts(entry):
    """A message's translations, each with the originals that it may be measured by."""
    if entry.msgid_plural:
        return [(text, [entry.msgid, entry.msgid_plural]) for text in entry.msgstr_plural.values()]
    return [(entry.msgstr, [entry.msgid])]


def as_written(entry):
    return entry.msgctxt, entry.msgid, entry.msgstr, entry.msgstr_plural


def originals(entries):
    return {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in entries}


def test_these_are_the_languages():
    assert sorted(path.name for path in (PACKAGE / "locale").iterdir()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_untranslated(language):
    entries = catalogue(language)
    assert len(entries) > 100
    unfinished = [
        entry.msgid
        for entry in entries
        if entry.obsolete or entry.fuzzy or not all(text.strip() for text, _ in texts(entry))
    ]
    assert unfinished == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pattern", [PLACEHOLDER, MARKUP], ids=["placeholders", "markup"])
def test_placeholders_and_markup_are_kept(language, pattern):
    broken = [
        text
        for entry in catalogue(language)
        for text, originals in texts(entry)
        if sorted(pattern.findall(text)) not in [sorted(pattern.findall(original)) for original in originals]
    ]
    assert broken == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_form_is_there(language):
    entries = catalogue(language)
    forms = int(re.search(r"nplurals=(\d)", entries.metadata["Plural-Forms"])[1])
    assert {len(entry.msgstr_plural) for entry in entries if entry.msgid_plural} == {forms}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language):
    written = sorted(map(str, map(as_written, catalogue(language))))
    assert sorted(map(str, map(as_written, catalogue(language, "mo")))) == written


@pytest.mark.parametrize("language", LANGUAGES)
def test_django_speaks_it(language):
    with translation.override(translation.to_language(language)):
        assert gettext("Sign in with a passkey") != "Sign in with a passkey"


def test_the_catalogues_hold_exactly_the_texts_of_the_code(tmp_path, monkeypatch):
    if not shutil.which("xgettext"):
        assert not os.environ.get("CI"), "this test needs gettext"
        pytest.skip("no xgettext on PATH")
    ignore = shutil.ignore_patterns("locale", "__pycache__", "static")
    copy = shutil.copytree(PACKAGE, tmp_path / "passkeys_django", ignore=ignore)
    (copy / "locale").mkdir()
    monkeypatch.chdir(copy)
    call_command("makemessages", locale=["de"], verbosity=0, stdout=StringIO())
    extracted = originals(polib.pofile(str(copy / "locale/de/LC_MESSAGES/django.po")))
    for language in LANGUAGES:
        assert originals(catalogue(language)) == extracted, language
