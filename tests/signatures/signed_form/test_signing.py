"""A form that people sign: the two posts, as a browser and as a script send them."""

import json
import re
from html import unescape

import pytest

from passkeys_django.models import PasskeySignature
from passkeys_django.signatures import read_statement, verify_signature
from tests.conftest import refusal
from tests.signatures.conftest import DATA, URL
from tests.signatures.site import transfers

pytestmark = pytest.mark.django_db


def test_the_first_post_of_a_script_gets_the_text_and_the_options_and_does_nothing(signer):
    reply = signer.start().json()
    assert set(reply) == {"statement", "publicKey"}
    statement = read_statement(reply["statement"])
    assert statement.action == "transfer"
    assert statement.data == {"to": "Grace", "amount": "12.50", "purpose": "Lunch"}
    assert reply["publicKey"]["userVerification"] == "required"
    assert transfers() == []
    assert not PasskeySignature.objects.exists()


def test_h2_h3_the_second_post_does_what_was_signed_and_stores_good_evidence(signer, user):
    response = signer.sign()
    assert response.status_code == 201
    signature = PasskeySignature.objects.get()
    assert response.json() == {"signature": str(signature.pk), "redirect_url": f"/transfers/{signature.pk}/"}
    assert transfers() == ["12.50 to Grace"]
    assert verify_signature(signature).problems == ()
    assert signature.user == user


def page_fields(response):
    """The hidden fields of the page with the statement."""
    html = response.content.decode()
    form = re.search(r"<form[^>]*data-passkey-signed-form.*?</form>", html, re.DOTALL)[0]
    pairs = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?>', form)
    return {name: unescape(value) for name, value in pairs}


def page_options(response):
    block = re.search(r'<script id="passkeys-sign-options"[^>]*>(.*?)</script>', response.content.decode())[1]
    return {"publicKey": json.loads(block)}


def test_a_browser_sees_the_statement_signs_it_and_is_led_on(signer):
    form = signer.client.get(URL, secure=True)
    form_id = re.search(r'name="signed_form" value="([^"]+)"', form.content.decode())[1]
    page = signer.client.post(URL, {**DATA, "signed_form": form_id}, secure=True)
    assert page.status_code == 200
    for shown in ("Grace", "12.50", "Lunch"):
        assert shown in page.content.decode()
    fields = page_fields(page)
    assert fields["signed_form"] == form_id
    fields["passkey"] = signer.answer(page_options(page))
    done = signer.client.post(URL, fields, secure=True)
    signature = PasskeySignature.objects.get()
    assert (done.status_code, done["Location"]) == (302, f"/transfers/{signature.pk}/")
    assert transfers() == ["12.50 to Grace"]


def test_a_script_may_send_json(signer):
    post = lambda body: signer.client.post(  # noqa: E731
        URL, json.dumps(body), content_type="application/json", headers={"Accept": "application/json"}, secure=True
    )
    first = post(DATA)
    credential = signer.authenticator.get(first.json())
    assert post({**DATA, "passkey": credential}).status_code == 201
    assert transfers() == ["12.50 to Grace"]


def test_the_same_answer_again_answers_as_the_first_time(signer):
    answer = signer.answer(signer.start().json())
    first, second = signer.finish(answer), signer.finish(answer)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert transfers() == ["12.50 to Grace"]


def test_h1_h2_data_that_changed_between_the_posts_are_refused_and_shown_anew(signer):
    answer = signer.answer(signer.start().json())
    response = signer.finish(answer, {**DATA, "amount": "99.00"})
    assert refusal(response) == (409, "statement_changed")
    assert read_statement(response.json()["statement"]).data["amount"] == "99.00"
    assert transfers() == []
    again = signer.finish(signer.answer(response.json()), {**DATA, "amount": "99.00"})
    assert again.status_code == 201
    assert transfers() == ["99.00 to Grace"]


def test_h1_an_unsigned_field_that_changed_is_refused_too(signer):
    answer = signer.answer(signer.start().json())
    assert refusal(signer.finish(answer, {**DATA, "note": "theirs"})) == (409, "statement_changed")
    assert transfers() == []


def test_a_page_is_signed_once(signer):
    data = {**DATA, "signed_form": "page-1"}
    answers = [signer.answer(signer.start(data).json()) for _tab in range(2)]
    assert signer.finish(answers[0], data).status_code == 201
    second = signer.finish(answers[1], data)
    assert refusal(second) == (409, "already_signed")
    assert second.json()["redirect_url"] == f"/transfers/{PasskeySignature.objects.get().pk}/"
    assert refusal(signer.start(data)) == (409, "already_signed")
    assert transfers() == ["12.50 to Grace"]


def test_a_passkey_of_somebody_else_signs_nothing(signer, other_signer):
    options = signer.start().json()
    options["publicKey"]["allowCredentials"] = []
    answer = other_signer.answer(options)
    assert refusal(signer.finish(answer)) == (403, "signature_failed")
    assert transfers() == []


def test_people_who_are_not_signed_in_are_led_to_the_login_page(site):
    from django.test import Client

    response = Client().get(URL, secure=True)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")
