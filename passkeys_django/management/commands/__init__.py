"""One file for each command: its options, its questions, what it prints.

No rule about passkeys belongs here.
"""
