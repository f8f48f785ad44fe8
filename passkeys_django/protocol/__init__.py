"""WebAuthn's formats and rules, as values and functions: base64url, JSON, CBOR, credentials, keys, flags.

Nothing here may know the ORM, the settings or a request: every module can be imported without Django's apps.
"""
