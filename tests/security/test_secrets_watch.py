"""The watch over the log lines of the suite sees every kind of secret, so its silence means something."""

import logging
from datetime import timedelta

import pytest
from django.test import Client

from passkeys_django.enrolment import make_enrolment
from passkeys_django.providers import tokens
from passkeys_django.sessions.second_step import issue_token
from passkeys_django.testing.encoding import unb64url
from tests.conftest import ORIGIN, Browser
from tests.recovery.conftest import make_codes
from tests.support.secrets_watch import SecretsWatch

logger = logging.getLogger("passkeys_django.tests")


def embedded_token():
    return tokens.issue_embedded(
        token_type=tokens.LOGIN_TYPE, user_handle=b"handle", credential_id="AAAA", audience="testserver"
    )


def assertion():
    browser = Browser()
    browser.authenticator.create(
        {
            "challenge": "AAAA",
            "rp": {"id": "testserver"},
            "user": {"id": "AAAA"},
            "pubKeyCredParams": [{"alg": -7}],
        }
    )
    return browser.authenticator.get({"challenge": "A" * 43, "rpId": "testserver"})["response"]


def cookies_of_a_start():
    client = Client()
    client.get("/accounts/login/")
    client.post("/passkeys/start-login", content_type="application/json")
    return {name.partition("_")[0]: morsel.value for name, morsel in client.cookies.items()}


SECRETS = {
    "token": embedded_token,
    "signature": lambda: assertion()["signature"],
    "clientDataJSON": lambda: assertion()["clientDataJSON"],
    "authenticatorData": lambda: assertion()["authenticatorData"],
    "signed value": lambda: cookies_of_a_start()["passkey"],
    "CSRF": lambda: cookies_of_a_start()["csrftoken"],
}


SYNONYMS = {
    "signed value": {"signed value", "cookie passkey"},
    "CSRF": {"CSRF secret", "CSRF token", "cookie csrftoken"},
}


@pytest.mark.parametrize(("kind", "make"), SECRETS.items(), ids=SECRETS)
def test_j17_a_secret_in_a_log_line_is_seen(secrets_watch, kind, make):
    secret = make()
    logger.debug("The beginning of it: %s…", secret[:24])
    logger.debug("The end of it: %r", secret[-24:])

    leaks = secrets_watch.take_leaks()

    assert len(leaks) == 2
    assert all(kinds <= SYNONYMS.get(kind, {kind}) for kinds, _line in leaks)


@pytest.mark.django_db
def test_j17_the_key_of_a_session_is_seen(secrets_watch, signed_in):
    logger.warning("session %s", signed_in.client.cookies["sessionid"].value)

    [(kinds, _line)] = secrets_watch.take_leaks()

    assert kinds <= {"session key", "cookie sessionid"}


def test_j17_the_api_key_of_a_tenant_is_seen(secrets_watch, fake_hanko, hanko_site, tenant):
    Browser().request_options()
    logger.info({"apiKey": tenant.api_key})

    [(kinds, _line)] = secrets_watch.take_leaks()

    assert kinds == {"API key"}


def test_j17_a_signature_in_bytes_is_seen(secrets_watch):
    logger.error("%s", {"signature": unb64url(assertion()["signature"])})

    assert secrets_watch.take_leaks()[0][0] == {"signature"}


def test_j17_a_secret_in_an_exception_is_seen(secrets_watch):
    try:
        raise ValueError(embedded_token())
    except ValueError:
        logger.exception("Something failed")

    assert secrets_watch.take_leaks()[0][0] == {"token"}


def test_j17_what_is_no_secret_is_none(secrets_watch):
    embedded_token()
    logger.warning("Passkey login refused (login_failed): wrong signature; %s", ORIGIN)

    assert secrets_watch.take_leaks() == []
    assert secrets_watch.found_in("The quick brown fox jumps over the lazy dog") == set()


@pytest.mark.django_db
def test_j17_a_site_that_logs_its_requests_is_seen(secrets_watch, registered, settings):
    """The whole way, with a middleware that does what it should not."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.talkative"]

    assert registered.other_browser().login(tamper_signature=True).status_code == 403

    kinds = set().union(*(kinds for kinds, _line in secrets_watch.take_leaks()))
    assert kinds >= {"signature", "clientDataJSON", "authenticatorData"}
    assert kinds & {"signed value", "cookie passkey"}


def talkative(get_response):
    def middleware(request):
        logger.info("%s %s %s", request.path, request.body, request.headers)
        return get_response(request)

    return middleware


def test_j17_a_watch_of_its_own_finds_what_it_was_told():
    watch = SecretsWatch()
    watch.note("a code", "ab" * 20, "too short", "a" * 40)
    watch.handle(logging.makeLogRecord({"name": "x", "msg": f"told: {'ab' * 10} too short"}))
    watch.handle(logging.makeLogRecord({"name": "x", "msg": f"told: {'a' * 40}, which is nothing"}))

    assert watch.take_leaks() == [({"a code"}, f"x: told: {'ab' * 10} too short")]
    assert watch.take_leaks() == []


@pytest.mark.parametrize("character", ["\n", "\r", "\x1b", "\x7f", "\x85", "\u2028"], ids=ascii)
def test_a_message_of_ours_with_a_control_character_is_seen(secrets_watch, character):
    logger.info("refused: %s", f"x{character}y")
    logger.info("refused: %r", f"x{character}y")

    assert secrets_watch.take_broken_lines() == [f"refused: x{character}y"]


@pytest.mark.django_db
def test_j17_the_secret_of_a_link_is_seen(secrets_watch, user):
    _enrolment, secret = make_enrolment(user, reason="device", valid_for=timedelta(hours=1))
    logger.info("GET /passkeys/enrol/%s/", secret)

    assert secrets_watch.take_leaks()[0][0] == {"secret of a link"}


@pytest.mark.django_db
def test_j17_a_recovery_code_is_seen(secrets_watch, signed_in):
    [code, *_others] = make_codes(signed_in)
    logger.info("wrong code: %r", code)

    assert secrets_watch.take_leaks()[0][0] == {"recovery code"}


@pytest.mark.django_db
def test_j17_the_token_of_a_second_step_is_seen(secrets_watch, user, rf):
    user.backend = "passkeys_django.backends.PolicyModelBackend"
    logger.info("token=%s", issue_token(rf.get("/"), user))

    assert secrets_watch.take_leaks()[0][0] == {"signed value"}
