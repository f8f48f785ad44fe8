"""The admin API of a self-hosted server: tenants, their secrets, configuration and users.

Hanko's hosted service does not offer this API.
"""
