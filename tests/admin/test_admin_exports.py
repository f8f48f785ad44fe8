"""The exports of passkeys and of the history from their lists."""

import csv
import io
import json

import pytest
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import AsyncClient

from passkeys_django.models import EventKind, PasskeyEvent
from tests.conftest import credentials_of, make_passkey, make_user
from tests.support.staff import EVENTS, LIST, run_action, staff_client

pytestmark = pytest.mark.django_db


def text_of(response):
    assert response.status_code == 200
    assert isinstance(response, StreamingHttpResponse)
    assert "no-store" in response["Cache-Control"]
    return b"".join(response.streaming_content).decode()


def test_selected_passkeys_are_exported_as_csv(superuser, user):
    passkey = make_passkey(user, name="Blue laptop")
    make_passkey(user, name="Left out")

    response = run_action(superuser, "export_csv", passkey)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="passkeys-')
    [row] = csv.DictReader(io.StringIO(text_of(response)))
    assert (row["id"], row["name"], row["user"]) == (str(passkey.pk), "Blue laptop", user.get_username())


def test_selected_passkeys_are_exported_as_json_lines(superuser, user):
    passkey = make_passkey(user, name="Größe")

    response = run_action(superuser, "export_jsonl", passkey)

    assert response["Content-Type"] == "application/x-ndjson"
    [line] = text_of(response).splitlines()
    assert json.loads(line)["name"] == "Größe"


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_the_history_is_exported(superuser, user, format):
    event = PasskeyEvent.objects.create(user=user, kind=EventKind.USED, name="Laptop", address="192.0.2.0")

    response = superuser.post(EVENTS, {"action": f"export_{format}", "_selected_action": [event.pk]})

    text = text_of(response)
    assert "Laptop" in text
    assert "192.0.2.0" in text
    assert user.get_username() in text


def test_all_pages_of_a_list_are_exported(superuser, user):
    passkeys = [make_passkey(user) for _ in range(101)]

    response = run_action(superuser, "export_jsonl", passkeys[0], select_across="1")

    assert len(text_of(response).splitlines()) == 101


def test_whoever_may_look_may_export_and_nobody_else(user):
    passkey = make_passkey(user)

    assert text_of(run_action(staff_client("view_passkey"), "export_csv", passkey))


def test_staff_without_permission_export_nothing(user):
    passkey = make_passkey(user)

    assert run_action(staff_client("view_passkeyevent"), "export_csv", passkey).status_code == 403


def test_under_asgi_rows_are_streamed_too(user):
    boss = make_user("boss", is_staff=True, is_superuser=True)
    passkey = make_passkey(user)
    client = AsyncClient()
    async_to_sync(client.alogin)(**credentials_of(boss))

    async def exported():
        response = await client.post(LIST, {"action": "export_jsonl", "_selected_action": [str(passkey.pk)]})
        assert response.is_async
        return b"".join([part async for part in response.streaming_content])

    assert json.loads(async_to_sync(exported)())["id"] == str(passkey.pk)
