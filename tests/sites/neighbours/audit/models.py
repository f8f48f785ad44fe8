"""A history of passkeys by django-simple-history, as its manual says for models of other apps."""

from simple_history import register

from passkeys_django.models import Passkey

register(Passkey, app="tests.sites.neighbours.audit")
