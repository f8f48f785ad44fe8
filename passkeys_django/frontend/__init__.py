"""What template tags put on a page: the script's configuration, CSS classes, offers of a passkey.

Views and their URLs do not belong here.
"""
