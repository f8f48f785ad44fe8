"""What every request passes: its body, the limits, the client's address, and errors as problem documents.

Nothing here may know passkeys, models or providers.
"""
