"""Requests that schemathesis makes up from openapi.json, right and wrong: every reply is as described there."""

import json
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from tests.docs.openapi.document import DOCUMENT, OPERATIONS, READING, assert_described
from tests.fuzz.answers import survived
from tests.fuzz.effort import FEW
from tests.fuzz.site import CSRF_TOKEN, undone, visitors

pytestmark = pytest.mark.django_db
API = schemathesis.openapi.from_dict(DOCUMENT)


def cases(name):
    """Requests of one operation, as described or not."""
    operation = API[OPERATIONS[name][0]]["GET" if name in READING else "POST"]
    return st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)


def body_of(case):
    if isinstance(case.body, NotSet):
        return b""
    return case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()


def path_of(case):
    query = "&".join(f"{quote(str(name))}={quote(str(value))}" for name, value in case.query.items())
    return f"/passkeys{case.formatted_path}?{query}"


@pytest.mark.parametrize("name", OPERATIONS)
@FEW
@given(data=st.data(), visitor=visitors, own=st.booleans(), good_token=st.sampled_from([True, True, True, False]))
def test_any_request_is_answered_as_described(site, name, data, visitor, own, good_token):
    case = data.draw(cases(name))
    client = site.visitor(visitor)
    if own and "passkey_id" in case.path_parameters:
        case.path_parameters["passkey_id"] = str(site.passkey.pk)
    token = {"X-CSRFToken": CSRF_TOKEN} if good_token else {}
    headers = {**case.headers, **token, "Accept": "application/json"}

    with undone():
        method = "GET" if name in READING else "POST"
        response = client.generic(
            method, path_of(case), body_of(case), content_type="application/json", headers=headers
        )

    survived(response)
    if response.status_code == 404:
        assert "passkey_id" in case.path_parameters
    else:
        assert_described(response)
