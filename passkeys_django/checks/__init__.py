"""Checks whether this site is set up correctly, for `manage.py check` and `passkeys_doctor`.

No check changes anything, and no code that serves a request imports this room. The ids are in `check_ids.py`.
"""
