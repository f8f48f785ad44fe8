"""Is this site set up right? What `manage.py check` and `passkeys_doctor` say.

No check changes anything, and nothing that serves a request imports this room. The ids stand in `check_ids.py`.
"""
