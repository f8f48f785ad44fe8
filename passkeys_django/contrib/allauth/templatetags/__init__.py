"""What this room's templates use.

Tags for a site's own templates do not belong here: they stand in `passkeys_django/templatetags/`.
"""
