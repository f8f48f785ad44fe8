"""Links, codes and the second step: whatever is sent there, the answer is documented and never a 500."""

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import PASSWORD, Browser
from tests.enrolment.holder import new_link
from tests.fuzz.answers import assert_documented, assert_form
from tests.fuzz.effort import EXAMPLES
from tests.fuzz.mutations import mutated, mutations
from tests.fuzz.site import undone, visitors
from tests.fuzz.test_credentials import forget_ceremonies
from tests.fuzz.values import content_types, json_values, texts, wild_bodies

pytestmark = pytest.mark.django_db
FORMS = {"recovery-codes": 201, "recover": 202, "end-sessions": 204, "add-device": 200}
MIDDLEWARE = [f"passkeys_django.middleware.{name}Middleware" for name in ("RemovedPasskey", "PasskeyPolicy")]


@pytest.fixture
def by_link(site):
    """A browser that has opened a link for the site's user."""
    _enrolment, secret = new_link(site.user)
    browser = Browser()
    browser.client.get(f"/passkeys/enrol/{secret}/")
    return browser


@pytest.fixture
def guarded(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, *MIDDLEWARE]


@pytest.fixture
def waiting(site, settings, guarded):
    """The browser of somebody who has typed their password, and owes the second step."""
    settings.PASSKEY_POLICY = {"everybody": {"password": "second-step"}}
    browser = Browser().sign_in(site.user)
    browser.authenticator = site.authenticator
    assert browser.client.get("/passkeys/")["Location"].startswith("/passkeys/second-step/")
    return browser


def send(client, name, body, content_type="application/json"):
    headers = {"accept": "application/json"}
    return client.generic("POST", f"/passkeys/{name}/", body, content_type=content_type, headers=headers)


@pytest.mark.parametrize("name", ["start-enrolment", "finalize-enrolment"])
@EXAMPLES
@given(body=wild_bodies, content_type=content_types)
def test_a_link_survives_every_body(by_link, name, body, content_type):
    with undone():
        response = by_link.client.generic("POST", f"/passkeys/{name}", body, content_type=content_type)

    assert_documented(response, *([] if name.startswith("finalize") else [200]))
    forget_ceremonies(by_link.client)


@EXAMPLES
@given(changes=mutations)
def test_a_link_survives_mutated_credentials(by_link, changes):
    as_before = deepcopy(by_link.client.cookies)
    options = by_link.post("start-enrolment").json()
    credential = mutated(by_link.authenticator.create(options), changes)

    with undone():
        assert_documented(by_link.post("finalize-enrolment", credential), 201)

    by_link.client.cookies = as_before  # a link that was used is used no more


@pytest.mark.parametrize(("name", "success"), FORMS.items())
@EXAMPLES
@given(visitor=visitors, body=wild_bodies, content_type=content_types)
def test_a_form_survives_every_body(site, guarded, name, success, visitor, body, content_type):
    with undone():
        response = send(site.visitor(visitor, csrf_checks=False), name, body, content_type)

    assert_form(response, content_type, success)


people = st.sampled_from(["ada", "ada@example.com", "eve", "nobody"]) | texts | json_values
codes = st.sampled_from(["0k3m-a7wz-1hh2-9qxe", "0K3M A7WZ", "oooo-llll-iiii-uuuu"]) | texts | json_values
wishes = st.fixed_dictionaries(
    {},
    optional={
        "username": people,
        "code": codes,
        "password": st.just(PASSWORD) | texts | json_values,
        "by_email": st.booleans() | json_values,
        "token": texts | json_values,
    },
)


@EXAMPLES
@given(visitor=visitors, wish=wishes, by_email=st.booleans())
def test_recovery_survives_every_wish(site, settings, visitor, wish, by_email):
    settings.PASSKEY_RECOVERY_BY_EMAIL = by_email
    with undone():
        response = send(site.visitor(visitor, csrf_checks=False), "recover", json.dumps(wish).encode())

    assert_documented(response, 201, 202)


@EXAMPLES
@given(body=wild_bodies, content_type=content_types)
def test_the_second_step_survives_every_body(waiting, body, content_type):
    with undone():
        response = send(waiting.client, "second-step", body, content_type)

    assert_form(response, content_type, None)


@EXAMPLES
@given(changes=mutations)
def test_the_second_step_survives_mutated_credentials(waiting, changes):
    key = waiting.client.cookies["sessionid"].value
    options = waiting.request_options({"purpose": "second-step"})
    credential = json.dumps(mutated(waiting.authenticator.get(options), changes)).encode()

    with undone():
        assert_documented(send(waiting.client, "second-step", credential), 200)

    forget_ceremonies(waiting.client)
    waiting.client.cookies["sessionid"] = key
