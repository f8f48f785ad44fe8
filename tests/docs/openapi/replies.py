"""Whatever an operation of openapi.json may answer, and what leads to it."""

import uuid

from django.contrib.auth import get_user_model
from django.test import Client

from passkeys_django.conf import RATE_LIMITS
from passkeys_django.models import Passkey, UserHandle
from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import ORIGIN, PASSWORD, Browser, make_passkey, moved_clock
from tests.docs.openapi.document import OPERATIONS, READING, assert_described, assert_taken

AS_JSON = {"accept": "application/json"}
STARTS = ["start-login", "start-registration", "start-signup"]
FINALIZES = ["finalize-login", "finalize-registration", "finalize-signup"]
ENDPOINTS = [*STARTS, *FINALIZES, "accepted-credentials"]
FORMS = ["rename", "remove", "confirm", "not-now", "end-sessions"]
BODIES = {
    "rename": {"name": "Laptop"},
    "confirm": {"password": PASSWORD},
    "start-signup": {get_user_model().USERNAME_FIELD: "lin@example.com"},
}
HTML = "(a page)"
MIDDLEWARE = "passkeys_django.middleware.RemovedPasskeyMiddleware"


class Visit:
    """Somebody signed in who has a passkey, in a browser, and who asks for JSON."""

    def __init__(self, user, settings, fake):
        self.user, self.settings, self.fake = user, settings, fake
        settings.PASSKEY_REAUTHENTICATION_AGE = 3600
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
        settings.PASSKEY_CONFIRM_METHOD = "any"  # a visitor signs in by password, and has a passkey
        settings.PASSKEY_SIGNUP_FORM = "passkeys_django.signup.PasskeySignupForm"
        self.browser = Browser().sign_in(user)
        self.client = self.browser.client

    @property
    def authenticator(self):
        return self.browser.authenticator

    def path(self, name, passkey_id=None):
        passkey = Passkey.objects.first()
        return "/passkeys" + OPERATIONS[name][0].format(passkey_id=passkey_id or (passkey and passkey.pk))

    def post(self, name, body=None, *, client=None, content_type="application/json", method="post", **extra):
        """Send what the operation wants; for most of them, that is a POST."""
        if name in READING and method == "post":
            return (client or self.client).get(self.path(name), headers=AS_JSON | extra)
        body = BODIES.get(name, "") if body is None else body
        send = getattr(client or self.client, method)
        passkey_id = extra.pop("passkey_id", None)
        return send(self.path(name, passkey_id), body, content_type=content_type, headers=AS_JSON, **extra)

    def options(self, name, **body):
        body = body or BODIES.get(name, {})
        response = self.post(name, body)
        assert response.status_code == 200, response.content
        assert_described(response)
        assert_taken(name, body)
        return response.json()

    def credential(self, kind, **overrides):
        """The answer to a new start of this kind of ceremony."""
        if kind != "login":
            device = SoftwareAuthenticator(origin=ORIGIN) if self.authenticator.credentials else self.authenticator
            return device.create(self.options(f"start-{kind}"), **overrides)
        return self.authenticator.get(self.options("start-login"), **overrides)

    def registered(self):
        assert self.post("finalize-registration", self.credential("registration")).status_code == 201
        return self

    def full(self, count=20):
        for _ in range(count):
            make_passkey(self.user)
        return self


SCENARIOS = {}
"""What leads to a reply, by operation, status and code; and what it is named after in the document."""


def reply(status, code, *names):
    def register(scenario):
        for name in names:
            assert (name, status, code) not in SCENARIOS
            SCENARIOS[name, status, code] = scenario
        return scenario

    return register


# Successes


@reply(200, None, *STARTS)
def _a_start(visit, name):
    visit.registered()
    return visit.post(name)


