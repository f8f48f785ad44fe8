"""manage.py passkeys_export: the file, and how it comes into being. tests/imports imports it."""

import io
import json
import sys
import types

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.lifecycle import batches
from passkeys_django.models import Passkey, PasskeyKind, RecoveryCode, UserHandle
from passkeys_django.protocol.base64url import base64url_encode
from tests.conftest import make_passkey

pytestmark = pytest.mark.django_db
UNFINISHED = r"The export is not complete\. Run the command again\.$"


def export(**options):
    """What went to standard output, and to standard error."""
    out, err = io.StringIO(), io.StringIO()
    call_command("passkeys_export", stdout=out, stderr=err, no_color=True, **options)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "passkeys.jsonl"


def breaking(monkeypatch, exception):
    """The export fails after its first line."""

    def rows():
        yield {"version": 1}
        raise exception

    monkeypatch.setattr("passkeys_django.maintenance.exporting._rows", rows)


def test_each_passkey_is_a_line_of_all_that_a_site_needs(user):
    handle = UserHandle.objects.for_user(user).handle
    make_passkey(user, name="Schlüssel", kind=PasskeyKind.SECURITY_KEY, discoverable=False, transports=["usb"])
    passkey = Passkey.objects.get()

    printed, said = export()

    assert printed.count("\n") == 1
    assert "Schlüssel" in printed
    assert said == "Exported 1.\n"
    assert json.loads(printed) == {
        "version": 1,
        "user": str(user.get_username()),
        "user_id": str(user.pk),
        "account": {"handle": handle, "strong_address": "", "recovered_at": None, "sessions_ended_at": None},
        "kind": "security-key",
        "name": "Schlüssel",
        "credential_id": passkey.credential_id,
        "public_key": base64url_encode(b"key"),
        "user_handle": base64url_encode(b"h" * 43),
        "rp_id": "testserver",
        "provider": "",
        "aaguid": "00000000-0000-0000-0000-000000000000",
        "transports": ["usb"],
        "backup_eligible": True,
        "backup_state": False,
        "user_verified": False,
        "discoverable": False,
        "sign_count": 0,
        "use_count": 0,
        "created_at": passkey.created_at.isoformat(),
        "last_used_at": None,
        "refused_at": None,
        "renamed_at": None,
    }


def test_somebody_without_a_handle_here_has_no_account(user):
    make_passkey(user)

    assert json.loads(export()[0])["account"] is None


def test_nothing_that_signs_in_or_proves_anything_is_in_it(user):
    make_passkey(user, spent=["spent-challenge"])
    RecoveryCode.objects.create(user=user, code_sha256="c" * 64, strength=1)

    printed, _said = export()

    for secret in ("spent-challenge", "c" * 64, user.password):
        assert secret not in printed


def test_the_file_has_what_standard_output_would_have_and_only_our_account_reads_it(user, path):
    for _ in range(3):
        make_passkey(user)

    printed, said = export(output=str(path))

    assert (printed, said) == ("", "Exported 3.\n")
    assert path.read_text(encoding="utf-8") == export()[0]
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced_only_by_force(user, path):
    path.write_text("precious")

    with pytest.raises(CommandError, match=r"passkeys\.jsonl exists\. Add --force to replace the file\.$"):
        export(output=str(path))
    assert path.read_text() == "precious"

    export(output=str(path), force=True)
    assert path.read_text() == ""


@pytest.mark.parametrize(
    ("exception", "message"),
    [(KeyboardInterrupt(), "^Stopped. "), (OperationalError("gone"), "^The database failed: gone. ")],
)
def test_an_export_that_breaks_off_is_one_line_and_leaves_the_old_file(
    user, path, monkeypatch, exception, message
):
    make_passkey(user)
    path.write_text("precious")
    breaking(monkeypatch, exception)

    with pytest.raises(CommandError, match=message + UNFINISHED):
        export(output=str(path), force=True)

    assert path.read_text() == "precious"
    assert list(path.parent.iterdir()) == [path]


def test_ctrl_c_ends_with_the_code_that_shells_expect(user, monkeypatch):
    make_passkey(user)
    breaking(monkeypatch, KeyboardInterrupt())

    with pytest.raises(CommandError) as caught:
        export()

    assert caught.value.returncode == 130


def test_a_place_that_cannot_be_written_is_one_line(db, tmp_path):
    with pytest.raises(CommandError, match=r"^Cannot write .+/nowhere/x: No such file or directory\.$"):
        export(output=str(tmp_path / "nowhere" / "x"))


def test_rows_are_read_a_page_at_a_time(user, monkeypatch):
    monkeypatch.setattr(batches.in_pages, "__defaults__", (2,))
    for _ in range(5):
        make_passkey(user)

    with CaptureQueriesContext(connection) as queries:
        printed, _said = export()

    ids = [json.loads(line)["credential_id"] for line in printed.splitlines()]
    assert sorted(ids) == sorted(Passkey.objects.values_list("credential_id", flat=True))
    assert len(queries) == 1 + 3 * 2 + 1  # the count, three pages with their accounts, and the page that is empty


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_progress_beside_what_is_written(user, monkeypatch):
    make_passkey(user)
    shown = []

    def tqdm(items, **options):
        shown.append(options)
        return items

    monkeypatch.setitem(sys.modules, "tqdm", types.SimpleNamespace(tqdm=tqdm))
    monkeypatch.setattr(sys, "stderr", Terminal())

    assert export()[0].count("\n") == 1
    assert shown == [{"total": 1, "unit": " passkeys", "file": sys.stderr}]


def test_a_terminal_without_tqdm_shows_no_progress(user, monkeypatch):
    make_passkey(user)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(sys, "stderr", Terminal())

    assert export()[0].count("\n") == 1
