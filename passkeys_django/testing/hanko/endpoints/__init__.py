"""The endpoints of the fake: one file for each topic.

`state.py`, one level up, has what the server stores.
"""
