"""How the fake reads requests and writes responses, as the real server does to the letter.

Nothing here knows what an endpoint does.
"""
