import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from passkeys_django.hanko import HankoClient

BASE_URL = "https://passkeys.hanko.io"
TENANT = "489d736b-e361-47a0-b7cf-b07cfc0d3714"
API_KEY = "bm90IGEgc2VjcmV0OiBvbmx5IGZvciB0ZXN0cw=="
RECORDINGS = Path(__file__).parent / "recordings"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client(mocked: responses.RequestsMock) -> HankoClient:
    """Without a mocked answer whatever it sends is an error."""
    return HankoClient(tenant_id=TENANT, api_key=API_KEY)


class Replayed:
    """One recorded exchange, set up as the answer to a client of its tenant."""

    def __init__(self, mock: responses.RequestsMock, exchange: dict[str, Any]) -> None:
        self.request, self.response = exchange["request"], exchange["response"]
        path = self.request["path"]
        self.key = self.request.get("headers", {}).get("apiKey", API_KEY)
        self.client = HankoClient(tenant_id=path.split("/")[1] or TENANT, api_key=self.key)
        body = self.response["body"]
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        headers = {name: value for name, value in self.response["headers"].items() if name != "Content-Type"}
        self._mock = mock
        mock.add(
            self.request["method"],
            BASE_URL + path.partition("?")[0],
            body=text,
            status=self.response["status"],
            headers=headers,
            content_type=self.response["headers"].get("Content-Type", ""),
        )

    def sent(self) -> Any:
        """What was sent; it must be framed as the server needs it."""
        request = self._mock.calls[-1].request
        if request.body is None:
            assert "Content-Type" not in request.headers
            return None
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["Content-Length"] == str(len(request.body))
        assert "Transfer-Encoding" not in request.headers
        return json.loads(request.body)

    def sent_key(self) -> str | None:
        return self._mock.calls[-1].request.headers.get("apiKey")


@pytest.fixture
def replay(mocked: responses.RequestsMock) -> Callable[[str, str], Replayed]:
    def load(name: str, step: str) -> Replayed:
        exchanges = json.loads((RECORDINGS / f"{name}.json").read_text())["exchanges"]
        return Replayed(mocked, next(exchange for exchange in exchanges if exchange["step"] == step))

    return load
