"""What can go wrong when we talk to Hanko, in one tree.

    HankoError
    ├── HankoTransportError                 no usable answer
    │   ├── HankoTimeout
    │   ├── HankoConnectionError            refused, reset, cut short, DNS, TLS
    │   └── HankoProtocolError              not JSON, wrong shape, a redirect, over 1 MiB
    ├── HankoAPIError                       an answer that says no
    │   ├── HankoInvalidRequest             400
    │   ├── HankoInvalidKey                 401 about the API key
    │   ├── HankoRefused                    other 401; 400 and 422 of a finalize: the credential was refused
    │   ├── HankoNotFound                   404
    │   │   └── HankoTenantNotFound
    │   ├── HankoConflict                   409
    │   └── HankoServerError                5xx
    │       ├── HankoUnavailable            502, 503, 504
    │       └── HankoUserWithoutCredentials
    └── HankoUnknownKey                     the key set has no such key

Outside the tree on purpose: ValueError, for arguments that the server would fail on or misunderstand; nothing was
sent then. No message, argument or cause holds an API key, a token or a credential.
"""

from http import HTTPStatus

TENANT_NOT_A_UUID = "tenant_id must be a valid uuid4"


class HankoError(Exception):
    """Base of all. `status` and `request_id` are those of the reply, None where there was none."""

    status: int | None
    request_id: str | None

    def __init__(self, message: str, *, status: int | None = None, request_id: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id


class HankoTransportError(HankoError):
    """No usable answer arrived; the server may have acted all the same, unless `was_sent` is False: then no
    connection was made, and the server has seen nothing of the request."""

    was_sent: bool = True


class HankoTimeout(HankoTransportError):
    """Connecting, waiting or the whole reply took too long."""


class HankoConnectionError(HankoTransportError):
    """Refused, reset, broken off in the middle, unknown host, TLS failure, unusable address."""


class HankoProtocolError(HankoTransportError):
    """Something answered, but not as the Passkey API does: no JSON, wrong shape, a redirect, over 1 MiB."""


class HankoAPIError(HankoError):
    """The API said no. `title` and `details` are its words, for logs; details None: an unexpected error."""

    status: int

    def __init__(self, status: int, title: str, details: str | None, request_id: str | None) -> None:
        super().__init__(title, status=status, request_id=request_id)
        self.args = (status, title, details, request_id)  # so that it can be pickled
        self.title = title
        self.details = details

    def __str__(self) -> str:
        said = ": ".join(printable(text) for text in (self.title, self.details) if text)
        return f"{self.status} {said} (request {self.request_id})"


class HankoInvalidRequest(HankoAPIError):
    """400: the request breaks a rule, or the tenant id is no UUID."""


class HankoInvalidKey(HankoAPIError):
    """401 whose title speaks of the API key: missing, wrong, another tenant's, or of the wrong kind."""


class HankoRefused(HankoAPIError):
    """The credential was refused: any other 401, and 400 or 422 from a finalize."""


class HankoNotFound(HankoAPIError):
    """404: no such user or credential."""


class HankoTenantNotFound(HankoNotFound):
    """404: no such tenant, so nothing follows about users and credentials."""


class HankoConflict(HankoAPIError):
    """409: it exists already."""


class HankoServerError(HankoAPIError):
    """5xx. Some of these can be provoked by what a browser sends, so one alone is no outage."""


class HankoUnavailable(HankoServerError):
    """502, 503 or 504: what stands before the server cannot reach it."""


class HankoUserWithoutCredentials(HankoServerError):
    """The user is known but has no passkey. The server calls it a 500 (contract trap 5)."""


class HankoUnknownKey(HankoError):
    """The tenant's key set holds no usable key of this id."""


def api_error(
    *, status: int, title: str, details: str | None, request_id: str | None, finalize: bool
) -> HankoAPIError:
    """The exception for an error reply. `finalize`: a 400 or 422 means that the credential was refused."""
    kind = _kind(status, title.lower(), finalize)
    return kind(status, title, details, request_id)


def _kind(status: int, title: str, finalize: bool) -> type[HankoAPIError]:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _server_error(status, title)
    if status == HTTPStatus.UNAUTHORIZED:  # contract trap 14: only the title tells the two apart
        return HankoInvalidKey if "api key" in title else HankoRefused
    if status == HTTPStatus.NOT_FOUND:
        return HankoTenantNotFound if title == "tenant not found" else HankoNotFound
    if finalize and status in (400, 422) and title != TENANT_NOT_A_UUID:
        return HankoRefused
    return {400: HankoInvalidRequest, 409: HankoConflict}.get(status, HankoAPIError)


def _server_error(status: int, title: str) -> type[HankoServerError]:
    if status in (502, 503, 504):
        return HankoUnavailable
    return HankoUserWithoutCredentials if "found no credentials for user" in title else HankoServerError


def printable(text: str) -> str:
    """One line of a log, whatever the server wrote (one title ends in a line feed)."""
    return "".join(char if char.isprintable() else " " for char in text).strip()
