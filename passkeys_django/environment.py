"""PASSKEY_PROVIDERS from the environment. A settings.py may import this module: it reads no settings itself."""

import os
from typing import Any

EMBEDDED = "passkeys_django.providers.embedded.EmbeddedProvider"
HANKO = "passkeys_django.providers.hanko.HankoProvider"
TENANT_ID = "PASSKEY_TENANT_ID"
API_KEY = "PASSKEY_SECRET_API_KEY"
BASE_URL = "PASSKEY_BASE_URL"
VARIABLES = {"tenant_id": TENANT_ID, "api_key": API_KEY, "base_url": BASE_URL}
"""The variables, by the option of HankoProvider that each one sets."""


def providers_from_environment(**options: Any) -> dict[str, dict[str, Any]]:
    """A value for PASSKEY_PROVIDERS: Hanko if one of its variables is set, the embedded provider if none is.

    The variables are `PASSKEY_TENANT_ID`, `PASSKEY_SECRET_API_KEY` and, for a server of your own,
    `PASSKEY_BASE_URL`. Blanks around a value do not count. A missing tenant id or key stays empty in the result,
    and `manage.py check` reports this: a site never becomes embedded because a variable was lost. `options` are
    further OPTIONS of HankoProvider, such as `read_timeout`. The function raises nothing, so that commands which
    need no provider, such as `collectstatic`, run without secrets.
    """
    values = {option: os.environ.get(variable, "").strip() for option, variable in VARIABLES.items()}
    if not any(values.values()):
        return {"default": {"PROVIDER": EMBEDDED}}
    if not values["base_url"]:
        del values["base_url"]
    return {"default": {"PROVIDER": HANKO, "OPTIONS": options | values}}
