"""D14: another site makes the victim's browser post to the pages of this part."""

import json

import pytest
from django.test import Client

from passkeys_django.models import Enrolment, PasskeyEvent, UserHandle
from tests.conftest import ORIGIN, Browser
from tests.enrolment.holder import new_link
from tests.recovery.conftest import make_person
from tests.security.test_csrf import ATTACKS, SITE_CSRF, token_of

pytestmark = pytest.mark.django_db
POSTS = [
    *("start-enrolment", "finalize-enrolment", "add-device/", "recovery-codes/", "recover/"),
    *("end-sessions/", "confirm/", "required/", "second-step/", "enrol/cancel/{}/"),
]
KINDS = {"a form": "application/x-www-form-urlencoded", "text": "text/plain", "JSON": "application/json"}
WANTED = {"by_email": "1", "sign_in_again": "1", "password": "correct horse battery staple"}


@pytest.fixture
def user(db):
    return make_person()


@pytest.fixture(params=[True, False], ids=["with the site's middleware", "without"])
def victim(request, user, settings):
    """Somebody signed in a moment ago, who has opened a link."""
    ours = "passkeys_django.middleware.RemovedPasskeyMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, ours]
    if not request.param:
        settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if path != SITE_CSRF]
    browser = Browser(Client(enforce_csrf_checks=True)).sign_in(user)
    browser.enrolment, secret = new_link(user)
    browser.client.get(f"/passkeys/enrol/{secret}/")
    return browser


def body_of(kind):
    return "by_email=1&sign_in_again=1&password=x" if kind == "a form" else json.dumps(WANTED)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("url", POSTS)
def test_d14_a_post_from_elsewhere_does_nothing(victim, user, url, kind):
    token = token_of(victim.client)
    handle = UserHandle.objects.for_user(user)
    before = victim.client.session.session_key, PasskeyEvent.objects.count(), Enrolment.objects.count()
    path = f"/passkeys/{url.format(victim.enrolment.cancel_token)}"

    for headers in ATTACKS.values():
        sent = {**headers, **({"X-CSRFToken": token} if headers.get("X-CSRFToken") == "good" else {})}
        response = victim.client.post(
            path, body_of(kind), content_type=KINDS[kind], secure=True, headers={"Referer": f"{ORIGIN}/x", **sent}
        )
        assert response.status_code in (400, 403, 415), (headers, response)

    assert (victim.client.session.session_key, PasskeyEvent.objects.count(), Enrolment.objects.count()) == before
    victim.enrolment.refresh_from_db()
    assert (victim.enrolment.used_at, victim.enrolment.cancelled_at) == (None, None)
    assert UserHandle.objects.get(pk=handle.pk).sessions_ended_at is None
    assert not user.passkey_recovery_codes.exists()


@pytest.mark.parametrize("url", ["add-device/", "recovery-codes/", "end-sessions/", "enrol/cancel/{}/"])
def test_d14_the_same_from_a_page_of_the_site_gets_through(victim, url):
    """So it was the missing token that stopped the others."""
    path = f"/passkeys/{url.format(victim.enrolment.cancel_token)}"
    headers = {"X-CSRFToken": token_of(victim.client), "Origin": ORIGIN}

    response = victim.client.post(path, secure=True, headers=headers)

    assert response.status_code in (200, 302)
