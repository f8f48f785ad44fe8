"""HTTP to one server and back: time-outs, pages, checked replies, and what must not be sent.

No endpoint of Hanko's API has a name in here.
"""
