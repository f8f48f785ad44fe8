"""The public API of one tenant: one file for each topic.

`admin_api/` has what only the admin API of a self-hosted server offers.
"""
