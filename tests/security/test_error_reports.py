"""D18: what Django's error reports show when one of our views fails, in whatever function.

With DEBUG on, Django shows every variable of every frame by design; so these are the reports of a site in
production, as ADMINS get them by e-mail.
"""

import logging
import sys
from contextlib import contextmanager
from pathlib import Path

import django
import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.core.signals import got_request_exception
from django.template.defaultfilters import pprint
from django.utils.log import AdminEmailHandler
from django.views.debug import ExceptionReporter

import passkeys_django
from passkeys_django.models import Passkey
from tests.conftest import make_user

pytestmark = pytest.mark.django_db
PACKAGE = Path(passkeys_django.__file__).parent
OURS, FOR_TESTS = f"{PACKAGE}/", f"{PACKAGE / 'testing'}/"


class Failure(Exception):
    """Nobody expects it."""


@contextmanager
def tracing(on_line):
    """Call `on_line(file, function, line number)` before each line of ours."""

    def trace(frame, event, _argument):
        file = frame.f_code.co_filename
        if not file.startswith(OURS) or file.startswith(FOR_TESTS):
            return None
        if event == "line":
            on_line(file, frame.f_code.co_qualname, frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def last_lines(action):
    """The last line that each function came to, where it has most variables."""
    lines = {}
    with tracing(lambda file, function, line: lines.update({(file, function): line})):
        assert action().status_code in (200, 201)
    return [(*function, line) for function, line in lines.items()]


def failing_at(place, action):
    """Do it, and fail just before this line."""
    pending = [place]

    def fail(*here):
        if pending and here == place:
            pending.pop()
            raise Failure

    with tracing(fail):
        action()


@contextmanager
def frames_of_reports():
    """What Django would tell of each failure: the variables of its frames, as text."""
    frames = []

    def report(request, **_kwargs):
        for frame in ExceptionReporter(request, *sys.exc_info()).get_traceback_frames():
            shown = [(name, pprint(value)) for name, value in frame["vars"]]  # as Django does
            frames.append((frame["function"], repr(shown)))

    got_request_exception.connect(report)
    try:
        yield frames
    finally:
        got_request_exception.disconnect(report)


def fail_everywhere(browser, prepare, finish, secrets_watch):
    """Every function of ours fails once; the frames of the reports hold no secret. Gives the number of reports."""
    browser.client.raise_request_exception = False
    body = prepare()
    lines = last_lines(lambda: finish(body))
    failures = 0
    for place in lines:
        cache.clear()  # a fetch of Hanko's keys that failed would be waited for
        body = prepare()
        with frames_of_reports() as frames:
            failing_at(place, lambda body=body: finish(body))
        failures += bool(frames)
        leaks = [(place, function, kinds) for function, text in frames if (kinds := secrets_watch.found_in(text))]
        assert leaks == []
    return failures


@pytest.fixture(params=["embedded", "hanko"])
def provider(request):
    return request.getfixturevalue("hanko_site") if request.param == "hanko" else None


def test_d18_j17_a_login_that_fails_in_any_function_reports_no_secret(provider, registered, secrets_watch):
    def prepare():
        registered.client.logout()
        return registered.authenticator.get(registered.request_options())

    def finish(credential):
        return registered.post("finalize-login", credential)

    assert fail_everywhere(registered, prepare, finish, secrets_watch) > 50


def test_d18_j17_a_registration_that_fails_in_any_function_reports_no_secret(provider, signed_in, secrets_watch):
    def prepare():
        signed_in.authenticator.credentials.clear()
        signed_in.client.cookies = type(signed_in.client.cookies)()
        signed_in.sign_in(make_user(f"user-{get_user_model().objects.count()}"))
        return signed_in.authenticator.create(signed_in.creation_options())

    def finish(credential):
        return signed_in.post("finalize-registration", credential)

    assert fail_everywhere(signed_in, prepare, finish, secrets_watch) > 50


@pytest.mark.parametrize("start", [None, {"purpose": "confirm"}, "start-registration"], ids=str)
def test_d18_j17_a_start_that_fails_in_any_function_reports_no_secret(provider, signed_in, secrets_watch, start):
    name, body = (start, None) if isinstance(start, str) else ("start-login", start)

    def prepare():
        for cookie in [cookie for cookie in signed_in.client.cookies if cookie.startswith("passkey_")]:
            del signed_in.client.cookies[cookie]

    assert fail_everywhere(signed_in, prepare, lambda _body: signed_in.post(name, body), secrets_watch) > 20


def test_d18_the_e_mail_to_admins_has_no_secret(registered, settings, secrets_watch, monkeypatch):
    """The page of the report as a whole: request, cookies and settings are in it too, masked by their names."""
    settings.ADMINS = ["root@example.com"] if django.VERSION >= (6, 0) else [("Root", "root@example.com")]
    registered.client.raise_request_exception = False
    credential = registered.authenticator.get(registered.request_options())
    monkeypatch.setattr(Passkey, "has_user_handle", lambda *args: 1 / 0)
    reports = logging.getLogger("django.request")
    handler = AdminEmailHandler(include_html=True)
    reports.addHandler(handler)
    try:
        assert registered.post("finalize-login", credential).status_code == 500
    finally:
        reports.removeHandler(handler)

    reported = "".join(
        message.body + "".join(html for html, _type in message.alternatives) for message in mail.outbox
    )
    assert "in _check_handle" in reported
    assert '<table class="vars"' in reported
    assert secrets_watch.found_in(reported) == set()


def test_d18_settings_that_make_no_provider_report_no_key(client, settings, secrets_watch):
    key = "an API key of more than twenty characters"
    secrets_watch.note("API key", key)
    options = {"api_key": key, "tenantid": "misspelt"}
    path = "passkeys_django.providers.hanko.HankoProvider"
    settings.PASSKEY_PROVIDERS = {"default": {"PROVIDER": path, "OPTIONS": options}}
    client.raise_request_exception = False

    with frames_of_reports() as frames:
        assert client.post("/passkeys/start-login", content_type="application/json").status_code == 500

    assert frames
    assert [function for function, text in frames if secrets_watch.found_in(text)] == []
