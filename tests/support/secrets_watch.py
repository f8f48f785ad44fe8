"""Watches the whole run of the suite: no secret gets into any log line, and each message of ours is one line.

Secrets are noted where they are made, whatever test makes them, and every log record is read, of every logger and
from DEBUG on. Only Django's own DEBUG records stay off, as Django's default has it: by design, they tell the
parameters of SQL and the contexts of templates.
"""

import logging
import re
import secrets
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

import jwt
import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.signing import Signer
from django.http.response import HttpResponseBase
from django.middleware import csrf

from passkeys_django.enrolment import rules
from passkeys_django.hanko import HankoClient
from passkeys_django.recovery import codes
from passkeys_django.testing import SoftwareAuthenticator
from passkeys_django.testing.encoding import unb64url
from passkeys_django.testing.hanko.keys import SigningKey

WINDOW = 20
"""So many characters from the beginning or the end of a secret are the secret."""
CODE = 19
"""The length of a recovery code, which is looked for as a whole."""
SIGNED = {"clientDataJSON", "authenticatorData", "signature", "attestationObject"}
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
APP_ORIGIN = re.compile('android:apk-key-hash:[^"]*', re.IGNORECASE)
"""No secret: every copy of the app tells its key's hash."""
UNPROPAGATED = ("", "django.server")


class SecretsWatch(logging.Handler):
    """Knows secrets, and finds them in log records and other texts. Notes them first and looks at them later: some
    tests measure time."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self._noted = []
        self._kinds = {}
        self._texts, self._messages = [], []

    def note(self, kind, *texts):
        """Remember these texts. What is shorter than 20 characters is not looked for."""
        self._noted.append((kind, texts))

    def note_code(self, code):
        """Remember a recovery code, as it is shown."""
        self._kinds[code] = "recovery code"

    def emit(self, record):
        self._texts.append(f"{record.name}: {self.format(record)}")
        if record.name.startswith("passkeys_django"):
            self._messages.append(record.getMessage())

    def found_in(self, text):
        """The kinds of secrets in the text."""
        self._learn()
        windows = (text[start : start + size] for size in (WINDOW, CODE) for start in range(len(text) - size + 1))
        return {self._kinds[window] for window in windows if window in self._kinds}

    def take_leaks(self):
        """What was found since the last time, as pairs of kinds and log line."""
        texts, self._texts = self._texts, []
        return [(kinds, text) for text in dict.fromkeys(texts) if (kinds := self.found_in(text))]

    def take_broken_lines(self):
        """Messages of ours since the last time that hold a control character, so that they are not one line."""
        messages, self._messages = self._messages, []
        return [message for message in messages if CONTROL.search(message)]

    def _learn(self):
        while self._noted:
            kind, texts = self._noted.pop()
            if kind in SIGNED:
                texts = [*texts, *(APP_ORIGIN.sub("", repr(unb64url(text))[2:-1]) for text in texts)]
            for secret in texts:
                for part in [secret, *re.split(r"[^\w+/=-]+", secret)]:  # tokens and cookies have several
                    for window in (part[:WINDOW], part[-WINDOW:]):
                        if len(window) == WINDOW and len(set(window)) > 1:  # one byte again and again is no secret
                            self._kinds[window] = kind


def note_credential(watch, credential):
    """What a browser answers with, as it travels and as our dataclasses hold it. Its id is no secret."""
    for name in SIGNED & set(credential["response"]):
        watch.note(name, credential["response"][name])


def note_cookie(watch, _result, _response, key, value="", **_kwargs):
    watch.note(f"cookie {key.partition('_')[0]}", str(value))


def noting_secrets(watch):
    """What `enrolment/rules.py` takes for the module `secrets`: each link's secret is noted."""

    def token_urlsafe(size):
        made = secrets.token_urlsafe(size)
        watch.note("secret of a link", made)
        return made

    return SimpleNamespace(token_urlsafe=token_urlsafe)


def note_api_key(watch, _result, _client, *, api_key=None, **_kwargs):
    watch.note("API key", api_key or "")


@contextmanager
def watching():
    """A watch over everything that happens inside."""
    watch = SecretsWatch()
    watch.note("SECRET_KEY", settings.SECRET_KEY)
    with pytest.MonkeyPatch.context() as patch:

        def whenever(owner, name, note):
            """Call `note` with the result and the arguments of each call."""
            original = getattr(owner, name)

            def noting(*args, **kwargs):
                result = original(*args, **kwargs)
                note(result, *args, **kwargs)
                return result

            patch.setattr(owner, name, noting)

        def note_result(kind):
            return lambda result, *_args, **_kwargs: watch.note(kind, result)

        whenever(jwt, "encode", note_result("token"))
        whenever(SigningKey, "sign", note_result("token"))
        whenever(csrf, "_get_new_csrf_string", note_result("CSRF secret"))
        whenever(csrf, "_mask_cipher_secret", note_result("CSRF token"))
        whenever(SessionBase, "_get_new_session_key", note_result("session key"))
        whenever(SoftwareAuthenticator, "create", lambda result, *_args, **_kw: note_credential(watch, result))
        whenever(SoftwareAuthenticator, "get", lambda result, *_args, **_kw: note_credential(watch, result))
        whenever(Signer, "sign_object", note_result("signed value"))
        whenever(HttpResponseBase, "set_cookie", partial(note_cookie, watch))
        patch.setattr(rules, "secrets", noting_secrets(watch))
        whenever(codes, "_new_code", watch.note_code)
        whenever(HankoClient, "__init__", partial(note_api_key, watch))
        with _attached(watch):
            yield watch


@contextmanager
def _attached(handler):
    root, loggers = logging.getLogger(), [logging.getLogger(name) for name in UNPROPAGATED]
    level = root.level
    root.setLevel(logging.DEBUG)
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        root.setLevel(level)
        for logger in loggers:
            logger.removeHandler(handler)
