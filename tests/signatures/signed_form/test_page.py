"""The page on which people read and sign: what it shows, and the way back to the form."""

import re
from html import unescape

import pytest

from passkeys_django.models import PasskeySignature
from tests.signatures.conftest import DATA, URL
from tests.signatures.signed_form.test_signing import page_fields, page_options

pytestmark = pytest.mark.django_db
EDIT = "signed_form_edit"


def shown(html):
    """The labels and values of the statement, in their order."""
    rows = re.findall(r"<dt[^>]*>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.DOTALL)
    return [tuple(unescape(re.sub(r"<[^>]*>", "", cell)) for cell in row) for row in rows]


def test_the_statement_has_the_forms_labels_and_the_forms_order(signer):
    page = signer.client.post(URL, DATA, secure=True).content.decode()
    assert shown(page) == [("To", "Grace"), ("Amount", "12.50"), ("Purpose", "Lunch")]


def test_a_value_is_shown_with_its_markup_its_lines_and_its_blanks(signer):
    page = signer.client.post(URL, {**DATA, "purpose": "<b>two</b>\r\n  lines & more"}, secure=True)
    assert shown(page.content.decode())[2] == ("Purpose", "<b>two</b>\n  lines & more")


def test_a_page_does_not_say_whose_handle_it_names_beside_the_exact_text(signer):
    page = signer.client.post(URL, DATA, secure=True).content.decode()
    assert [label for label, _value in shown(page)] == ["To", "Amount", "Purpose"]
    assert "&quot;by&quot;:&quot;" in page


def test_u1_people_who_lost_their_device_find_a_way_on(signer, settings):
    link = 'href="/passkeys/recover/"'
    assert link in signer.client.post(URL, DATA, secure=True).content.decode()
    settings.PASSKEY_RECOVERY_CODES = False
    assert link not in signer.client.post(URL, DATA, secure=True).content.decode()


def goes_back(signer, page, **more):
    return signer.client.post(URL, {**page_fields(page), EDIT: "", **more}, secure=True)


def test_the_way_back_leads_to_the_form_with_all_that_was_entered(signer):
    page = signer.client.post(URL, DATA, secure=True)
    assert f'name="{EDIT}"' in page.content.decode()

    form = goes_back(signer, page)

    assert form.status_code == 200
    html = form.content.decode()
    for value in ("Grace", "12.50", "Lunch", "ours"):
        assert value in html
    assert 'class="errorlist' not in html
    assert "data-passkey-sign" not in html


def test_the_form_that_was_shown_again_is_the_same_page_and_can_be_signed_once(signer):
    page = signer.client.post(URL, DATA, secure=True)
    form_id = page_fields(page)["signed_form"]
    assert f'name="signed_form" value="{form_id}"' in goes_back(signer, page).content.decode()
    assert signer.sign({**DATA, "amount": "13.00", "signed_form": form_id}).status_code == 201
    assert signer.client.post(URL, page_fields(page), secure=True).status_code == 409


def test_the_way_back_signs_nothing_even_with_an_answer_that_the_browser_has_kept(signer):
    page = signer.client.post(URL, DATA, secure=True)
    assert goes_back(signer, page, passkey=signer.answer(page_options(page))).status_code == 200
    assert not PasskeySignature.objects.exists()


def test_what_became_invalid_meanwhile_is_told_beside_the_form(signer):
    page = signer.client.post(URL, DATA, secure=True)
    assert 'class="errorlist' in goes_back(signer, page, amount="0.00").content.decode()
