"""`python -m passkeys_django.hanko`: tenants, API keys and users of a Hanko server of your own."""

from .command_line import main

if __name__ == "__main__":
    raise SystemExit(main())
