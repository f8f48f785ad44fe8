"""The tree is what its docstring draws, and no exception shows a secret."""

import pickle
import re
import traceback

import pytest

from passkeys_django import hanko
from passkeys_django.hanko import HankoClient, HankoError, HankoProtocolError, exceptions
from tests.hanko.conftest import API_KEY, BASE_URL, TENANT

ROOT = f"{BASE_URL}/{TENANT}"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
CLIENT_DATA = "c2VjcmV0IGNsaWVudCBkYXRh"
CREDENTIAL = {
    "id": "AAAA",
    "rawId": "AAAA",
    "type": "public-key",
    "response": {"clientDataJSON": CLIENT_DATA, "authenticatorData": "AA", "signature": "AA"},
}


def drawn() -> dict[str, str]:
    """Each class of the docstring's tree with its parent."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (exceptions.__doc__ or "").splitlines():
        if match := re.match(r" {4}([ │├└─]*)(Hanko\w+)", line):
            del path[len(match[1]) // 4 :]
            parents[match[2]] = path[-1] if path else "Exception"
            path.append(match[2])
    return parents


def test_the_docstring_draws_the_tree_that_there_is():
    classes = {
        name: value.__base__.__name__
        for name, value in vars(exceptions).items()
        if isinstance(value, type) and issubclass(value, HankoError)
    }
    assert drawn() == classes


ALIASES = {"AuditLogType", "JSONValue", "SecretKind"}  # these have no module of their own


def test_all_is_complete_and_sorted():
    public = {
        name
        for name, value in vars(hanko).items()
        if getattr(value, "__module__", "").startswith("passkeys_django.hanko.") and not name.startswith("_")
    }
    assert set(hanko.__all__) == public | ALIASES
    assert hanko.__all__ == sorted(hanko.__all__)


def test_every_exception_is_exported():
    assert set(drawn()) <= set(hanko.__all__)


def test_errors_survive_pickling():
    api = exceptions.api_error(status=404, title="user not found", details="", request_id="abc", finalize=False)
    for error in (api, HankoProtocolError("no token", status=200, request_id="abc")):
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301
        assert type(copy) is type(error)
        assert (str(copy), copy.args, vars(copy)) == (str(error), error.args, vars(error))


def test_a_message_is_one_line_with_what_a_log_needs():
    error = exceptions.api_error(
        status=422, title="failed\n\x1b[31m", details="because", request_id="abc", finalize=True
    )
    assert str(error) == "422 failed  [31m: because (request abc)"
    assert (error.status, error.title, error.request_id) == (422, "failed\n\x1b[31m", "abc")


def test_an_error_without_a_reply_has_no_status():
    error = exceptions.HankoTimeout("no reply in time")
    assert (error.status, error.request_id) == (None, None)


@pytest.mark.parametrize(
    "answer",
    [
        {"body": TOKEN},
        {"body": f'{{"token": "{TOKEN}'},
        {"body": f'{{"tokens": "{TOKEN}"}}'},
        {"body": TOKEN.encode() + b"\xff"},
        {"body": TOKEN, "status": 404},
        {"body": TOKEN, "status": 500},
        {"body": '{"title": "The api key is invalid"}', "status": 401},
        {"body": ConnectionResetError("reset")},
        {"body": "", "status": 302, "headers": {"Location": "/"}},
    ],
)
def test_no_error_and_no_cause_shows_a_key_a_token_or_a_credential(mocked, client, answer):
    mocked.post(f"{ROOT}/login/finalize", **answer)
    mocked.post(f"{ROOT}/registration/initialize", **answer)
    for call in (
        lambda: client.finalize_login(credential=CREDENTIAL),
        lambda: client.start_registration(user_id="ada-1", username="ada"),
    ):
        with pytest.raises(HankoError) as raised:
            call()
        shown = "".join(traceback.format_exception(raised.value)) + everything(raised.value)
        for secret in (API_KEY, TOKEN, CLIENT_DATA):
            assert secret not in shown


def everything(error: BaseException | None) -> str:
    """What an exception and those behind it show of themselves."""
    if error is None:
        return ""
    own = f"{error} {error!r} {error.args}"
    return own + everything(error.__cause__) + everything(error.__context__)


def test_a_bad_argument_is_refused_without_showing_it(client: HankoClient):
    for response in ({**CREDENTIAL["response"], "userHandle": "secret!!"},):
        with pytest.raises(ValueError, match="userHandle") as raised:
            client.finalize_login(credential={**CREDENTIAL, "response": response})
        assert "secret" not in everything(raised.value)
