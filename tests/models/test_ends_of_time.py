"""Moments at the ends of the calendar, as other software stores "never" and "always": everything can show them."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection

from passkeys_django.maintenance import adopt_credentials
from passkeys_django.models import Passkey
from passkeys_django.providers.base import ProviderCredential
from passkeys_django.testing import cose
from tests.conftest import Browser, make_passkey
from tests.support.staff import FIGURES, LIST, change_url

pytestmark = pytest.mark.django_db
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
MOMENTS = pytest.mark.parametrize("moment", [FIRST, LAST], ids=["year 1", "year 9999"])
ZONES = pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Pacific/Auckland"])


def set_times(settings, zone, *, use_tz=True):
    settings.USE_TZ, settings.TIME_ZONE = use_tz, zone


@MOMENTS
@ZONES
def test_d31_every_page_shows_a_passkey_of_any_time(settings, superuser, user, moment, zone):
    set_times(settings, zone)
    passkey = make_passkey(user, created_at=moment, last_used_at=moment)
    own = Browser().sign_in(user).client

    pages = [own.get("/passkeys/"), own.get(f"/passkeys/{passkey.pk}/remove/")]
    pages += [superuser.get(url) for url in (LIST, f"{LIST}?unused=year", change_url(passkey), FIGURES)]
    renamed = own.post(f"/passkeys/{passkey.pk}/rename/", {"name": "Old"}, headers={"Accept": "application/json"})

    assert [page.status_code for page in pages] == [200] * 6
    assert renamed.status_code == 200


@MOMENTS
@ZONES
def test_d31_rows_that_other_software_wrote_are_shown_too(settings, superuser, user, moment, zone):
    set_times(settings, zone)
    make_passkey(user)
    with connection.cursor() as cursor:
        value = connection.ops.adapt_datetimefield_value(moment)
        cursor.execute("UPDATE passkeys_django_passkey SET created_at = %s, last_used_at = %s", [value, value])

    assert Browser().sign_in(user).client.get("/passkeys/").status_code == 200
    assert superuser.get(change_url(Passkey.objects.get())).status_code == 200


@MOMENTS
@ZONES
@pytest.mark.parametrize("use_tz", [True, False])
def test_d31_a_passkey_of_any_time_is_json_before_and_after_it_is_stored(settings, user, moment, zone, use_tz):
    set_times(settings, zone, use_tz=use_tz)
    passkey = make_passkey(user, created_at=moment if use_tz else moment.replace(tzinfo=None))

    stored = Passkey.objects.get()

    assert passkey.to_json()["created_at"] == stored.to_json()["created_at"]
    assert passkey.to_json()["created_at"][:4] in ("0001", "0002", "9998", "9999")


@MOMENTS
@ZONES
@pytest.mark.parametrize("use_tz", [True, False])
def test_d31_a_credential_of_any_time_is_adopted(settings, user, recording_provider, moment, zone, use_tz):
    set_times(settings, zone, use_tz=use_tz)
    copy = ProviderCredential(
        id="A" * 22,
        user_id="ada-1",
        public_key=cose.generate(cose.ES256).public_key,
        name="Laptop",
        aaguid=UUID(int=0),
        transports=(),
        backup_eligible=True,
        backup_state=True,
        created_at=moment,
        last_used_at=moment,
        is_second_factor=False,
    )

    list(adopt_credentials(recording_provider, [copy], find_users=lambda _user_id: [user]))

    assert Browser().sign_in(user).client.get("/passkeys/").status_code == 200
    assert Passkey.objects.get().to_json()["last_used_at"]
