"""Whatever `second-step/` may answer, and what leads to it."""

from django.test import Client

from passkeys_django.conf import RATE_LIMITS
from passkeys_django.models import Passkey
from tests.conftest import Browser, make_passkey, moved_clock
from tests.docs.openapi.document import assert_taken
from tests.docs.openapi.replies import HTML, POLICY_MIDDLEWARE, reply

SECOND_STEP = "second-step"
POLICY = {"everybody": {"password": "second-step"}}


def waits(visit):
    """They have typed their password, and nothing else yet."""
    visit.registered()
    visit.settings.MIDDLEWARE = [*visit.settings.MIDDLEWARE, POLICY_MIDDLEWARE]
    visit.settings.PASSKEY_POLICY = POLICY
    return waits_again(visit)


def waits_again(visit):
    """The same in a new session. The cookies of ceremonies are still there."""
    cookies = ceremony_cookies(visit)
    visit.client = visit.browser.client = Browser().sign_in(visit.user).client
    visit.client.cookies.load(cookies)
    assert visit.post("list").json()["code"] == "second_step_required"
    return visit


def ceremony_cookies(visit):
    return {key: morsel.value for key, morsel in visit.client.cookies.items() if key.startswith("passkey_")}


def answer(visit, **overrides):
    return visit.authenticator.get(visit.options("start-login", purpose="second-step"), **overrides)


@reply(200, None, SECOND_STEP)
def _the_step(visit, name):
    credential = answer(waits(visit))
    assert_taken(name, credential)
    response = visit.post(name, credential)
    assert visit.post("list").status_code == 200
    return response


@reply(400, "invalid_request", SECOND_STEP)
def _no_json_object(visit, name):
    return waits(visit).post(name, "[]")


@reply(400, "invalid_credential", SECOND_STEP)
def _no_credential(visit, name):
    return waits(visit).post(name, {})


@reply(400, "ceremony_not_found", SECOND_STEP)
def _a_login_that_is_no_second_step(visit, name):
    return waits(visit).post(name, visit.authenticator.get(visit.options("start-login")))


@reply(400, "ceremony_expired", SECOND_STEP)
def _begun_long_ago(visit, name):
    waits(visit)
    with moved_clock(-601):
        credential = answer(waits_again(visit))
    return waits_again(visit).post(name, credential)


@reply(401, "not_authenticated", SECOND_STEP)
def _nothing_waits(visit, name):
    return visit.post(name, client=Client())


@reply(403, "unknown_passkey", SECOND_STEP)
def _forgotten(visit, name):
    credential = answer(waits(visit))
    make_passkey(visit.user, user_verified=True)
    Passkey.objects.filter(credential_id=credential["id"]).delete()
    return visit.post(name, credential)


@reply(403, "login_failed", SECOND_STEP)
def _a_wrong_signature(visit, name):
    return visit.post(name, answer(waits(visit), tamper_signature=True))


@reply(403, HTML, SECOND_STEP)
def _no_csrf_token(visit, name):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = waits(visit).client.cookies
    return visit.post(name, client=strict)


@reply(405, None, SECOND_STEP)
def _another_method(visit, name):
    return waits(visit).post(name, method="put")


@reply(409, "ceremony_used", SECOND_STEP)
def _twice(visit, name):
    credential = answer(waits(visit))
    cookies = ceremony_cookies(visit)
    assert visit.post(name, credential).status_code == 200
    waits_again(visit).client.cookies.load(cookies)
    return visit.post(name, credential)


@reply(413, "invalid_request", SECOND_STEP)
def _a_large_body(visit, name):
    return waits(visit).post(name, b" " * 65_537)


@reply(429, "throttled", SECOND_STEP)
def _too_often(visit, name):
    waits(visit).settings.PASSKEY_RATE_LIMITS = dict.fromkeys(RATE_LIMITS) | {"finalize-login": "1/d"}
    visit.post(name, {})
    return visit.post(name, {})


@reply(502, "provider_error", SECOND_STEP)
def _an_answer_that_nobody_expects(visit, name):
    credential = answer(waits(visit))
    visit.fake.faults.status = 409
    return visit.post(name, credential)


@reply(503, "provider_unavailable", SECOND_STEP)
def _an_outage(visit, name):
    credential = answer(waits(visit))
    visit.fake.faults.drop = True
    return visit.post(name, credential)
