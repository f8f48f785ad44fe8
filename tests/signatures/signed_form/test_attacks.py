"""H1, H2: what somebody tries who wants a signature of another person, or another text under a signature."""

import pytest
from django.test import Client
from django.utils import timezone

from passkeys_django.models import Passkey, PasskeySignature
from tests.conftest import ceremony_cookies, moved_clock, put_cookies, refusal
from tests.signatures.conftest import DATA, URL, Signer, signer_of
from tests.signatures.site import transfers

pytestmark = pytest.mark.django_db

FAILED = (403, "signature_failed")


def assert_nothing_happened():
    assert transfers() == []
    assert not PasskeySignature.objects.exists()


def test_an_answer_without_user_verification_signs_nothing(signer):
    options = signer.start().json()
    assert refusal(signer.finish(signer.answer(options, flags={"uv": False}))) == FAILED
    assert_nothing_happened()


def test_an_answer_of_another_origin_signs_nothing(signer):
    options = signer.start().json()
    assert refusal(signer.finish(signer.answer(options, origin="https://evil.example"))) == FAILED
    assert_nothing_happened()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "security-key"},
        {"user_verified": False},
        {"refused_at": timezone.now()},
        {"rp_id": "example.com"},
    ],
    ids=["security key", "made without verification", "removed by its provider", "another RP ID"],
)
def test_a_passkey_that_became_unfit_after_the_start_signs_nothing(signer, change):
    answer = signer.answer(signer.start().json())
    Passkey.objects.update(**change)
    assert refusal(signer.finish(answer)) == FAILED
    assert_nothing_happened()


@pytest.mark.parametrize("change", [{"kind": "security-key"}, {"user_verified": False}, {"rp_id": "example.com"}])
def test_people_with_only_unfit_passkeys_are_told_to_create_one(signer, change):
    Passkey.objects.update(**change)
    response = signer.start()
    assert refusal(response) == (403, "passkey_required")
    assert response.json()["url"] == "/passkeys/"


def test_a_passkey_that_was_removed_meanwhile_signs_nothing(signer):
    answer = signer.answer(signer.start().json())
    Passkey.objects.all().delete()
    assert refusal(signer.finish(answer)) == FAILED
    assert_nothing_happened()


def test_a_device_bound_passkey_whose_counter_went_back_signs_nothing(site, user):
    signer = signer_of(user, counter=5, backup_eligible=False, backup_state=False)
    answer = signer.answer(signer.start().json())
    Passkey.objects.update(sign_count=1000)
    assert refusal(signer.finish(answer)) == FAILED
    assert_nothing_happened()


def test_the_counter_of_a_synced_passkey_may_go_back(signer):
    answer = signer.answer(signer.start().json())
    Passkey.objects.update(sign_count=1000)
    assert signer.finish(answer).status_code == 201
    assert Passkey.objects.get().sign_count == 1000


def test_a_signature_counts_as_a_use_of_the_passkey(signer):
    before = Passkey.objects.get()
    assert signer.sign(sign_count=7).status_code == 201
    after = Passkey.objects.get()
    assert (after.use_count, after.sign_count) == (before.use_count + 1, 7)
    assert after.last_used_at is not None


def test_another_browser_cannot_finish(signer, user):
    answer = signer.answer(signer.start().json())
    thief = Signer().sign_in(user)
    assert refusal(thief.finish(answer)) == (400, "ceremony_not_found")
    assert_nothing_happened()


def test_after_somebody_else_has_signed_in_the_answer_is_void(signer, other_signer):
    """Both sit at one computer."""
    answer = signer.answer(signer.start().json())
    put_cookies(other_signer.client, ceremony_cookies(signer.client))
    assert refusal(other_signer.finish(answer)) == (400, "ceremony_not_found")
    assert_nothing_happened()


def test_nobody_gets_the_answer_to_a_signature_of_somebody_else(signer, other_signer):
    answer = signer.answer(signer.start().json())
    assert signer.finish(answer).status_code == 201
    assert refusal(other_signer.finish(answer)) == (400, "ceremony_not_found")


def test_after_ten_minutes_the_answer_is_void(signer):
    answer = signer.answer(signer.start().json())
    with moved_clock(11 * 60):
        assert refusal(signer.finish(answer)) == (400, "ceremony_expired")
    assert_nothing_happened()


