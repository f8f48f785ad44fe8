"""The page "Your passkeys": what its cards say."""

import re
from datetime import UTC, datetime
from html import unescape
from uuid import UUID

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from passkeys_django.models import Passkey
from tests.conftest import Browser, make_passkey

pytestmark = pytest.mark.django_db
GOOGLE = UUID("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")
ADVICE = "Create a second one"
MEANINGS = {"Synced": "copies the passkey to your other devices", "On this device only": "There is no copy"}
CURRENT = "You are signed in with this passkey"


@pytest.fixture
def client(user):
    """A client in which `user` has just signed in."""
    return Browser().sign_in(user).client


def page_of(client):
    response = client.get("/passkeys/")
    assert response.status_code == 200
    return response.content.decode()


def text_of(client):
    """What a person reads there."""
    body = page_of(client).partition("<body")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def cards(client):
    """The cards as HTML, by the id of the passkey."""
    found = re.findall(r'<article[^>]* id="passkey-([0-9a-f-]+)".*?</article>', page_of(client), re.DOTALL)
    parts = re.findall(r"<article.*?</article>", page_of(client), re.DOTALL)
    return dict(zip(found, parts, strict=True))


def test_the_list_is_for_people_who_are_signed_in():
    response = Client().get("/passkeys/")

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/passkeys/")


def test_l6_the_list_shows_ones_own_passkeys_only(client, user, other_user):
    make_passkey(user, name="My laptop")
    make_passkey(user, name="My phone")
    make_passkey(other_user, name="Secret key of Grace")

    page = client.get("/passkeys/").content.decode()

    assert "My laptop" in page
    assert "My phone" in page
    assert "Grace" not in page


def test_the_list_is_not_stored_by_anybody(client):
    response = client.get("/passkeys/")

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_list_is_only_read(client, method):
    assert client.generic(method, "/passkeys/").status_code == 405


def test_somebody_without_a_passkey_is_told_what_one_is(client):
    assert "A passkey lets you sign in with your fingerprint" in text_of(client)
    assert "You don't have one yet." in text_of(client)
    assert "nobody can guess it or lure it from you" in text_of(client)


def test_the_place_of_the_first_passkey_has_a_picture_and_the_only_button(client, user):
    place = re.search(r"<section.*?</section>", page_of(client), re.DOTALL)[0]
    assert '<svg viewBox="0 0 120 72"' in place
    assert page_of(client).count("data-passkey-register=") == place.count("data-passkey-register=") == 1

    make_passkey(user)
    heading = page_of(client).partition("<article")[0]
    assert "<section" not in page_of(client)
    assert heading.count("data-passkey-register=") == 1


def test_somebody_without_a_passkey_can_add_a_security_key_as_well(client, settings):
    settings.PASSKEY_POLICY = {"everybody": {"password": "second-step"}}
    kinds = re.findall(r'data-passkey-register=""( data-passkey-kind="security-key")?', page_of(client))
    assert kinds == ["", ' data-passkey-kind="security-key"']


def test_the_list_can_rename_and_remove_each_passkey_by_plain_forms(client, user):
    passkeys = [make_passkey(user), make_passkey(user)]

    page = client.get("/passkeys/").content.decode()

    actions = set(re.findall(r'action="([^"]+)"', page))
    forms = [reverse(f"passkeys:{form}", args=[key.pk]) for form in ("rename", "remove") for key in passkeys]
    assert set(forms) <= actions
    assert page.count('name="csrfmiddlewaretoken"') >= 2  # "Remove" only leads to a page that asks


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}", "a&b"]
)
@pytest.mark.parametrize("path", ["", "{}/remove/"])
def test_a_name_is_text_and_never_markup(client, user, name, path):
    passkey = make_passkey(user, name=name)

    page = client.get(f"/passkeys/{path.format(passkey.pk)}").content.decode()

    assert name in unescape(page)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert name.startswith("{") or name not in page


