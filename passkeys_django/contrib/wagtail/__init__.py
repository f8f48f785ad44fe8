"""Passkeys in Wagtail's admin: its login page, the account page, the frame of our pages, and the list of users.

A site lists this app in INSTALLED_APPS. docs/how-to/wagtail.md shows what else it needs.
"""