def test_a_login_challenge_signs_nothing(signer):
    options = signer.request_options()
    assert refusal(signer.finish(signer.answer(options))) == (400, "ceremony_not_found")
    assert_nothing_happened()


def test_the_challenge_of_a_signature_logs_nobody_in(signer):
    credential = signer.authenticator.get(signer.start().json())
    visitor = Signer()
    put_cookies(visitor.client, ceremony_cookies(signer.client))
    assert refusal(visitor.post("finalize-login", credential)) == (400, "ceremony_not_found")
    assert visitor.user_id is None


def test_the_same_answer_with_other_bytes_is_no_repetition(signer):
    """A thief who has seen the challenge gets no answer in the owner's place."""
    options = signer.start().json()
    assert signer.finish(signer.answer(options)).status_code == 201
    other = signer.answer(options, client_data={"other": True})
    assert refusal(signer.finish(other)) == (409, "already_signed")
    assert len(transfers()) == 1


@pytest.mark.parametrize("junk", ["{", "[]", "null", '"text"', "{}", '{"id": 1}', "x" * 70_000])
def test_an_answer_that_is_none_is_refused(signer, junk):
    status, code = refusal(signer.finish(junk))
    assert (status, code) in {(400, "invalid_request"), (400, "invalid_credential"), (413, "invalid_request")}
    assert_nothing_happened()


@pytest.mark.parametrize("junk", ["{", "{}", "x" * 70_000])
def test_a_browser_with_an_answer_that_is_none_gets_a_page_with_a_way_on(signer, junk):
    page = signer.client.post(URL, {**DATA, "passkey": junk}, secure=True)
    assert page.status_code in (400, 413)
    html = page.content.decode()
    assert f'href="{URL}"' in html or 'name="signed_form_edit"' in html
    assert_nothing_happened()


@pytest.mark.parametrize("body", ["[]", "{", "7", '{"passkey": 7}', '{"to": {"a": "b"}}', '{"amount": 1e999}'])
def test_json_that_is_no_form_is_refused(signer, body):
    response = signer.client.post(
        URL, body, content_type="application/json", headers={"Accept": "application/json"}, secure=True
    )
    assert refusal(response) == (400, "invalid_request")


def test_a_stranger_is_told_to_sign_in_whatever_they_send(site):
    client = Client()
    for method in (client.get, client.post):
        assert method(URL, secure=True)["Location"].startswith("/accounts/login/")
        response = method(URL, headers={"Accept": "application/json"}, secure=True)
        assert refusal(response) == (401, "not_authenticated")


def test_a_post_without_the_csrf_token_is_refused(signer):
    strict = Signer()
    strict.client = Client(enforce_csrf_checks=True)
    strict.client.cookies = signer.client.cookies
    assert refusal(strict.start()) == (403, "csrf_failed")
    assert strict.client.post(URL, DATA, secure=True).status_code == 403
    assert_nothing_happened()


def test_people_whose_session_has_ended_are_led_to_the_login_page(site):
    """Also if their CSRF token went with the session."""
    response = Client(enforce_csrf_checks=True).post(URL, DATA, secure=True)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")


def test_a_deactivated_person_signs_nothing(signer, user, deactivate):
    answer = signer.answer(signer.start().json())
    deactivate(user)
    assert refusal(signer.finish(answer)) == (401, "not_authenticated")
    assert_nothing_happened()


def test_somebody_who_acts_as_another_user_signs_nothing(signer, other_signer):
    session = signer.client.session
    session["hijack_history"] = [str(other_signer.user_id)]
    session.save()
    assert refusal(signer.start()) == (403, "acting_as_another")


def test_a_person_cannot_fill_the_database_with_starts(signer, settings):
    settings.PASSKEY_RATE_LIMITS = {"start-signature": "2/h"}
    assert [signer.start().status_code for _ in range(3)] == [200, 200, 429]


def test_a_person_cannot_guess_answers_without_end(signer, settings):
    settings.PASSKEY_RATE_LIMITS = {"finalize-signature": "2/h"}
    answers = [signer.answer(signer.start().json(), flags={"uv": False}) for _ in range(3)]
    assert [signer.finish(answer).status_code for answer in answers] == [403, 403, 429]


def test_a_moment_in_the_future_is_no_start(signer):
    with moved_clock(120):
        answer = signer.answer(signer.start().json())
    assert refusal(signer.finish(answer)) == (400, "ceremony_expired")
