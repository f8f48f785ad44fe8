"""The checks of the signed forms that the URLconf serves: what would fail, or mislead, when somebody signs."""

from .mistakes import check_signed_forms

ALL = (check_signed_forms,)

__all__ = ["ALL", "check_signed_forms"]
