"""The public API of one tenant, a topic a file.

What only the admin API of a self-hosted server offers lives in `admin_api/`.
"""
