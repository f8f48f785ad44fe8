"""The HTML status page, the metrics, and listings in pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from .http import Request, Response, json_response

T = TypeVar("T")

_STATUS_PAGE = """
<!DOCTYPE html>
<html>
<head>
  <title>API Integration Status</title>
</head>
<body>
<h1>API Status</h1>

<p>\u2705 API is running.</p>
<p>Check integration guides on <a href="https://docs.hanko.io/passkey-api/introduction" \
target="_blank">docs.hanko.io</a></p>

</body>
</html>
"""


_METRICS = """\
# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 12
# HELP hanko_requests_total How many HTTP requests processed, partitioned by status code and HTTP method.
# TYPE hanko_requests_total counter
hanko_requests_total{code="200",host="127.0.0.1:8001",method="GET",url="/health/alive"} 1
"""


def metrics_page() -> Response:
    """GET /metrics. The figures are always the same; a real server has two hundred lines, packed with gzip."""
    headers = (("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),)
    return Response(status=200, body=_METRICS.encode(), headers=headers)


def status_page() -> Response:
    """GET /"""
    headers = (("Content-Type", "text/html; charset=UTF-8"),)
    return Response(status=200, body=_STATUS_PAGE.encode(), headers=headers)


@dataclass(frozen=True, kw_only=True)
class Page:
    """The part of a listing that a request asks for."""

    number: int
    size: int

    @classmethod
    def of(cls, request: Request, *, clamp: bool = False) -> "Page":
        """The page in the query. With `clamp`, negative numbers count as absent. Raises ValueError (Go's text)."""
        number, size = (_integer(request.parameter(name)) for name in ("page", "per_page"))
        if clamp:
            number, size = max(number, 0), max(size, 0)
        return cls(number=number or 1, size=size or 20)

    def response(self, request: Request, rows: Sequence[T], show: Callable[[T], Any]) -> Response:
        """This page of the rows, with the headers that link to the other pages."""
        start = max((self.number - 1) * self.size, 0)
        shown = [show(row) for row in rows[start : start + max(self.size, 0)]]
        headers = [("Link", self._links(request, len(rows))), ("X-Total-Count", str(len(rows)))]
        return json_response(shown, headers=headers)

    def _links(self, request: Request, total: int) -> str:
        last = max(-(-total // self.size), 1)
        links = []
        if self.number != 1 or last == 1:
            links.append((1, "first"))
        if self.number != last:
            links.append((last, "last"))
        if self.number < last:
            links.append((self.number + 1, "next"))
        if self.number > 1:
            links.append((self.number - 1, "prev"))
        return ",".join(f'<{self._address(request, number)}>; rel="{name}"' for number, name in links)

    def _address(self, request: Request, number: int) -> str:
        others = [(name, value) for name, value in request.query if name not in ("page", "per_page")]
        query = sorted([*others, ("page", str(number)), ("per_page", str(self.size))], key=lambda pair: pair[0])
        return f"{request.scheme}://{request.headers.get('host', '')}{request.path}?{urlencode(query)}"


def _integer(text: str) -> int:
    """Parse like Go's ParseInt. An absent number is 0."""
    if not text:
        return 0
    sign = text[0] in "+-"
    if not (text[sign:].isascii() and text[sign:].isdigit()):
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)
