"""H1, H2: what changes on the server between reading and signing, and what fails."""

import logging

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.http import Http404, HttpResponse

from passkeys_django.exceptions import LastPasskey
from passkeys_django.models import PasskeySignature
from passkeys_django.signatures import read_statement
from passkeys_django.signatures.finalize import store
from tests.conftest import refusal
from tests.signatures.conftest import DATA, URL
from tests.signatures.signed_form.test_signing import page_fields, page_options
from tests.signatures.site import TransferForm, TransferView, transfers

pytestmark = pytest.mark.django_db


def on_page(signer, data=DATA):
    """The fields of the page with the statement, and the passkey's answer in them."""
    page = signer.client.post(URL, data, secure=True)
    return {**page_fields(page), "passkey": signer.answer(page_options(page))}


def assert_nothing_happened():
    assert transfers() == []
    assert not PasskeySignature.objects.exists()


def with_fee(fee):
    def statement(view, form):
        return {**super(TransferView, view).statement(form), "fee": fee}

    return statement


def test_a_price_that_changed_on_the_server_is_shown_anew(signer, monkeypatch):
    monkeypatch.setattr(TransferView, "statement", with_fee("1.00"))
    fields = on_page(signer)
    monkeypatch.setattr(TransferView, "statement", with_fee("2.00"))

    page = signer.client.post(URL, fields, secure=True)

    assert page.status_code == 409
    assert "The data have changed" in page.content.decode()
    assert "2.00" in page.content.decode()
    assert_nothing_happened()
    again = {**page_fields(page), "passkey": signer.answer(page_options(page))}
    assert signer.client.post(URL, again, secure=True).status_code == 302
    assert read_statement(PasskeySignature.objects.get().text).data["fee"] == "2.00"


def test_a_choice_that_is_gone_is_an_error_of_the_form(signer, monkeypatch):
    fields = on_page(signer)

    def clean_to(form):
        raise ValidationError("Grace has closed her account.")

    monkeypatch.setattr(TransferForm, "clean_to", clean_to, raising=False)
    page = signer.client.post(URL, fields, secure=True)

    assert page.status_code == 200
    assert "Grace has closed her account." in page.content.decode()
    response = signer.start()
    assert refusal(response) == (400, "invalid_request")
    assert response.json()["errors"] == {"to": ["Grace has closed her account."]}
    assert_nothing_happened()


def test_a_right_that_was_taken_away_meanwhile_refuses(signer, monkeypatch):
    fields = on_page(signer)

    def refuse(*_args):
        raise PermissionDenied

    monkeypatch.setattr(TransferView, "form_signed", refuse)
    assert signer.client.post(URL, fields, secure=True).status_code == 403
    assert_nothing_happened()


def does_and_fails(error):
    """A `form_signed` that has written a row before it fails."""

    def form_signed(view, form, signature):
        LogEntry.objects.create(user_id=view.request.user.pk, action_flag=1, object_repr="half done")
        raise error

    return form_signed


def test_a_failure_leaves_nothing_and_the_person_can_sign_again(signer, monkeypatch, caplog):
    monkeypatch.setattr(TransferView, "form_signed", does_and_fails(RuntimeError("the bank is closed")))
    signer.client.raise_request_exception = False
    with caplog.at_level(logging.ERROR):
        page = signer.client.post(URL, on_page(signer), secure=True)

    assert page.status_code == 500
    assert "nothing was done. You can sign again." in page.content.decode()
    assert "the bank is closed" in caplog.text
    assert_nothing_happened()
    monkeypatch.undo()
    again = {**page_fields(page), "passkey": signer.answer(page_options(page))}
    assert signer.client.post(URL, again, secure=True).status_code == 302
    assert transfers() == ["12.50 to Grace"]


def test_a_script_hears_of_a_failure_by_its_code(signer, monkeypatch):
    monkeypatch.setattr(TransferView, "form_signed", does_and_fails(RuntimeError()))
    signer.client.raise_request_exception = False
    assert refusal(signer.sign()) == (500, "signing_failed")
    assert_nothing_happened()


def test_the_sites_tests_and_error_trackers_see_the_failure(signer, monkeypatch):
    """Django's signal `got_request_exception` tells them."""
    monkeypatch.setattr(TransferView, "form_signed", does_and_fails(RuntimeError("the bank is closed")))
    with pytest.raises(RuntimeError, match="the bank is closed"):
        signer.sign()


