"""Beside django-allauth: a site lists this app, and allauth's login, confirmation and account pages take passkeys.

Rules of passkeys do not belong here: this room only joins them with allauth's rules. The page
docs/how-to/beside-django-allauth.md says what a site writes.
"""