@reply(201, None, "finalize-registration", "finalize-signup")
@reply(200, None, "finalize-login")
def _a_ceremony(visit, name):
    if name == "finalize-login":
        visit.registered()
    credential = visit.credential(name.removeprefix("finalize-"))
    assert_taken(name, credential)
    return visit.post(name, credential)


@reply(200, None, "accepted-credentials", "rename", "confirm", *READING)
@reply(204, None, "remove", "not-now", "end-sessions")
def _what_needs_no_ceremony(visit, name):
    visit.registered()
    if name in BODIES:
        assert_taken(name, BODIES[name])
    return visit.post(name)


# Requests that are none


@reply(400, "invalid_request", *STARTS, *FINALIZES, "rename", "confirm")
def _no_json_object(visit, name):
    visit.registered()
    return visit.post(name, "[]")


@reply(400, "invalid_request", "accepted-credentials")
def _a_length_that_is_no_number(visit, name):
    return visit.post(name, CONTENT_LENGTH="long")


@reply(405, "invalid_request", *ENDPOINTS)
@reply(405, None, *FORMS, *READING)
def _another_method(visit, name):
    visit.registered()
    return visit.post(name, method="put")


@reply(413, "invalid_request", *ENDPOINTS, "rename", "confirm")
def _a_large_body(visit, name):
    visit.registered()
    return visit.post(name, b" " * 65_537)


@reply(415, "invalid_request", *ENDPOINTS)
def _a_form(visit, name):
    return visit.post(name, "a=b", content_type="application/x-www-form-urlencoded")


# Who may not


@reply(401, "not_authenticated", "start-registration", "finalize-registration", "accepted-credentials", *FORMS)
@reply(401, "not_authenticated", "list")
def _nobody(visit, name):
    visit.registered()
    return visit.post(name, client=Client())


@reply(401, "not_authenticated", "start-login", "finalize-login")
def _nobody_confirms(visit, name):
    visit.registered()
    credential = visit.authenticator.get(visit.options("start-login", purpose="confirm"))
    visit.client.cookies.pop("sessionid")
    return visit.post(name, {"purpose": "confirm"} if name == "start-login" else credential)


@reply(403, "csrf_failed", *ENDPOINTS)
@reply(403, HTML, *FORMS)
def _no_csrf_token(visit, name):
    visit.registered()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = visit.client.cookies
    return visit.post(name, client=strict)


@reply(403, "csrf_failed", "csrf-token")
def _a_page_of_a_stranger(visit, name):
    return visit.post(name, origin="https://stranger.example")


def acting_as(visit):
    """A session in which somebody else, who is unknown here, acts as the visitor: django-hijack's mark."""
    session = visit.client.session
    session["hijack_history"] = ["0"]
    session.save()


@reply(
    403,
    "acting_as_another",
    *["start-login", "finalize-login", "start-registration", "finalize-registration", "accepted-credentials"],
    *["rename", "remove", "confirm", "end-sessions"],
)
def _as_somebody_else(visit, name):
    visit.registered()
    if name.endswith("login"):
        options = visit.options("start-login", purpose="confirm")
        body = visit.authenticator.get(options) if name == "finalize-login" else {"purpose": "confirm"}
    else:
        body = None
    acting_as(visit)
    return visit.post(name, body)


@reply(403, "reauthentication_required", "start-registration", "finalize-registration", "remove", "end-sessions")
def _too_late(visit, name):
    visit.registered()
    visit.settings.PASSKEY_REAUTHENTICATION_AGE = 0
    return visit.post(name)


@reply(404, HTML, "rename", "remove")
def _nobodys_passkey(visit, name):
    return visit.post(name, passkey_id=uuid.uuid4())


@reply(404, HTML, "start-signup", "finalize-signup")
def _where_nobody_signs_up(visit, name):
    visit.settings.PASSKEY_SIGNUP_FORM = None
    return visit.post(name)


@reply(404, HTML, "end-sessions")
def _where_no_session_would_notice(visit, name):
    visit.settings.MIDDLEWARE = [path for path in visit.settings.MIDDLEWARE if path != MIDDLEWARE]
    return visit.post(name)


