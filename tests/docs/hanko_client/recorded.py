"""Recorded exchanges as a server: each is answered once, in order, and only to the request that was recorded."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests
import responses

RECORDINGS = Path(__file__).parents[2] / "testing" / "recordings"
OF_CLIENT = Path(__file__).parents[2] / "hanko" / "recordings"
"""What the fake does not repeat word for word."""
URL = "http://127.0.0.1:8950"

#: What the client adds to a listing, and the recording leaves to the server's default
ADDED = {"page", "per_page"}


class Exchange:
    """One exchange of a recording, found by `file: step`; if a step is there twice, the first one."""

    def __init__(self, title: str) -> None:
        name, _colon, step = title.partition(": ")
        folder = next(each for each in (RECORDINGS, OF_CLIENT) if (each / f"{name}.json").exists())
        exchanges = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["exchanges"]
        found = next(exchange for exchange in exchanges if exchange["step"] == step)
        self.request, self.response = found["request"], found["response"]
        self.signed_at: int | None = found.get("decoded_token", {}).get("claims", {}).get("iat")
        self.address = urlsplit(self.request["path"])

    @property
    def tenant_id(self) -> str:
        """The tenant of the path, or "" for a path without a tenant."""
        found = re.match(r"(?:/tenants)?/([0-9a-f-]{36})", self.address.path)
        return found[1] if found else ""

    @property
    def api_key(self) -> str | None:
        key: str | None = self.request.get("headers", {}).get("apiKey")
        return key

    @property
    def now(self) -> datetime:
        """The time of the exchange, as far as it matters: a token is valid for five minutes only."""
        return datetime.fromtimestamp(self.signed_at or 0, UTC)

    @property
    def answer(self) -> str:
        body = self.response["body"]
        return body if isinstance(body, str) else "" if body is None else json.dumps(body, ensure_ascii=False)

    def serve(self, mock: responses.RequestsMock) -> None:
        headers = {name: value for name, value in self.response["headers"].items() if name != "Content-Type"}
        mock.add(
            self.request["method"],
            URL + self.address.path,
            body=self.answer,
            status=self.response["status"],
            headers=headers,
            content_type=self.response["headers"].get("Content-Type", ""),
        )

    def assert_asked_by(self, sent: requests.PreparedRequest) -> None:
        """The client sends what was recorded. Only pages of a listing may have another size."""
        address = urlsplit(sent.url or "")
        assert (sent.method, address.path) == (self.request["method"], self.address.path)
        assert sent.headers.get("apiKey") == self.api_key
        assert json.loads(sent.body or "null") == self.request.get("body")
        asked, recorded = parse_qs(address.query), parse_qs(self.address.query)
        assert {**asked, **recorded} == asked
        assert asked.keys() - recorded.keys() <= ADDED
        assert asked.get("page", ["1"]) == recorded.get("page", ["1"])

    def written(self, sent: requests.PreparedRequest) -> str:
        """The exchange as a page shows it, in one line a part."""
        address = unquote(sent.path_url)
        if self.tenant_id:
            address = address.replace(self.tenant_id, "{tenant_id}", 1)
        lines = [f"{sent.method} {address}", *(["apiKey: {api_key}"] if "apiKey" in sent.headers else [])]
        if sent.body:
            lines += ["", json.dumps(json.loads(sent.body), ensure_ascii=False)]
        return "\n".join([*lines, "", str(self.response["status"]), "", self.answer])


def all_exchanges() -> list[dict[str, Any]]:
    """Every exchange of every recording."""
    files = sorted(RECORDINGS.glob("*.json"))
    return [exchange for file in files for exchange in json.loads(file.read_text("utf-8"))["exchanges"]]
