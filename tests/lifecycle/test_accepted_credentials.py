"""`accepted-credentials`: what browsers are told to keep is complete, or they are told nothing."""

import uuid

import pytest
from django.test import Client

from passkeys_django import lifecycle
from passkeys_django.models import Passkey, RemovedPasskey, UserHandle
from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.providers import get_provider
from passkeys_django.providers.base import UnreadableCredential
from tests.conftest import Browser, make_passkey, make_user, refusal
from tests.support.tenant import Tenants

pytestmark = pytest.mark.django_db
URL = "/passkeys/accepted-credentials"


def handle_of(user):
    return UserHandle.objects.for_user(user).handle.encode()


def copies_are(monkeypatch, *copies):
    """What the provider lists, whoever is asked for."""
    monkeypatch.setattr(type(get_provider()), "list_credentials", lambda self, *, user_id: iter(copies))


def ask(browser):
    response = browser.post("accepted-credentials", {})
    assert response.status_code == 200, response.content
    return response.json()


def ids(browser):
    """The accepted ids, which are the same for every handle."""
    lists = [entry["allAcceptedCredentialIds"] for entry in ask(browser)["accepted"]]
    assert all(other == lists[0] for other in lists)
    return set(lists[0])


def handles(browser):
    return {entry["userId"] for entry in ask(browser)["accepted"]}


@pytest.fixture
def tenants(hanko_site, tenant):
    return Tenants(hanko_site, tenant)


def test_everything_that_the_site_accepts_is_in_the_list(signed_in, user, other_user):
    handle = handle_of(user)
    mine = [make_passkey(user, user_handle=handle).credential_id for _number in range(3)]
    make_passkey(other_user)

    assert ask(signed_in) == {
        "rpId": "testserver",
        "accepted": [{"userId": base64url_encode(handle), "allAcceptedCredentialIds": sorted(mine)}],
    }


def test_passkeys_of_another_relying_party_are_none_of_its_business(signed_in, user):
    make_passkey(user, rp_id="elsewhere.example", user_handle=b"elsewhere")

    assert ask(signed_in) == {"rpId": "testserver", "accepted": []}


def test_adopted_passkeys_are_listed_under_the_handle_that_they_were_made_with(signed_in, user):
    make_passkey(user, user_handle=b"number 1")

    assert handles(signed_in) == {base64url_encode(b"number 1")}


@pytest.mark.parametrize("as_text", [True, False])
def test_a_uuid_is_listed_as_text_and_as_bytes(signed_in, user, as_text):
    value = uuid.uuid4()
    make_passkey(user, user_handle=str(value).encode() if as_text else value.bytes)

    assert handles(signed_in) == {base64url_encode(value.bytes), base64url_encode(str(value).encode())}


def test_a_person_without_passkeys_is_told_so_under_their_own_handle(signed_in, user):
    handle = handle_of(user)

    assert ask(signed_in)["accepted"] == [{"userId": base64url_encode(handle), "allAcceptedCredentialIds": []}]


def test_asking_makes_no_handle(signed_in):
    assert ask(signed_in)["accepted"] == []
    assert not UserHandle.objects.exists()


# Removed in this session


def remove(browser, passkey):
    response = browser.client.post(f"/passkeys/{passkey.pk}/remove/", headers={"Accept": "application/json"})
    assert response.status_code == 204


def test_the_handle_of_a_removed_passkey_is_listed_until_the_browser_was_told(signed_in, user):
    remove(signed_in, make_passkey(user, user_handle=b"number 1"))

    assert handles(signed_in) == {base64url_encode(b"number 1"), base64url_encode(handle_of(user))}
    assert base64url_encode(b"number 1") not in handles(signed_in)


def page_signals(browser):
    return browser.client.get("/passkeys/").context["passkey_signals"]


def test_the_browser_is_told_once_a_session_which_passkeys_are_accepted(signed_in):
    assert page_signals(signed_in)["accepted"]
    assert not page_signals(signed_in)["accepted"]


def test_asking_for_the_list_saves_no_session_which_another_request_may_be_changing(signed_in):
    page_signals(signed_in)
    response = signed_in.post("accepted-credentials", {})
    assert (response.status_code, "sessionid" in response.cookies) == (200, False)


