"""Runs one example of docs/hanko-client, with recorded exchanges in place of a server."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import pytest
import requests
import responses

from tests.docs.hanko_client.examples import Example
from tests.docs.hanko_client.recorded import URL, Exchange

NO_TENANT = "00000000-0000-4000-8000-000000000000"
NO_KEY = "bm90IGEgc2VjcmV0OiBvbmx5IGZvciB0ZXN0cw=="


class Outcome(NamedTuple):
    """What an example printed, and what it sent for each exchange that it shows."""

    printed: str
    sent: list[tuple[Exchange, requests.PreparedRequest]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[Example], Outcome]:
    def _run(example: Example) -> Outcome:
        exchanges = [Exchange(title) for title in example.exchanges]
        for name, value in _environment(exchanges).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("jwt.api_jwt.datetime", _clock(exchanges))
        names: dict[str, Any] = {"__name__": __name__, "credential": _credential(exchanges)}
        with responses.RequestsMock() as mock:
            for exchange in exchanges:
                exchange.serve(mock)
            exec(compile(example.code, example.name, "exec"), names)
            sent = [call.request for call in mock.calls]
        return Outcome(capsys.readouterr().out, list(zip(exchanges, sent, strict=True)))

    return _run


def _environment(exchanges: list[Exchange]) -> dict[str, str]:
    first = next(iter(exchanges), None)
    return {
        "PASSKEY_TENANT_ID": (first and first.tenant_id) or NO_TENANT,
        "PASSKEY_SECRET_API_KEY": next((each.api_key for each in exchanges if each.api_key), NO_KEY),
        "PASSKEY_BASE_URL": URL,
        "HANKO_ADMIN_URL": URL,
    }


def _credential(exchanges: list[Exchange]) -> object:
    """What the browser returned: the body of a finalize."""
    return next((each.request["body"] for each in exchanges if each.address.path.endswith("/finalize")), None)


def _clock(exchanges: list[Exchange]) -> type[datetime]:
    """A `datetime` for PyJWT whose now is the time of the recording."""
    moment = max((each.now for each in exchanges), default=None)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return moment

    return Clock
