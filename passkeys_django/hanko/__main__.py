"""`python -m passkeys_django.hanko`: manage tenants, API keys and users of a self-hosted Hanko server."""

from .command_line import main

if __name__ == "__main__":
    raise SystemExit(main())
