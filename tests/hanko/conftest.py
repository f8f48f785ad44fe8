import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from passkeys_django.hanko import HankoAdminClient, HankoClient

BASE_URL = "https://passkeys.hanko.io"
TENANT = "489d736b-e361-47a0-b7cf-b07cfc0d3714"
API_KEY = "bm90IGEgc2VjcmV0OiBvbmx5IGZvciB0ZXN0cw=="
RECORDINGS = Path(__file__).parent / "recordings"
SHARED_RECORDINGS = Path(__file__).parent.parent / "testing" / "recordings"


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
        self.client: Any = HankoClient(tenant_id=path.split("/")[1] or TENANT, api_key=self.key)
        if self.request.get("api") == "admin":
            self.client = HankoAdminClient(admin_url=BASE_URL)
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

    def sent_query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self._mock.calls[-1].request.url or "").query)

    def sent_key(self) -> str | None:
        return self._mock.calls[-1].request.headers.get("apiKey")


@pytest.fixture
def replay(mocked: responses.RequestsMock) -> Callable[[str, str], Replayed]:
    return partial(_load, mocked, RECORDINGS)


@pytest.fixture
def recorded(mocked: responses.RequestsMock) -> Callable[[str, str], Replayed]:
    """As `replay`, from the recordings that the fake is replayed against."""
    return partial(_load, mocked, SHARED_RECORDINGS)


def _load(mocked: responses.RequestsMock, folder: Path, name: str, step: str) -> Replayed:
    exchanges = json.loads((folder / f"{name}.json").read_text())["exchanges"]
    return Replayed(mocked, next(exchange for exchange in exchanges if exchange["step"] == step))


@pytest.fixture
def admin(mocked: responses.RequestsMock) -> HankoAdminClient:
    """Without a mocked answer whatever it sends is an error."""
    return HankoAdminClient(admin_url=BASE_URL)
