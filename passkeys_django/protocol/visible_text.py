"""Finds out whether a text has visible characters."""

import unicodedata

_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"))
"""Unicode's categories of controls, joiners, blanks, and marks that change the character before them."""
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a symbol that are drawn as nothing: fillers of Hangul, and Braille without a dot."""


def is_visible(text: str) -> bool:
    """Does the text have a character that people can see? A text of zero-width spaces has none."""
    return any(unicodedata.category(char) not in _INVISIBLE and char not in _FILLERS for char in text)
