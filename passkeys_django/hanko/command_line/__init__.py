"""The command line, which works without a Django project.

Exit codes: 0 done; 1 Hanko refused, the object does not exist, or the user answered no; 2 wrong usage, or an
unusable argument or file; 3 Hanko cannot be reached, or something else answers at that address. Errors are one
line on stderr. A key is shown only with --show-secrets, or if the command has just made the key and does not write
it to a file.
"""

import sys
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from ..admin_api.admin_client import HankoAdminClient
from ..exceptions import (
    TENANT_NOT_A_UUID,
    HankoAPIError,
    HankoProtocolError,
    HankoTimeout,
    HankoTransportError,
)
from .arguments import Options, parse
from .commands import Refused, Unusable
from .output import Outcome

REFUSED, USAGE, UNREACHABLE = 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Raises SystemExit as argparse does, for --help and wrong usage."""
    options = parse(arguments)
    try:
        outcome = _run(options)
    except HankoTransportError as error:
        said = "; ".join([str(error), *getattr(error, "__notes__", [])])
        return _fail(UNREACHABLE, f"{_trouble(error)} {_address(options.admin_url)}: {said}")
    except HankoAPIError as error:
        return _fail(REFUSED, _explained(error))
    except Refused as error:
        return _fail(REFUSED, str(error))
    except (Unusable, ValueError, OSError) as error:
        return _fail(USAGE, str(error))
    except KeyboardInterrupt:
        return _fail(REFUSED, "interrupted")
    print(outcome.as_json() if options.json else outcome.text)
    return 0


def _run(options: Options) -> Outcome:
    if urlsplit(options.admin_url).scheme not in ("http", "https"):
        raise Unusable("the admin URL must begin with http:// or https://")
    command: Callable[[HankoAdminClient, Options], Outcome] = options.command
    return command(HankoAdminClient(admin_url=options.admin_url), options)


def _fail(code: int, message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return code


def _trouble(error: HankoTransportError) -> str:
    if isinstance(error, HankoTimeout):
        return "no answer in time from"
    return "there is no Hanko admin API at" if isinstance(error, HankoProtocolError) else "cannot reach"


def _address(url: str) -> str:
    """The URL as far as its host and port, without any user name and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _explained(error: HankoAPIError) -> str:
    """The error as a message. We send valid tenant ids only, so a complaint about one means the wrong server."""
    if error.title == TENANT_NOT_A_UUID:
        return "this is the public API: the admin API has another address, normally port 8001"
    return f"Hanko: {error}"
