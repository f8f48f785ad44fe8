"""The second step after a password: the second round of a login form, and the page for parked sessions.

The ceremony itself is in `ceremonies/`, and the rule when a second step is due is in `policy/`.
"""
