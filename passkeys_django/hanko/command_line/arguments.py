"""The arguments of the command line."""

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import commands
from .changes import ANY, CHOICES
from .output import Outcome

Options = argparse.Namespace

ENVIRONMENT = "HANKO_ADMIN_URL"
EXIT_CODES = "exit codes: 0 done, 1 refused by Hanko or by you, 2 wrong usage, 3 Hanko cannot be reached"


def parse(arguments: Sequence[str] | None) -> Options:
    """The parsed options. Raises SystemExit, with 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m passkeys_django.hanko",
        description="Manage a self-hosted Hanko server: tenants, API keys, signing keys, users and metrics.",
        epilog=EXIT_CODES,
        parents=[_everywhere()],
    )
    nouns = parser.add_subparsers(title="what", required=True, metavar="tenants|keys|jwk-secrets|users|server")
    _tenants(_noun(nouns, "tenants", "relying parties, each with its own users and keys"))
    _keys(_noun(nouns, "keys", "API keys of a tenant"))
    _jwk_secrets(_noun(nouns, "jwk-secrets", "secrets that encrypt a tenant's signing keys"))
    _users(_noun(nouns, "users", "users of a tenant"))
    _verb(_noun(nouns, "server", "the server itself"), "metrics", commands.show_metrics, tenant=False)
    options = parser.parse_args(arguments)
    options.admin_url = getattr(options, "admin_url", None) or os.environ.get(ENVIRONMENT, "")
    options.json = getattr(options, "json", False)
    if not options.admin_url:
        parser.error(f"say where the admin API is: --admin-url URL, or {ENVIRONMENT} in the environment")
    return options


def _everywhere() -> argparse.ArgumentParser:
    """Options that are allowed before and after the command.

    They have no defaults, or the default after the command would overwrite a value before the command.
    """
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--admin-url", metavar="URL", help=f"the admin API (default: ${ENVIRONMENT})")
    common.add_argument("--json", action="store_true", help="print JSON, for scripts")
    return common


def _noun(nouns: Any, name: str, description: str) -> Any:
    parser = nouns.add_parser(
        name, help=description, description=f"{description}.", epilog=EXIT_CODES, parents=[_everywhere()]
    )
    return parser.add_subparsers(title="commands", required=True, metavar="command")


def _verb(verbs: Any, name: str, command: Callable[..., Outcome], *, tenant: bool = True) -> Any:
    """Add one command. Its help text is the first line of the docstring of `command`."""
    description = (command.__doc__ or "").partition("\n")[0]
    parser = verbs.add_parser(
        name, help=description, description=description, epilog=EXIT_CODES, parents=[_everywhere()]
    )
    parser.set_defaults(command=command)
    if tenant:
        parser.add_argument("tenant", help="id of the tenant, a UUID")
    return parser


def _tenants(verbs: Any) -> None:
    _verb(verbs, "list", commands.list_tenants, tenant=False)
    create = _verb(verbs, "create", commands.create_tenant, tenant=False)
    create.add_argument("--name", required=True, help="name of the tenant and of the relying party")
    create.add_argument("--rp-id", required=True, help="domain that the passkeys are bound to, for ever")
    _origins(create, required=True)
    _write_env(create)
    _verb(verbs, "show", commands.show_tenant)
    update = _verb(verbs, "update", commands.update_tenant)
    _origins(update, required=False)
    for name, choices in CHOICES.items():
        option = name.replace("_", "-")
        update.add_argument(f"--{option}", choices=(*choices, ANY) if name == "attachment" else choices)
        update.add_argument(f"--mfa-{option}", choices=choices, help="the same for second factors")
    _yes(_verb(verbs, "delete", commands.delete_tenant))


def _origins(parser: Any, *, required: bool) -> None:
    parser.add_argument(
        "--origin",
        required=required,
        action="append",
        help="origin of the site, such as https://example.com; repeat the option to name all origins",
    )
    parser.add_argument(
        "--related-origin",
        action="append",
        metavar="ORIGIN",
        help="origin of another domain whose pages may use the passkeys too; repeat the option to name all",
    )


def _jwk_secrets(verbs: Any) -> None:
    _verb(verbs, "list", commands.list_jwk_secrets)
    create = _verb(verbs, "create", commands.create_jwk_secret)
    create.add_argument("--name", required=True, help="name of the secret, unique in the tenant")


def _keys(verbs: Any) -> None:
    shown = _verb(verbs, "list", commands.list_keys)
    shown.add_argument("--show-secrets", action="store_true", help="show the keys themselves")
    create = _verb(verbs, "create", commands.create_key)
    create.add_argument("--name", required=True, help="name of the key, unique in the tenant")
    _write_env(create)
    delete = _verb(verbs, "delete", commands.delete_key)
    delete.add_argument("key", help="id or name of the key")
    _yes(delete)


def _users(verbs: Any) -> None:
    _verb(verbs, "list", commands.list_users)
    show, delete = _verb(verbs, "show", commands.show_user), _verb(verbs, "delete", commands.delete_user)
    for parser in (show, delete):
        parser.add_argument("user", help="user_id of the site, or Hanko's own id of the user")
    _yes(delete)


def _write_env(parser: Any) -> None:
    parser.add_argument(
        "--write-env",
        type=Path,
        metavar="FILE",
        help="write tenant id and key into this file instead of showing them",
    )


def _yes(parser: Any) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask; needed without a terminal")
