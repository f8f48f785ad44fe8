"""A10, A13: nobody learns from a login whether an account exists, is active or has passkeys."""

import json
import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.models import Passkey, UserHandle
from tests.conftest import Browser, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["embedded", "hanko"])
def provider(request):
    return request.getfixturevalue("hanko_site") if request.param == "hanko" else None


def shape_of(response):
    """All that a stranger sees, but for what is new each time: the challenge and what is signed with it."""
    cookies = [
        (re.sub(r"^passkey_.{22}$", "passkey_…", name), len(morsel.value), {**morsel, "expires": "in a while"})
        for name, morsel in response.cookies.items()
    ]
    content = re.sub(rb'"challenge": "[\w-]{43}"', b'"challenge": "..."', response.content)
    return response.status_code, content, sorted(response.headers.items()), cookies


def post(name, body=None, *, query="", client=None, **headers):
    browser = Browser(client)
    return browser.client.post(
        f"/passkeys/{name}{query}", json.dumps(body or {}), content_type="application/json", headers=headers
    )


# What is sent with a start


def members(user):
    """How a script might say whom it means."""
    passkey, name = Passkey.objects.of(user).first(), user.get_username()
    yield from ({"username": name}, {"user": name}, {"email": name}, {"user_id": str(user.pk)}, {"name": [name]})
    if passkey is not None:
        descriptor = {"type": "public-key", "id": passkey.credential_id}
        yield from ({"allowCredentials": [descriptor]}, {"publicKey": {"allowCredentials": [descriptor]}})
        yield from ({"user_handle": UserHandle.objects.get(user=user).handle}, {"id": passkey.credential_id})


def test_a13_a_start_says_the_same_whoever_is_named(
    provider, registered, user, deactivate, django_assert_num_queries
):
    without = make_user("without-passkeys")
    inactive = make_user("inactive")
    named = [*members(user), *members(without), *members(inactive), *members(get_user_model()(pk=12))]
    deactivate(inactive)
    queries = ["?username=ada", f"?user={user.get_username()}", "?next=/inside/"]

    with django_assert_num_queries(0):
        shapes = [shape_of(post("start-login", body)) for body in [{}, {"username": "nobody"}, *named]]
        shapes += [shape_of(post("start-login", query=query)) for query in queries]
        shapes.append(
            shape_of(post("start-login", **{"X-Username": "ada", "Authorization": "Basic YWRhOmFkYQ=="}))
        )

    assert len(named) > 20
    assert all(shape == shapes[0] for shape in shapes)
    assert b"allowCredentials" not in shapes[0][1]


# What a finalize tells


def wrong_signature(browser):
    return browser.login(tamper_signature=True)


def wrong_handle(browser):
    return browser.login(user_handle=b"somebody else")


def no_handle(browser):
    return browser.login(user_handle=None)


def refused_by_its_provider(browser):
    Passkey.objects.update(refused_at="2026-01-01T00:00Z", provider="hanko:gone")
    return browser.login()


def went_to_somebody_else(browser):
    UserHandle.objects.all().delete()
    Passkey.objects.update(user_handle=b"another")
    return browser.login()


REFUSALS = [
    wrong_signature,
    wrong_handle,
    no_handle,
    refused_by_its_provider,
    went_to_somebody_else,
]


@pytest.mark.parametrize("refused", REFUSALS)
def test_a10_every_refusal_looks_like_that_of_a_user_who_may_not_log_in(registered, user, deactivate, refused):
    response = refused(registered.other_browser())
    Passkey.objects.update(refused_at=None, provider="", user_handle=handle_of(registered))
    deactivate(user)

    inactive = registered.other_browser().login()

    assert inactive.status_code == 403
    assert shape_of(response) == shape_of(inactive)


@pytest.mark.parametrize("overrides", [{"origin": "https://evil.example"}, {"flags": {"uv": False}}], ids=repr)
def test_a10_a_rule_that_is_broken_before_anything_is_looked_up_has_the_same_body(registered, overrides):
    broken, refused = registered.login(**overrides), registered.login(tamper_signature=True)

    assert (broken.status_code, broken.content) == (refused.status_code, refused.content)


def handle_of(browser):
    [credential] = browser.authenticator.credentials.values()
    return credential.user_handle


def probe(browser):
    """Somebody who knows a credential id and has no key; what comes back, and the SQL."""
    with CaptureQueriesContext(connection) as queries:
        response = browser.other_browser().login(tamper_signature=True)
    return shape_of(response), len(queries)


def test_a10_without_the_key_nobody_learns_whether_the_account_is_active(registered, user, deactivate):
    active = probe(registered)
    deactivate(user)

    assert probe(registered) == active


def test_a10_without_the_key_nobody_learns_whether_the_account_has_a_password(registered, user):
    with_password = probe(registered)
    user.set_unusable_password()
    user.save()

    assert probe(registered) == with_password


@pytest.mark.parametrize("known", [True, False])
def test_a10_without_a_ceremony_nothing_is_looked_up(registered, django_assert_num_queries, known):
    """Guessing ids costs a start each, and a start is limited."""
    options = registered.request_options()
    credential = registered.authenticator.get(options, **({} if known else {"reported_id": b"x" * 20}))

    with django_assert_num_queries(0):
        response = post("finalize-login", credential)

    assert (response.status_code, response.json()["code"]) == (400, "ceremony_not_found")


def test_a10_only_an_id_without_a_row_is_told_apart(registered):
    unknown = registered.login(reported_id=b"x" * 20)
    refused = registered.login(tamper_signature=True)

    assert (unknown.status_code, unknown.json()["code"]) == (403, "unknown_passkey")
    assert (refused.status_code, refused.json()["code"]) == (403, "login_failed")
    assert set(unknown.json()) - {"signal"} == set(refused.json())
