"""What every request passes through: body, limits, client address, and errors as problem documents.

Nothing here may know passkeys, models or providers.
"""