def test_each_card_can_be_linked_to_and_its_ids_are_its_own(client, user):
    passkeys = [make_passkey(user, name="Same"), make_passkey(user, name="Same")]

    assert list(cards(client)) == [str(passkey.pk) for passkey in passkeys]
    assert all('tabindex="-1"' in card for card in cards(client).values())
    ids = re.findall(r' id="([^"]+)"', page_of(client))
    assert len(ids) == len(set(ids))
    referred = set(re.findall(r' (?:for|aria-describedby|aria-labelledby)="([^"]+)"', page_of(client)))
    assert referred <= set(ids)


def test_the_buttons_of_a_card_say_whose_they_are(client, user):
    passkey = make_passkey(user)
    buttons = re.findall(r"<button [^>]*aria-describedby=\"([^\"]+)\">(\w+)</button>", page_of(client))
    title = f"passkey-{passkey.pk}-title"
    assert buttons == [(title, "Save"), (title, "Remove")]


def test_removing_is_asked_for_before_it_is_done(client, user):
    passkey = make_passkey(user)
    assert f'<form method="get" action="/passkeys/{passkey.pk}/remove/"' in page_of(client)


def test_the_manager_is_named_where_the_passkey_is_called_otherwise(client, user):
    make_passkey(user, name="Work laptop", aaguid=GOOGLE)
    assert "Kept by Google Password Manager" in text_of(client)


@pytest.mark.parametrize("fields", [{"aaguid": GOOGLE, "name": "Google Password Manager"}, {"name": "Unknown"}])
def test_the_manager_is_not_named_twice_and_never_guessed(client, user, fields):
    make_passkey(user, **fields)
    assert "Kept by" not in text_of(client)


@pytest.mark.parametrize(
    ("eligible", "state", "badge"),
    [
        (True, True, "Synced"),
        (True, False, "On this device only"),
        (False, False, "On this device only"),
        (None, False, ""),
    ],
)
def test_a_badge_says_where_the_passkey_is(client, user, eligible, state, badge):
    make_passkey(user, backup_eligible=eligible, backup_state=state)

    shown = {text for text in MEANINGS if text in text_of(client)}
    assert shown == {badge} - {""}
    assert {text for text, meaning in MEANINGS.items() if meaning in text_of(client)} == shown
    assert ("passkeys-badges" in page_of(client)) == bool(badge)


@pytest.mark.parametrize(
    ("uses", "words"),
    [(0, "· not used yet"), (1, "· used 1 time "), (12, "· used 12 times ")],
)
def test_a_card_tells_when_and_how_often_it_was_used(client, user, uses, words):
    used = datetime(2026, 5, 3, 14, 2, tzinfo=UTC) if uses else None
    make_passkey(user, use_count=uses, last_used_at=used)

    assert words in text_of(client)
    assert ("May 3, 2026" in text_of(client)) == bool(uses)


def test_an_adopted_passkey_was_used_who_knows_how_often(client, user):
    make_passkey(user, use_count=0, last_used_at=datetime(2026, 5, 3, 14, 2, tzinfo=UTC))
    assert "not used" not in text_of(client)
    assert "used 0" not in text_of(client)


@pytest.mark.parametrize(
    ("language", "day"), [("de", "3. Mai 2026"), ("ja", "2026年5月3日"), ("ar", "3 مايو، 2026")]
)
def test_dates_are_in_the_language_of_the_page(client, user, language, day):
    make_passkey(user, created_at=datetime(2026, 5, 3, 12, tzinfo=UTC))
    with override_settings(LANGUAGE_CODE=language):
        assert day in text_of(client)


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_the_page_runs_in_the_direction_of_its_language(client, language, direction):
    with override_settings(LANGUAGE_CODE=language):
        assert f'<html lang="{language}" dir="{direction}">' in page_of(client)


def test_the_passkey_of_this_login_is_marked_and_no_other(registered, user):
    other = make_passkey(user, name="Another")
    registered.login()
    used = Passkey.objects.exclude(pk=other.pk).get()

    marked = {key for key, card in cards(registered.client).items() if CURRENT in card}

    assert marked == {str(used.pk)}


