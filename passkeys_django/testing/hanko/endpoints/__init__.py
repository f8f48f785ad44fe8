"""What the fake answers, an endpoint's topic a file.

What the server keeps lives in `state.py`, one level up.
"""
