"""The addresses of our pages, on sites that may not include them."""

from django.urls import NoReverseMatch, reverse


def reverse_or_none(name: str) -> str | None:
    """The path of this URL name. None on a site with views of its own, whose URLconf does not have the name."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None
