"""How the fake reads requests and writes responses: exactly as the real server does.

These modules do not know what an endpoint does.
"""
