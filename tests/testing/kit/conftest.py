"""The plugin's fixtures, without the plugin: our own suite does not load it, so that all of it is measured."""

from passkeys_django.testing.plugin import fake_hanko, hanko_tenant, passkey_authenticator

__all__ = ["fake_hanko", "hanko_tenant", "passkey_authenticator"]
