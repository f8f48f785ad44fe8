"""Whatever an operation of openapi.json may answer, and what leads to it."""

import uuid
from datetime import timedelta
from unittest.mock import Mock, patch

from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.core.signing import TimestampSigner
from django.test import Client, RequestFactory
from django.utils import timezone

from passkeys_django.conf import RATE_LIMITS
from passkeys_django.models import Passkey, UserHandle
from passkeys_django.sessions.second_step import issue_token
from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import ORIGIN, PASSWORD, Browser, make_passkey, moved_clock
from tests.docs.openapi.document import OPERATIONS, READING, assert_described, assert_taken
from tests.enrolment.holder import new_link

AS_JSON = {"accept": "application/json"}
STARTS = ["start-login", "start-registration", "start-signup", "start-enrolment"]
FINALIZES = ["finalize-login", "finalize-registration", "finalize-signup", "finalize-enrolment"]
ENDPOINTS = [*STARTS, *FINALIZES, "accepted-credentials"]
FORMS = ["rename", "remove", "confirm", "not-now", "end-sessions"]
RECOVERY = ["recovery-codes", "recover"]
"""Pages for people, too, which scripts GET as well."""
BODIES = {
    "rename": {"name": "Laptop"},
    "confirm": {"password": PASSWORD},
    "recover": {"username": "somebody", "code": "0k3m-a7wz-1hh2-9qxe", "password": PASSWORD},
    "start-signup": {get_user_model().USERNAME_FIELD: "lin@example.com"},
}
HTML = "(a page)"
BY_EMAIL = {"by_email": True}
MIDDLEWARE = "passkeys_django.middleware.RemovedPasskeyMiddleware"
POLICY_MIDDLEWARE = "passkeys_django.middleware.PasskeyPolicyMiddleware"


class Visit:
    """Somebody signed in who has a passkey, in a browser, and who asks for JSON."""

    def __init__(self, user, settings, fake):
        self.user, self.settings, self.fake = user, settings, fake
        settings.PASSKEY_REAUTHENTICATION_AGE = 3600
        settings.PASSKEY_CONFIRM_METHOD = "any"  # scenarios are short: a password is enough beside a passkey
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
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
        if name.endswith("enrolment") and client is None:
            self.opens_a_link()
        return send(self.path(name, passkey_id), body, content_type=content_type, headers=AS_JSON, **extra)

    def opens_a_link(self, **more):
        """A new one each time: a passkey that was made since has ended the last one."""
        _enrolment, secret = new_link(self.user, **more)
        self.client.get(f"/passkeys/enrol/{secret}/")

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
        """They have confirmed with the passkey: whatever a passkey is wanted for, they may do."""
        assert self.post("finalize-registration", self.credential("registration")).status_code == 201
        self.browser.confirm()
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


@reply(201, None, "finalize-registration", "finalize-signup", "finalize-enrolment")
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


@reply(400, "invalid_request", *STARTS, *FINALIZES, "rename", "confirm", "recover")
def _no_json_object(visit, name):
    visit.registered()
    return visit.post(name, "[]")


@reply(400, "invalid_request", "accepted-credentials")
def _a_length_that_is_no_number(visit, name):
    return visit.post(name, CONTENT_LENGTH="long")


@reply(405, "invalid_request", *ENDPOINTS)
@reply(405, None, *FORMS, *RECOVERY, *READING)
def _another_method(visit, name):
    visit.registered()
    return visit.post(name, method="put")


@reply(413, "invalid_request", *ENDPOINTS, "rename", "confirm", "recover")
def _a_large_body(visit, name):
    visit.registered()
    return visit.post(name, b" " * 65_537)


@reply(415, "invalid_request", *ENDPOINTS)
def _a_form(visit, name):
    return visit.post(name, "a=b", content_type="application/x-www-form-urlencoded")


# Who may not


@reply(401, "not_authenticated", "start-registration", "finalize-registration", "accepted-credentials", *FORMS)
@reply(401, "not_authenticated", "list", "add-device-state", "recovery-codes")
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
@reply(403, HTML, *FORMS, *RECOVERY)
def _no_csrf_token(visit, name):
    visit.registered()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = visit.client.cookies
    return visit.post(name, client=strict)


def parked(visit, policy):
    """Somebody has shown only a password, and the policy asks for more."""
    visit.settings.MIDDLEWARE = [*visit.settings.MIDDLEWARE, POLICY_MIDDLEWARE]
    visit.settings.PASSKEY_POLICY = {"everybody": policy}
    return Browser().sign_in(visit.user).client


@reply(403, "second_step_required", "list")
def _a_second_step_is_due(visit, name):
    visit.registered()
    return visit.post(name, client=parked(visit, {"password": "second-step"}))


@reply(403, "passkey_required", "list")
def _a_passkey_is_due(visit, name):
    return visit.post(name, client=parked(visit, {"passkey": "required"}))


@reply(403, "csrf_failed", "csrf-token", "script-config")
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
    *["rename", "remove", "confirm", "end-sessions", *RECOVERY],
)
def _as_somebody_else(visit, name):
    visit.registered()
    if name.endswith("login"):
        options = visit.options("start-login", purpose="confirm")
        body = visit.authenticator.get(options) if name == "finalize-login" else {"purpose": "confirm"}
    else:
        body = BY_EMAIL if name == "recover" else None
    acting_as(visit)
    return visit.post(name, body)


