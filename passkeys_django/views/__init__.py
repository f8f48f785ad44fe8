"""HTTP in and out: the JSON endpoints, the pages of passkeys, and the well-known documents.

Rules of WebAuthn and SQL do not belong here: a view parses the request and calls `ceremonies/` or `lifecycle/`.
"""