@reply(429, "throttled", *ENDPOINTS, "rename", "remove", "confirm", "end-sessions")
def _too_often(visit, name):
    visit.registered().full(1)
    visit.settings.PASSKEY_RATE_LIMITS = dict.fromkeys(RATE_LIMITS) | {name: "1/d"}
    visit.post(name)
    return visit.post(name)


# Ceremonies


@reply(400, "invalid_credential", *FINALIZES)
def _no_credential(visit, name):
    return visit.post(name, {})


def _kind(name):
    return name.removeprefix("finalize-")


@reply(400, "ceremony_not_found", *FINALIZES)
def _not_begun_here(visit, name):
    return visit.post(name, visit.registered().credential(_kind(name), challenge="A" * 43))


@reply(400, "ceremony_expired", *FINALIZES)
def _begun_long_ago(visit, name):
    credential = visit.registered().credential(_kind(name))
    with moved_clock(601):
        return visit.post(name, credential)


@reply(409, "ceremony_used", *FINALIZES)
def _twice(visit, name):
    credential = visit.registered().credential(_kind(name))
    cookies = {key: morsel.value for key, morsel in visit.client.cookies.items() if key.startswith("passkey_")}
    assert visit.post(name, credential).status_code < 300
    visit.client.cookies.load(cookies)
    return visit.post(name, credential)


@reply(403, "unknown_passkey", "finalize-login")
def _forgotten(visit, name):
    credential = visit.registered().credential("login")
    assert visit.full(1).post("remove", passkey_id=Passkey.objects.earliest("created_at").pk).status_code == 204
    return visit.post(name, credential)


@reply(403, "login_failed", "finalize-login")
def _a_wrong_signature(visit, name):
    return visit.post(name, visit.registered().credential("login", tamper_signature=True))


@reply(403, "login_failed", "confirm")
def _a_wrong_password(visit, name):
    return visit.post(name, {"password": "wrong"})


@reply(409, "passkey_exists", "finalize-registration", "finalize-signup")
def _somebodys_already(visit, name):
    credential = visit.credential(_kind(name))
    make_passkey(visit.user, credential_id=credential["id"])
    return visit.post(name, credential)


@reply(409, "passkey_limit_reached", "start-registration", "finalize-registration")
def _as_many_as_one_may_have(visit, name):
    credential = visit.credential("registration")
    visit.full()
    return visit.post(name, credential if name.startswith("finalize") else None)


@reply(409, "last_passkey", "remove")
def _the_only_way_in(visit, name):
    visit.registered()
    visit.user.set_unusable_password()
    visit.user.save()
    assert visit.post("finalize-login", visit.credential("login")).status_code == 200
    return visit.post(name)


# Hanko's side


def _at_hanko(visit, name, **faults):
    visit.registered()
    credential = visit.credential(_kind(name)) if name.startswith("finalize") else None
    for fault, value in faults.items():
        setattr(visit.fake.faults, fault, value)
    return visit.post(name, credential)


@reply(502, "provider_error", *ENDPOINTS)
def _an_answer_that_nobody_expects(visit, name):
    return _at_hanko(visit, name, status=409)


@reply(204, None, "accepted-credentials")
def _asked_quietly_in_an_outage(visit, name):
    return _asked_in_an_outage(visit, quiet=True)


def _asked_in_an_outage(visit, **body):
    UserHandle.objects.for_user(visit.user)
    visit.fake.faults.drop = True
    assert_taken("accepted-credentials", body)
    return visit.post("accepted-credentials", body)


@reply(503, "provider_unavailable", *ENDPOINTS)
def _an_outage(visit, name):
    if name == "accepted-credentials":  # of somebody without passkeys here, who may have one there
        return _asked_in_an_outage(visit)
    return _at_hanko(visit, name, drop=True)