@reply(
    403,
    "reauthentication_required",
    *["start-registration", "finalize-registration", "remove", "end-sessions", *RECOVERY],
)
def _too_late(visit, name):
    visit.registered()
    visit.settings.PASSKEY_REAUTHENTICATION_AGE = 0
    return visit.post(name, BY_EMAIL if name == "recover" else None)


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


@reply(429, "throttled", *ENDPOINTS, "rename", "remove", "confirm", "end-sessions", *RECOVERY)
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


def _second_step(visit):
    """The body of a start, after a right password."""
    request = RequestFactory().get("/")
    visit.user.backend = "django.contrib.auth.backends.ModelBackend"
    token = issue_token(request, visit.user)
    visit.client.cookies.load(request.COOKIES)
    return {"purpose": "second-step", "token": token}


@reply(400, "ceremony_not_found", "start-login")
def _no_token(visit, name):
    return visit.post(name, {"purpose": "second-step", "token": "none"})


@reply(400, "ceremony_expired", "start-login")
def _a_password_of_six_minutes_ago(visit, name):
    body = _second_step(visit)
    with patch("passkeys_django.sessions.second_step.MAX_AGE", -1):
        return visit.post(name, body)


@reply(403, "login_failed", "start-login")
def _nothing_for_a_second_step(visit, name):
    return visit.post(name, _second_step(visit))


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


ENROLMENTS = ["start-enrolment", "finalize-enrolment"]


@reply(403, "enrolment_invalid", *ENROLMENTS)
def _without_a_link(visit, name):
    return visit.post(name, client=Client())


@reply(403, "enrolment_not_yet", *ENROLMENTS)
def _a_link_for_tomorrow(visit, name):
    visit.opens_a_link(not_before=timezone.now() + timedelta(days=1))
    return visit.post(name, client=visit.client)


@reply(403, "login_failed", *ENROLMENTS)
def _refused_by_the_site(visit, name):
    refuse = Mock(side_effect=ValidationError("Not today. Come back tomorrow."))
    form = type("RefusingForm", (AuthenticationForm,), {"confirm_login_allowed": refuse})
    with patch.object(LoginView, "form_class", form):
        return visit.post(name)


@reply(403, "login_failed", "confirm")
def _a_wrong_password(visit, name):
    return visit.post(name, {"password": "wrong"})


@reply(409, "passkey_exists", "finalize-registration", "finalize-signup", "finalize-enrolment")
def _somebodys_already(visit, name):
    credential = visit.credential(_kind(name))
    make_passkey(visit.user, credential_id=credential["id"])
    return visit.post(name, credential)


@reply(409, "passkey_limit_reached", "start-registration", "finalize-registration")
@reply(409, "passkey_limit_reached", "start-enrolment", "finalize-enrolment")
def _as_many_as_one_may_have(visit, name):
    credential = visit.credential(name.rpartition("-")[2])
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


# Recovery


@reply(201, None, "recovery-codes")
def _ten_codes(visit, name):
    return visit.post(name)


@reply(201, None, "recover")
def _a_code(visit, name):
    [code, *_others] = visit.post("recovery-codes").json()["codes"]
    body = {"username": visit.user.get_username(), "code": code, "password": PASSWORD}
    assert_taken(name, body)
    return visit.post(name, body)


@reply(202, None, "recover")
def _a_link(visit, name):
    assert_taken(name, BY_EMAIL)
    visit.settings.PASSKEY_RECOVERY_BY_EMAIL = True
    stranger = visit.post(name, {**BY_EMAIL, "username": "somebody"}, client=Client())
    assert_described(stranger)
    setattr(visit.user, visit.user.get_email_field_name(), "ada@example.com")
    visit.user.save()
    return visit.post(name, BY_EMAIL)


@reply(400, "ceremony_not_found", "recover")
def _a_token_of_nobody(visit, name):
    return visit.post(name, {**BY_EMAIL, "token": "x"})


@reply(400, "ceremony_expired", "recover")
def _a_token_of_long_ago(visit, name):
    token = TimestampSigner(salt="passkeys_django.second_step").sign_object({})
    with moved_clock(601):
        return visit.post(name, {**BY_EMAIL, "token": token})


@reply(401, "not_authenticated", "recover")
def _a_link_for_nobody(visit, name):
    return visit.post(name, BY_EMAIL, client=Client())


@reply(403, "recovery_failed", "recover")
def _a_wrong_code(visit, name):
    return visit.post(name)


@reply(403, "recovered_recently", "recovery-codes", "remove")
def _a_passkey_made_by_email(visit, name):
    old = make_passkey(visit.user, created_at=timezone.now() - timedelta(days=1))
    visit.registered()
    assert visit.post("finalize-login", visit.credential("login")).status_code == 200
    UserHandle.objects.update(recovered_at=timezone.now())
    return visit.post(name, passkey_id=old.pk)


@reply(404, HTML, *RECOVERY)
def _where_there_are_no_codes(visit, name):
    visit.settings.PASSKEY_RECOVERY_CODES = False
    return visit.post(name)
