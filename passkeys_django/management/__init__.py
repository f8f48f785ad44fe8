"""The commands `manage.py passkeys_*`, and what they share.

The work itself is done in `maintenance/` and `checks/`.
"""
