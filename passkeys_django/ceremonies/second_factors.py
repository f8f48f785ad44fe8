"""What registers security keys and runs second steps: the site's provider, or this site."""

from collections.abc import Sequence

from ..models import Passkey
from ..providers import get_provider, local_provider
from ..providers.base import BaseProvider


def runner_of(copies: Sequence[Passkey], *handles: str) -> BaseProvider:
    """The provider for a person with these passkeys and security keys.

    The site's provider runs second factors only if it holds all copies, under one user handle that it can use.
    `handles` are further handles, which have no copy yet.
    """
    provider = get_provider()
    known = {bytes(copy.user_handle) for copy in copies} | {handle.encode() for handle in handles}
    holds_all = all(copy.provider == provider.identity for copy in copies) and len(known) == 1
    return provider if holds_all and provider.runs_second_factors_of(*known) else local_provider()
