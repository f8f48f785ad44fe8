"""What our signals set off: the history and the e-mails. `apps.py` connects the receivers."""
