"""The mails whose text how-to pages show: they are what our templates say."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from passkeys_django.mail import TEMPLATES

FACTS = {
    "site_name": "Example",
    "url": "https://example.com/passkeys/enrol/Yk3…/",
    "cancel_url": "https://example.com/passkeys/enrol/cancel/7:9dK…/",
    "at": datetime(2026, 11, 29, 9, tzinfo=UTC),
    "by": "you",
    "enrolment": SimpleNamespace(
        get_reason_display="another device", not_before=datetime(2026, 11, 29, 9, tzinfo=UTC)
    ),
}
LINK_BY_EMAIL = FACTS | {
    "valid_from": datetime(2026, 11, 30, 9, tzinfo=UTC),
    "expires_at": datetime(2026, 12, 1, 9, tzinfo=UTC),
}
INVITATION = FACTS | {"expires_at": datetime(2026, 11, 30, 9, tzinfo=UTC)}


def mail(kind, facts):
    """Subject and body in English, as people get them at example.com."""
    with override("en"), timezone.override("UTC"):
        subject, body = (render_to_string(f"{TEMPLATES}{kind}_{part}.txt", facts) for part in ("subject", "body"))
    return " ".join(subject.split()), re.sub(r"\n{3,}", "\n\n", body).strip()
