"""What a text is made of: characters that people see, and halves of characters that nobody can store."""

import re
import unicodedata

_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"))
"""Unicode's categories of controls, joiners, blanks, and marks that change the character before them."""
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a symbol that are drawn as nothing: fillers of Hangul, and Braille without a dot."""

_LONE_SURROGATES = re.compile(r"[\ud800-\udfff]")
"""JSON can hold halves of surrogate pairs. They cannot be encoded as UTF-8, and no database stores them."""


def has_lone_surrogates(text: str) -> bool:
    """Does the text hold half of a surrogate pair (Unicode 16, 3.8)?"""
    return _LONE_SURROGATES.search(text) is not None


def is_visible(text: str) -> bool:
    """Does the text have a character that people can see? A text of zero-width spaces has none."""
    return any(unicodedata.category(char) not in _INVISIBLE and char not in _FILLERS for char in text)