def test_a_site_below_its_rp_id_which_may_be_a_copy_tells_only_after_a_removal(signed_in, user, settings):
    settings.ALLOWED_HOSTS = [".example.com"]
    settings.PASSKEY_RP_ID, settings.PASSKEY_ORIGINS = "example.com", ["https://staging.example.com"]
    staging = {"headers": {"host": "staging.example.com"}, "secure": True}

    def is_told():
        return signed_in.client.get("/passkeys/", **staging).context["passkey_signals"]["accepted"]

    assert not is_told()
    signed_in.client.post(f"/passkeys/{make_passkey(user).pk}/remove/", **staging)
    assert is_told()


def test_l7_the_browser_is_told_again_after_a_removal(signed_in, user):
    ask(signed_in)
    remove(signed_in, make_passkey(user))
    assert page_signals(signed_in)["accepted"]
    ask(signed_in)
    assert not page_signals(signed_in)["accepted"]


def test_what_could_not_be_told_is_told_later(signed_in, user, tenants, hanko_site):
    remove(signed_in, tenants.both(user))
    hanko_site.faults.drop = True

    assert refusal(signed_in.post("accepted-credentials", {})) == (503, "provider_unavailable")

    hanko_site.faults.drop = False
    assert page_signals(signed_in)["accepted"]
    assert ids(signed_in) == set()


def test_a_session_remembers_so_many_removals_and_no_more(rf, user):
    request = rf.get("/")
    request.session = {}
    for number in range(lifecycle.accepted.MAX_REMOVED + 5):
        for _again in range(2):
            lifecycle.note_removal(request, Passkey(user=user, user_handle=b"%d" % number))

    (noted,) = request.session.values()
    assert noted == [base64url_encode(b"%d" % number) for number in range(5, 25)]


# With a provider that keeps copies


def test_what_the_provider_holds_counts_though_it_was_not_adopted(signed_in, user, tenants):
    here = tenants.both(user)
    there = tenants.add_of(user)
    second_factor = tenants.add_of(user, is_mfa=True)

    assert ids(signed_in) == {here.credential_id, there, second_factor}


def test_what_the_provider_holds_under_an_adopted_handle_counts(signed_in, user, tenants):
    make_passkey(user, user_handle=b"number 1", provider=tenants.identity)
    there = tenants.add("number 1")
    of_others = tenants.add("number 2")

    assert there in ids(signed_in)
    assert of_others not in ids(signed_in)


def remember_removal(tenants, credential_id, user_handle):
    RemovedPasskey.objects.remember(
        provider=tenants.identity, credential_id=credential_id, user_handle=user_handle
    )


def test_what_the_provider_is_still_to_forget_does_not_count(signed_in, user, tenants):
    removed = tenants.add_of(user)
    remember_removal(tenants, removed, handle_of(user))

    assert ids(signed_in) == set()


def test_w6_somebody_elses_removal_of_the_same_id_hides_no_passkey(signed_in, user, other_user, tenants):
    mine = tenants.add_of(user)
    remember_removal(tenants, mine, handle_of(other_user))

    assert ids(signed_in) == {mine}


def test_a_passkey_that_lives_on_here_counts_though_the_provider_is_to_forget_it(signed_in, user, tenants):
    kept = make_passkey(user, credential_id=tenants.add_of(user), user_handle=handle_of(user))
    remember_removal(tenants, kept.credential_id, handle_of(user))

    assert ids(signed_in) == {kept.credential_id}


def test_more_than_a_page_of_copies(signed_in, user, tenants):
    there = {tenants.add_of(user) for _number in range(150)}

    assert ids(signed_in) == there


def test_a_copy_that_nobody_can_read_counts_by_its_id(signed_in, user, tenants, monkeypatch):
    handle_of(user)
    copies_are(monkeypatch, UnreadableCredential(id="AAAA", reason="no date"))

    assert ids(signed_in) == {"AAAA"}


def test_handles_that_are_no_text_are_not_asked_for(signed_in, user, tenants):
    passkey = make_passkey(user, user_handle=b"\xff\xfe")

    assert ids(signed_in) == {passkey.credential_id}


@pytest.mark.parametrize(
    ("status", "expected"), [(503, (503, "provider_unavailable")), (401, (502, "provider_error"))]
)
def test_half_a_list_is_none(signed_in, user, hanko_site, tenants, status, expected):
    make_passkey(user)
    hanko_site.faults.status = status

    assert refusal(signed_in.post("accepted-credentials", {})) == expected