def test_a_validation_error_of_the_last_moment_is_an_error_of_the_form(signer, monkeypatch):
    monkeypatch.setattr(TransferView, "form_signed", does_and_fails(ValidationError("The account is empty.")))
    page = signer.client.post(URL, on_page(signer), secure=True)
    assert page.status_code == 200
    assert "The account is empty." in page.content.decode()
    response = signer.sign()
    assert refusal(response) == (400, "invalid_request")
    assert response.json()["errors"] == {"__all__": ["The account is empty."]}
    assert_nothing_happened()


def test_an_error_of_ours_in_the_last_moment_keeps_its_code(signer, monkeypatch):
    monkeypatch.setattr(TransferView, "form_signed", does_and_fails(LastPasskey()))
    assert refusal(signer.sign()) == (409, "last_passkey")
    assert_nothing_happened()


@pytest.mark.parametrize(("error", "status"), [(Http404(), 404), (PermissionDenied(), 403)])
def test_what_django_answers_itself_leaves_nothing_either(signer, monkeypatch, error, status):
    monkeypatch.setattr(TransferView, "form_signed", does_and_fails(error))
    assert signer.sign().status_code == status
    assert_nothing_happened()


def test_an_answer_that_is_no_redirect_is_told_to_the_developer(signer, monkeypatch):
    monkeypatch.setattr(TransferView, "form_signed", lambda *_args: HttpResponse("done"))
    with pytest.raises(ImproperlyConfigured, match="must return a redirect"):
        signer.sign()
    assert_nothing_happened()


def test_a_lost_reply_is_answered_again_even_if_the_form_is_not_valid_any_more(signer, monkeypatch):
    fields = on_page(signer)
    first = signer.client.post(URL, fields, secure=True)

    def clean_to(form):
        raise ValidationError("The account is empty now.")

    monkeypatch.setattr(TransferForm, "clean_to", clean_to, raising=False)
    second = signer.client.post(URL, fields, secure=True)

    assert (second.status_code, second["Location"]) == (302, first["Location"])
    assert len(transfers()) == 1


def test_a_lost_reply_is_answered_again_even_if_the_view_fails_now(signer, monkeypatch):
    fields = on_page(signer)
    first = signer.client.post(URL, fields, secure=True)

    def gone(*_args, **_kwargs):
        raise Http404

    monkeypatch.setattr(TransferView, "get_form", gone)
    assert signer.client.post(URL, fields, secure=True)["Location"] == first["Location"]
    assert signer.client.post(URL, DATA, secure=True).status_code == 404


def test_going_back_and_signing_the_page_again_says_that_it_was_signed(signer):
    fields = on_page(signer)
    first = signer.client.post(URL, fields, secure=True)
    fields.pop("passkey")

    page = signer.client.post(URL, fields, secure=True)

    assert page.status_code == 409
    assert "You have signed this already" in page.content.decode()
    assert f'href="{first["Location"]}"' in page.content.decode()
    assert len(transfers()) == 1


def test_characters_that_cannot_be_signed_are_an_error_of_their_field(signer):
    data = {**DATA, "to": "Grace\u202eecarG"}
    page = signer.client.post(URL, data, secure=True)
    assert page.status_code == 200
    assert "cannot be signed" in page.content.decode()
    response = signer.start(data)
    assert refusal(response) == (400, "invalid_statement")
    assert response.json()["path"] == ["data", "to"]


def test_the_page_shows_markup_as_text(signer):
    html = signer.client.post(URL, {**DATA, "to": "<b>Grace</b>"}, secure=True).content.decode()
    assert "&lt;b&gt;Grace&lt;/b&gt;" in html
    assert "<b>Grace" not in html


def test_what_fails_after_the_commit_changes_nothing_in_the_answer(signer, monkeypatch):
    """Such as a hook of `transaction.on_commit`: nobody may hear that nothing was done."""

    def commits_and_fails(request, verified, act):
        store(request, verified, act)
        raise RuntimeError("a hook after the commit")

    monkeypatch.setattr("passkeys_django.signatures.signed_form.execution.store", commits_and_fails)
    signer.client.raise_request_exception = False
    response = signer.sign()

    signature = PasskeySignature.objects.get()
    assert (response.status_code, response.json()["redirect_url"]) == (201, f"/transfers/{signature.pk}/")
    assert transfers() == ["12.50 to Grace"]
