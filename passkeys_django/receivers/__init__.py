"""What our signals set off: the history and the e-mails.

No other room imports this one: `apps.py` connects the receivers.
"""
