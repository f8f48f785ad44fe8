"""Whatever a body holds, every endpoint and form answers with a documented code and never with a 500."""

import json
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from passkeys_django.models import Enrolment, Passkey, RecoveryCode, UserHandle
from passkeys_django.testing.encoding import b64url
from tests.conftest import refusal
from tests.fuzz.answers import assert_documented, assert_form, survived
from tests.fuzz.effort import EXAMPLES
from tests.fuzz.test_credentials import forget_ceremonies
from tests.fuzz.values import content_types, json_values, texts, wild_bodies

pytestmark = pytest.mark.django_db


def send(client, path, body, content_type="application/json", **headers):
    return client.generic("POST", path, body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "name",
    [
        "start-login",
        "finalize-login",
        "start-registration",
        "finalize-registration",
        "accepted-credentials",
        "start-signup",
        "finalize-signup",
        "start-enrolment",
        "finalize-enrolment",
    ],
)
@EXAMPLES
@given(body=wild_bodies, content_type=content_types)
def test_a_json_endpoint_survives_every_body(signed_in, name, body, content_type):
    response = send(signed_in.client, f"/passkeys/{name}", body, content_type)

    assert_documented(response, *([] if name.startswith("finalize") else [200]))
    assert not Passkey.objects.exists()
    forget_ceremonies(signed_in.client)


@EXAMPLES
@given(name=st.one_of(texts, json_values))
def test_a_sign_up_survives_every_name(client, name):
    body = json.dumps({get_user_model().USERNAME_FIELD: name})

    assert_documented(send(client, "/passkeys/start-signup", body), 200)
    forget_ceremonies(client)


@EXAMPLES
@given(
    cookie=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=';,"\\'), max_size=300)
)
def test_a_json_endpoint_survives_every_cookie(registered, cookie):
    options = registered.request_options()
    [name] = [name for name in registered.client.cookies if name.startswith("passkey_")]
    registered.client.cookies[name] = cookie

    response = survived(registered.post("finalize-login", registered.authenticator.get(options)))

    assert refusal(response) == (400, "ceremony_not_found")
    forget_ceremonies(registered.client)


good_names = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=110)
names = st.one_of(
    st.fixed_dictionaries({"name": good_names}),
    st.fixed_dictionaries({"name": json_values}),
    st.dictionaries(texts, json_values, max_size=3),
)


@EXAMPLES
@given(data=st.data())
def test_rename_survives_every_body(signed_in, data):
    passkey = stored(signed_in)
    body = data.draw(st.one_of(names.map(lambda value: json.dumps(value).encode()), wild_bodies))
    content_type = data.draw(content_types)

    response = send(
        signed_in.client, f"/passkeys/{passkey.pk}/rename/", body, content_type, accept="application/json"
    )

    assert_form(response, content_type, 200)
    passkey.refresh_from_db()
    assert 1 <= len(passkey.name) <= 100


@EXAMPLES
@given(body=wild_bodies, content_type=content_types)
def test_remove_survives_every_body(signed_in, body, content_type):
    passkey = stored(signed_in)

    response = send(
        signed_in.client, f"/passkeys/{passkey.pk}/remove/", body, content_type, accept="application/json"
    )

    assert_form(response, content_type, 204)


@EXAMPLES
@given(body=wild_bodies, content_type=content_types)
def test_not_now_survives_every_body(signed_in, body, content_type):
    response = send(signed_in.client, "/passkeys/not-now", body, content_type, accept="application/json")

    assert_form(response, content_type, 204)


recoveries = st.dictionaries(
    st.sampled_from(["username", "code", "password", "by_email", "token", "passkey"]), json_values
).map(lambda members: json.dumps(members).encode())


@pytest.mark.parametrize("name", ["recover/", "second-step/", "required/", "recovery-codes/", "add-device/"])
@EXAMPLES
@given(body=st.one_of(recoveries, wild_bodies), content_type=content_types)
def test_a_page_for_strangers_survives_every_body(client, db, name, body, content_type):
    response = survived(send(client, f"/passkeys/{name}", body, content_type, accept="application/json"))

    assert response.status_code < 500
    assert not Enrolment.objects.exists()
    assert not RecoveryCode.objects.exists()


@pytest.mark.parametrize("action", ["rename", "remove"])
@EXAMPLES
@given(
    passkey_id=st.one_of(st.uuids().map(str), texts, st.just("../start-login")),
    accept=st.sampled_from(["application/json", "text/html", "*/*", "", "x", "application/json;q=9", ",;="]),
)
def test_a_form_survives_every_passkey_and_every_accept(signed_in, action, passkey_id, accept):
    path = f"/passkeys/{passkey_id.encode('utf-8', 'replace').decode()}/{action}/"

    response = survived(send(signed_in.client, path, b"{}", accept=accept))

    assert response.status_code in (302, 404, 405)


def stored(browser):
    """The only passkey of the signed-in user, made anew if it was removed."""
    return Passkey.objects.first() or Passkey.objects.create(
        user_id=UserHandle.objects.for_user(_user(browser)).user_id,
        rp_id="testserver",
        user_handle=b"handle",
        credential_id=b64url(uuid.uuid4().bytes),
        public_key=b"",
        name="Passkey",
    )


def _user(browser):
    return get_user_model().objects.get(pk=browser.user_id)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("start-login", "invalid_request"),
        ("finalize-login", "invalid_request"),
        ("start-registration", "not_authenticated"),
        ("finalize-registration", "invalid_request"),
        ("accepted-credentials", "not_authenticated"),
        ("start-signup", "invalid_request"),
        ("finalize-signup", "invalid_request"),
    ],
)
@pytest.mark.parametrize("body", [b"[", b"\xff", b"[]", b"1"])
def test_nobody_signed_in_gets_the_same_care(name, code, body):
    assert refusal(send(Client(), f"/passkeys/{name}", body))[1] == code
