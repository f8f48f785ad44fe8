"""The exceptions of the client, in one tree.

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

ValueError is not in the tree, on purpose: the client raises it, before anything is sent, for arguments that the
server would fail on or misunderstand. No message, argument or cause contains an API key, a token or a credential.
"""

from http import HTTPStatus

TENANT_NOT_A_UUID = "tenant_id must be a valid uuid4"


class HankoError(Exception):
    """Base class of all errors. `status` and `request_id` are those of the reply, or None without a reply."""

    status: int | None
    request_id: str | None

    def __init__(self, message: str, *, status: int | None = None, request_id: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id


class HankoTransportError(HankoError):
    """No usable answer arrived. The server may still have done what the request asked.

    If `was_sent` is False, there was no connection, and the server has seen nothing of the request.
    """

    was_sent: bool = True


class HankoTimeout(HankoTransportError):
    """Connecting, waiting or the whole reply took too long."""


class HankoConnectionError(HankoTransportError):
    """Refused, reset or interrupted connection, unknown host, TLS failure, unusable address."""


class HankoProtocolError(HankoTransportError):
    """The answer is not one of the Passkey API: not JSON, of the wrong shape, a redirect, or over 1 MiB."""


class HankoAPIError(HankoError):
    """The API answered with an error. `title` and `details` are the API's texts, for logs.

    `details` is None if the server did not expect the error.
    """

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
    """400: the request breaks a rule, or the tenant id is not a UUID."""


class HankoInvalidKey(HankoAPIError):
    """401 with a title about the API key: missing, wrong, another tenant's, or of the wrong kind."""


class HankoRefused(HankoAPIError):
    """The credential was refused: any other 401, and 400 or 422 from a finalize."""


class HankoNotFound(HankoAPIError):
    """404: no such user or credential."""


class HankoTenantNotFound(HankoNotFound):
    """404: no such tenant. The error says nothing about whether a user or credential exists."""


class HankoConflict(HankoAPIError):
    """409: something with this id exists already."""


class HankoServerError(HankoAPIError):
    """5xx. If a request has data from a browser, that data can be the cause, so a single one is not an outage."""


class HankoUnavailable(HankoServerError):
    """502, 503 or 504: a proxy in front of the server cannot reach the server."""


class HankoUserWithoutCredentials(HankoServerError):
    """The user is known but has no passkey. The server answers 500 in this case (contract trap 5)."""


class HankoUnknownKey(HankoError):
    """The tenant's key set has no usable key with this id."""


def api_error(
    *, status: int, title: str, details: str | None, request_id: str | None, finalize: bool
) -> HankoAPIError:
    """The exception for an error reply. `finalize`: a 400 or 422 means that the credential was refused."""
    kind = _kind(status, title.lower(), finalize)
    return kind(status, title, details, request_id)


def _kind(status: int, title: str, finalize: bool) -> type[HankoAPIError]:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _server_error(status, title)
    if status == HTTPStatus.UNAUTHORIZED:  # contract trap 14: only the title says which of the two it is
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
    """The text as one line for logs, without control characters. (One title of the server ends in a line feed.)"""
    return "".join(char if char.isprintable() else " " for char in text).strip()
