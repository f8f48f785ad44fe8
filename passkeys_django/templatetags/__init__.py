"""The tags that templates use; what the tags show is made in `frontend/`.

No SQL and no rule about passkeys belongs here.
"""
