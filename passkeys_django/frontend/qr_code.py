"""A link as a QR code, with the extra `qr` (segno)."""

from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_variables

try:
    import segno
except ImportError:  # without the extra, pages show only the link
    segno = None  # type: ignore[assignment]


@sensitive_variables()
def qr_code(url: str) -> SafeString:
    """An inline SVG; empty without segno. Cameras need dark on light, and an edge, also on a dark page."""
    if segno is None:
        return SafeString("")
    code = segno.make(url, error="m", micro=False)
    return mark_safe(code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True))  # noqa: S308  # segno's own
