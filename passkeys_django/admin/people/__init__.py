"""What staff see about one person and do for them, and how they find people who need help.

This room knows users and their admins. Lists and pages of passkeys and events are in the room above.
"""
