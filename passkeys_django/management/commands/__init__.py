"""One command a file: its options, its questions, what it prints.

No rule about passkeys belongs here.
"""