def test_while_the_provider_is_down_our_rows_answer_for_a_person_whose_copies_are_all_known(
    signed_in, user, hanko_site, tenants
):
    mine = {tenants.both(user).credential_id, make_passkey(user, user_handle=handle_of(user)).credential_id}
    hanko_site.faults.drop = True

    assert ids(signed_in) == mine
    assert handles(signed_in) == {base64url_encode(handle_of(user))}


def test_while_the_provider_is_down_nothing_is_said_of_a_person_who_was_there_before_this_site(
    signed_in, user, hanko_site, tenants
):
    """The tenant may hold passkeys of theirs that were not adopted yet."""
    tenants.both(user)
    adopted = tenants.add("number 1")
    make_passkey(user, provider=tenants.identity, credential_id=adopted, user_handle=b"number 1")
    tenants.add("number 1")
    hanko_site.faults.drop = True

    assert refusal(signed_in.post("accepted-credentials", {})) == (503, "provider_unavailable")


@pytest.mark.parametrize("status", [503, 401])
def test_who_asks_quietly_gets_no_list_and_no_error(signed_in, user, hanko_site, tenants, status):
    remove(signed_in, make_passkey(user, user_handle=handle_of(user)))
    hanko_site.faults.status = status

    response = signed_in.post("accepted-credentials", {"quiet": True})

    assert (response.status_code, response.content) == (204, b"")
    hanko_site.faults.clear()
    assert page_signals(signed_in)["accepted"]


def test_an_id_that_is_no_base64url_makes_the_list_incomplete(signed_in, user, tenants, monkeypatch):
    handle_of(user)
    copies_are(monkeypatch, UnreadableCredential(id="n/a", reason="its id is no base64url"))

    assert refusal(signed_in.post("accepted-credentials", {})) == (502, "provider_error")


def test_a_provider_that_is_down_is_not_waited_for(signed_in, user, hanko_site, tenants, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True
    handle_of(user)
    hanko_site.faults.drop = True
    signed_in.post("accepted-credentials", {})
    asked = len(hanko_site.requests)

    assert refusal(signed_in.post("accepted-credentials", {})) == (503, "provider_unavailable")
    assert len(hanko_site.requests) == asked


# The endpoint


def test_nobody_else_is_told():
    assert refusal(Browser().post("accepted-credentials", {})) == (401, "not_authenticated")


def test_d14_it_takes_post_with_a_csrf_token_only(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    assert refusal(client.post(URL, {}, content_type="application/json")) == (403, "csrf_failed")
    assert refusal(client.get(URL)) == (405, "invalid_request")


def test_nobody_stores_the_answer(signed_in):
    assert signed_in.post("accepted-credentials", {})["Cache-Control"] == "no-store"


# What the list page says


def test_the_page_tells_what_people_are_called(signed_in, user):
    make_passkey(user, user_handle=b"number 1")
    make_passkey(user, user_handle=b"number 1")
    make_passkey(user, user_handle=b"elsewhere", rp_id="elsewhere.example")
    full_name = getattr(user, "get_full_name", str)()

    assert page_signals(signed_in)["userDetails"] == [
        {
            "rpId": "testserver",
            "userId": base64url_encode(b"number 1"),
            "name": user.get_username(),
            "displayName": full_name or user.get_username(),
        }
    ]


def test_the_full_name_is_shown_where_there_is_one(monkeypatch):
    user = make_user()
    monkeypatch.setattr(type(user), "get_full_name", lambda self: "Ada Lovelace", raising=False)
    make_passkey(user)

    (details,) = page_signals(Browser().sign_in(user))["userDetails"]
    assert (details["name"], details["displayName"]) == (user.get_username(), "Ada Lovelace")


@pytest.mark.parametrize("count", [0, 1, 15])
def test_the_page_takes_three_statements_however_many_passkeys(signed_in, user, count, django_assert_num_queries):
    for _number in range(count):
        make_passkey(user)
    page_signals(signed_in)  # the first page of a session notes in the session what it tells

    with django_assert_num_queries(3):  # the session, the user, the passkeys
        signed_in.client.get("/passkeys/")


def test_g7_security_keys_are_accepted_too(signed_in, user):
    """A list without them could make an authenticator forget them."""
    key = make_passkey(user, kind="security-key")

    accepted = signed_in.post("accepted-credentials").json()["accepted"]

    assert all(key.credential_id in each["allAcceptedCredentialIds"] for each in accepted)
