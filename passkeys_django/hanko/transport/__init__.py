"""HTTP to one server: time-outs, pages, checked replies, and what must not be sent.

These modules do not name any endpoint of Hanko's API.
"""