def test_after_a_password_none_is_marked(client, user):
    make_passkey(user)
    assert CURRENT not in text_of(client)


def test_a_passkey_that_its_provider_removed_is_shown_as_such(client, user):
    make_passkey(user, refused_at=datetime(2026, 5, 3, tzinfo=UTC))
    assert "Removed by the passkey service" in text_of(client)


@pytest.mark.parametrize(
    ("passkeys", "advised"),
    [([False], True), ([True], False), ([None], False), ([False, False], False), ([], False)],
)
def test_l4_whoever_has_one_passkey_on_one_device_is_advised_to_add_another(client, user, passkeys, advised):
    for eligible in passkeys:
        make_passkey(user, backup_eligible=eligible)

    assert (ADVICE in text_of(client)) is advised


def test_the_page_costs_one_statement_beside_session_and_user(client, user, django_assert_num_queries):
    for _number in range(5):
        make_passkey(user)
    client.get("/passkeys/")  # the first one in a session is noted in the session
    with django_assert_num_queries(3):
        client.get("/passkeys/")


def renamed_to(client, passkey, name):
    return client.post(reverse("passkeys:rename", args=[passkey.pk]), {"name": name})


@pytest.mark.parametrize("name", [" ", "x" * 101, "a\x00b"], ids=["empty", "too-long", "control"])
def test_a_refused_name_stays_in_its_field_and_the_reason_stands_beside_it(client, user, name):
    passkey, other = make_passkey(user, name="Laptop"), make_passkey(user, name="Phone")

    response = renamed_to(client, passkey, name)

    page, key = unescape(response.content.decode()), f"passkey-{passkey.pk}"
    assert response.status_code == 400
    assert page.count('<details class="passkeys-rename" open>') == 1
    (field,) = re.findall(r"<input[^>]*aria-invalid[^>]*>", page, re.DOTALL)
    assert f'id="{key}-name"' in field
    assert f'value="{name}"' in field
    assert f'aria-describedby="{key}-error {key}-title"' in field
    assert re.search(rf'id="{key}-error" role="alert">Please enter a name of at most 100 characters', page)
    assert f'value="{other.name}"' in page


def test_too_many_names_are_refused_beside_the_field_too(client, user, settings):
    settings.PASSKEY_RATE_LIMITS = {"rename": "1/h"}
    passkey = make_passkey(user)
    renamed_to(client, passkey, "One")

    response = renamed_to(client, passkey, "Two")

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert 'value="Two"' in response.content.decode()


def test_after_a_refused_name_a_new_passkey_leads_to_the_list_and_sends_no_name_again(client, user):
    response = renamed_to(client, make_passkey(user), " ")
    assert 'data-passkey-register="/passkeys/"' in response.content.decode()
    assert 'data-passkey-register=""' in page_of(client)


@pytest.mark.parametrize("method", ["get", "head"])
def test_the_address_of_a_refused_name_leads_to_the_list(client, user, method):
    response = getattr(client, method)(reverse("passkeys:rename", args=[make_passkey(user).pk]))
    assert (response.status_code, response["Location"]) == (302, "/passkeys/")


def test_the_frame_names_the_site_and_leads_back_to_it(client, settings):
    settings.PASSKEY_RP_NAME = "Acme & Co"
    header = re.search(r"<header.*?</header>", page_of(client), re.DOTALL)[0]
    assert "<bdi>Acme &amp; Co</bdi>" in header
    assert 'aria-label="Back to Acme &amp; Co"' in header


def test_a_card_shows_the_icon_of_its_manager_else_our_glyph(client, user):
    make_passkey(user, aaguid=GOOGLE)
    make_passkey(user)
    known, unknown = cards(client).values()
    assert f'<img src="/passkeys/icons/{GOOGLE}/light"' in known
    assert f'srcset="/passkeys/icons/{GOOGLE}/dark"' in known
    assert "<img" not in unknown
    assert "<svg" in unknown
