"""Replaying recordings of a real server against the fake, and comparing the answers."""

import io
import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import jwt

from passkeys_django.testing.encoding import unb64url
from passkeys_django.testing.hanko import FakeHanko

RECORDINGS = Path(__file__).parent / "recordings"

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z")
_SECRET = re.compile(r"[A-Za-z0-9_-]{86}==")
_REQUEST_ID = re.compile(r"[A-Za-z]{32}")
_HOSTS = {"public": "127.0.0.1:8000", "admin": "127.0.0.1:8001"}

#: Seconds that passed before an exchange, where the recording waited on purpose
PAUSES = {("expiry", 9): 2}


@dataclass
class Answer:
    """What the fake said."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Replay:
    """One recording, and the fake that it is replayed against."""

    name: str
    document: dict[str, Any] = field(init=False)
    now: float = field(init=False)
    ids: dict[str, deque[str]] = field(default_factory=dict)
    challenges: deque[bytes] = field(default_factory=deque)
    secrets: deque[str] = field(default_factory=deque)
    #: ids of the recording and of the replay, where they differ
    same: dict[str, str] = field(default_factory=dict)
    fake: FakeHanko = field(init=False)

    def __post_init__(self) -> None:
        self.document = json.loads((RECORDINGS / f"{self.name}.json").read_text())
        self.now = datetime.fromisoformat(self.document["recorded_at"]).timestamp()
        self.moments = dict(_moments(self.document))
        self.fake = FakeHanko(
            clock=lambda: self.now,
            ids=lambda kind: self.ids[kind].popleft() if self.ids.get(kind) else str(uuid4()),
            challenges=lambda: self.challenges.popleft(),
            api_keys=lambda: self.secrets.popleft() if self.secrets else "a" * 86 + "==",
        )

    def exchanges(self) -> Iterator[tuple[int, dict[str, Any]]]:
        yield from enumerate(self.document["exchanges"])

    def run(self, index: int, exchange: dict[str, Any]) -> Answer:
        """Inject what the recorded response tells, send the recorded request."""
        self._inject(index, exchange)
        if (self.name, index) == ("credentials_paging", 2):
            self._store_what_was_left_out()
        request = exchange["request"]
        collected: list[Any] = []
        app = self.fake.wsgi if request["api"] == "public" else self.fake.admin_wsgi
        body = b"".join(app(self._environ(request), lambda *head: collected.extend(head)))  # type: ignore[arg-type]
        headers = dict(collected[1])
        return Answer(int(collected[0].split()[0]), headers, _decoded(body, headers))

    def _inject(self, index: int, exchange: dict[str, Any]) -> None:
        response = exchange["response"]
        self.now += PAUSES.get((self.name, index), 0.001)
        self.now = self.moments.get(response["headers"]["X-Request-Id"], self.now)
        token = exchange.get("decoded_token")
        if token and int(self.now) != token["claims"]["iat"]:
            self.now = float(token["claims"]["iat"])
        body = response["body"] if response["status"] < 300 else None
        if isinstance(body, dict):
            self._inject_body(exchange["request"]["path"], body)

    def _inject_body(self, path: str, body: dict[str, Any]) -> None:
        if "publicKey" in body:
            self.challenges.append(unb64url(body["publicKey"]["challenge"])[:32])
        if path == "/tenants":
            self.ids["tenant"] = deque([body["id"]])
            key = body.get("api_key")
            self.secrets = deque([key["secret"]] if key else [])
            self.ids["secret"] = deque([key["id"]] if key else [])
        elif "secret" in body:
            self.secrets = deque([body["secret"]])
            self.ids["secret"] = deque([body["id"]])

    def _store_what_was_left_out(self) -> None:
        """The registrations that the recording leaves out, as its listings tell of them."""
        tenant = list(self.fake.state.tenants.values())[-1]
        rows = {row["id"]: row for row in _rows(self.document) if "public_key" in row}
        for row in sorted(rows.values(), key=lambda row: row["created_at"]):
            times = {name: _nanoseconds(row[name]) for name in ("created_at", "last_used_at")}
            self.fake.add_credential(
                tenant,
                user_id=row["user_id"],
                public_key=unb64url(row["public_key"]),
                credential_id=row["id"],
                name=row["name"],
                aaguid=UUID(row["aaguid"]),
                backup_eligible=row["backup_eligible"],
                backup_state=row["backup_state"],
                **times,
            )

    def _environ(self, request: dict[str, Any]) -> dict[str, Any]:
        target = urlsplit(request["path"])
        given = {"User-Agent": "recorder/1.0", "Host": _HOSTS[request["api"]], **request.get("headers", {})}
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in given.items()}
        body = request.get("body_text", json.dumps(request["body"]) if "body" in request else "").encode()
        return {
            **headers,
            "CONTENT_TYPE": given.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REQUEST_METHOD": request["method"],
            "PATH_INFO": "/".join(self.same.get(part, part) for part in target.path.split("/")),
            "QUERY_STRING": target.query,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
        }

    def differences(self, exchange: dict[str, Any], answer: Answer) -> list[str]:
        """Where the answer differs in more than the values that vary from run to run."""
        recorded = exchange["response"]
        found = [] if recorded["status"] == answer.status else [f"status {answer.status}"]
        for name in sorted({*recorded["headers"], *answer.headers} - {"X-Request-Id", "Content-Length"}):
            left, right = recorded["headers"].get(name), answer.headers.get(name)
            if left != right:
                found.append(f"{name}: {right!r} instead of {left!r}")
        return found + list(self._compare(recorded["body"], answer.body, ""))

    def _compare(self, recorded: Any, actual: Any, path: str) -> Iterator[str]:
        if isinstance(recorded, dict) and isinstance(actual, dict) and recorded.keys() == actual.keys():
            for name, value in recorded.items():
                yield from self._compare(value, actual[name], f"{path}.{name}")
        elif isinstance(recorded, list) and isinstance(actual, list) and len(recorded) == len(actual):
            if path.endswith(".allowCredentials"):
                recorded, actual = (sorted(rows, key=lambda row: row["id"]) for rows in (recorded, actual))
            if path.endswith(".keys"):  # in no order
                order = [self.same.get(row["kid"], row["kid"]) for row in recorded]
                actual = sorted(actual, key=lambda key: order.index(key["kid"]) if key["kid"] in order else -1)
            for index, (left, right) in enumerate(zip(recorded, actual, strict=True)):
                yield from self._compare(left, right, f"{path}[{index}]")
        elif recorded != actual and not self._varies(recorded, actual, path):
            yield f"{path}: {actual!r} instead of {recorded!r}"

    def _varies(self, recorded: Any, actual: Any, path: str) -> bool:
        if not (isinstance(recorded, str) and isinstance(actual, str)):
            return False
        if path == ".token":
            return self._same_token(recorded, actual)
        if _UUID.fullmatch(recorded) and _UUID.fullmatch(actual):
            return self.same.setdefault(recorded, actual) == actual
        if path.endswith(".n"):
            return True
        return any(
            pattern.fullmatch(recorded) and pattern.fullmatch(actual) for pattern in (_TIME, _SECRET, _REQUEST_ID)
        )

    def _same_token(self, recorded: str, actual: str) -> bool:
        """All claims and the header's members; the key's id as far as it can be known."""
        left, right = (jwt.get_unverified_header(token) for token in (recorded, actual))
        claims = [jwt.decode(token, options={"verify_signature": False}) for token in (recorded, actual)]
        same_key = self.same.setdefault(left.pop("kid"), right["kid"]) == right.pop("kid")
        return same_key and left == right and claims[0] == claims[1]


def _decoded(body: bytes, headers: dict[str, str]) -> Any:
    if not body:
        return None
    if headers["Content-Type"].startswith("application/json"):
        assert body.endswith(b"\n")
        return json.loads(body)
    return body.decode()


def _nanoseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000) * 1000


def _moments(document: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """When a request was made, by its id, as audit logs and credentials of the same recording tell."""
    requests = {}
    for exchange in document["exchanges"]:
        request_id = exchange["response"]["headers"]["X-Request-Id"]
        if "decoded_token" in exchange and "registration" in exchange["request"]["path"]:
            requests[exchange["decoded_token"]["claims"]["cred"]] = request_id
    for row in _rows(document):
        moment = datetime.fromisoformat(row["created_at"]).timestamp() if "created_at" in row else 0.0
        if "meta_http_request_id" in row:
            yield row["meta_http_request_id"], moment
        elif row.get("id") in requests and "public_key" in row:
            yield requests[row["id"]], moment


def _rows(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for exchange in document["exchanges"]:
        body = exchange["response"]["body"]
        for row in body if isinstance(body, list) else [body]:
            if isinstance(row, dict):
                yield row
                yield from row.get("credentials", ())
