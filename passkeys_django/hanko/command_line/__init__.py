"""The command line, which needs no Django project.

Exit codes: 0 done; 1 Hanko said no, there is no such thing, or the answer to a question was no; 2 wrong usage,
an unusable argument or file; 3 Hanko cannot be reached, or something else answers there. Errors are one line on
stderr. A key is shown only where one was just made and is not written to a file, and with --show-secrets.
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
        return "nothing was heard in time from"
    return "no admin API of Hanko's at" if isinstance(error, HankoProtocolError) else "cannot reach"


def _address(url: str) -> str:
    """Without a password that may stand in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _explained(error: HankoAPIError) -> str:
    """Tenant ids are checked before they are sent, so only one server complains about what it takes for one."""
    if error.title == TENANT_NOT_A_UUID:
        return "this is the public API: the admin API has an address of its own, normally port 8001"
    return f"Hanko: {error}"
