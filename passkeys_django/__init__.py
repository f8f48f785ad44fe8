"""Passkey login for any Django site."""

__version__ = "0.1.0.dev0"
