"""What operators do to many passkeys: adopt, import, compare with a provider, relabel, prune.

What one person does to one passkey lives in `lifecycle/`.
"""

from .adoption import Adopted, Skipped, SkipReason, adopt_credentials
from .users import UserFinder, user_finder

__all__ = ["Adopted", "SkipReason", "Skipped", "UserFinder", "adopt_credentials", "user_finder"]
