"""Passkeys in Django's admin: found, renamed, revoked, counted; their history; and on each user's page."""

from .events import PasskeyEventAdmin
from .inline import PasskeyInline, show_on_user_page
from .passkeys import PasskeyAdmin

__all__ = ["PasskeyAdmin", "PasskeyEventAdmin", "PasskeyInline", "show_on_user_page"]
