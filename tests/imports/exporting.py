"""Lines as passkeys_export writes them, and the command in a process of its own."""

import json
import secrets
import subprocess

from django.contrib.auth import get_user_model

from passkeys_django.models import PasskeyEvent, Tombstone
from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.testing import cose
from tests.conftest import make_user
from tests.support.commands import start_command
from tests.support.tenant import run

PUBLIC_KEY = base64url_encode(cose.generate(cose.ES256).public_key)


def line(user, /, **members):
    """A line about a passkey of this user that was made at another site."""
    row = {
        "version": 1,
        "user": str(getattr(user, user._meta.get_field(user.USERNAME_FIELD).attname)),
        "user_id": str(user.pk),
        "account": None,
        "kind": "passkey",
        "name": "Laptop",
        "credential_id": base64url_encode(secrets.token_bytes(20)),
        "public_key": PUBLIC_KEY,
        "user_handle": base64url_encode(b"h" * 43),
        "rp_id": "testserver",
        "provider": "",
        "aaguid": "00000000-0000-0000-0000-000000000000",
        "transports": ["internal"],
        "backup_eligible": True,
        "backup_state": True,
        "user_verified": True,
        "discoverable": True,
        "sign_count": 0,
        "use_count": 1,
        "created_at": "2026-01-02T03:04:05+00:00",
        "last_used_at": None,
        "refused_at": None,
        "renamed_at": None,
    }
    return json.dumps(row | members)


def import_lines(path, *lines, **options):
    """What the command printed about a file of these lines."""
    path.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    return run("passkeys_import", file=str(path), yes=True, **options)


def empty_the_database():
    """As a new site's: nothing is left. The next users get other primary keys, since somebody else comes first."""
    for user in get_user_model()._default_manager.all():
        user.delete()
    for model in (PasskeyEvent, Tombstone):
        model.objects.all().delete()
    make_user("somebody")


def start_import():
    """The command in a process of its own. It reads its standard input."""
    return start_command("passkeys_import", "--file", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
