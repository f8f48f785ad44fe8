"""`start_signature` and `finalize_signature` in a view of the site's own."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.http import JsonResponse
from django.urls import include, path

from passkeys_django.ceremonies import apply_cookies
from passkeys_django.exceptions import PasskeyError
from passkeys_django.http.problems import problem_response
from passkeys_django.models import PasskeySignature
from passkeys_django.signatures import finalize_signature, start_signature, verify_signature
from tests.conftest import listening, refusal
from tests.signatures.conftest import signer_of

pytestmark = pytest.mark.django_db
PAGES = {"home": "Home"}


def delete_page(request):
    """The whole view of a site: the data come from the server, and never from the browser."""
    statement = {"page": PAGES["home"]}
    try:
        if not request.body:
            return apply_cookies(
                request, JsonResponse(start_signature(request, action="delete", statement=statement))
            )
        with transaction.atomic():
            signature = finalize_signature(
                request, json.loads(request.body), action=request.GET.get("action", "delete"), statement=statement
            )
            LogEntry.objects.create(user_id=request.user.pk, action_flag=3, object_repr="Home")
            if "fail" in request.GET:
                raise PasskeyError("the site refuses")
    except PasskeyError as error:
        return apply_cookies(request, problem_response(error))
    return apply_cookies(request, JsonResponse({"signature": str(signature.pk)}))


urlpatterns = [path("delete/", delete_page), path("passkeys/", include("passkeys_django.urls"))]


@pytest.fixture
def signer(settings, user):
    settings.ROOT_URLCONF = __name__
    return signer_of(user)


def post(signer, body="", query=""):
    return signer.client.post(f"/delete/{query}", body, content_type="application/json", secure=True)


def answer_of(signer):
    return json.dumps(signer.authenticator.get(post(signer).json()))


def test_the_view_stores_good_evidence_with_what_it_does(signer):
    from passkeys_django.signals import passkey_signed

    with listening(passkey_signed) as sent:
        response = post(signer, answer_of(signer))
    signature = PasskeySignature.objects.get()
    assert response.json() == {"signature": str(signature.pk)}
    assert verify_signature(signature)
    assert LogEntry.objects.count() == 1
    [event] = sent
    assert (event["signature"], event["user"].pk) == (signature, signature.user_id)


def test_a_repeated_answer_does_nothing_twice_and_names_the_first_signature(signer):
    answer = answer_of(signer)
    first = post(signer, answer).json()
    again = post(signer, answer)
    assert refusal(again) == (409, "already_signed")
    assert again.json()["signature"] == first["signature"]
    assert LogEntry.objects.count() == 1


def test_data_that_changed_meanwhile_are_refused(signer, monkeypatch):
    answer = answer_of(signer)
    monkeypatch.setitem(PAGES, "home", "Imprint")
    assert refusal(post(signer, answer)) == (409, "statement_changed")
    assert not LogEntry.objects.exists()


def test_an_answer_to_another_action_is_refused(signer):
    assert refusal(post(signer, answer_of(signer), "?action=publish")) == (409, "statement_changed")


def test_a_failure_of_the_view_undoes_the_evidence_too(signer):
    assert post(signer, answer_of(signer), "?fail").status_code == 400
    assert not PasskeySignature.objects.exists()
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("statement", [{"price": 1.5}, {"a": {1, 2}}, {"a": b"x"}, {1: 2}], ids=repr)
def test_data_that_cannot_be_signed_are_refused_at_the_start(signer, monkeypatch, statement):
    monkeypatch.setitem(PAGES, "home", statement)
    assert refusal(post(signer)) == (400, "invalid_statement")


@pytest.mark.parametrize("action", ["", "x" * 101, None, 7])
def test_an_action_must_be_a_short_text(rf, action):
    from passkeys_django.exceptions import InvalidStatement
    from passkeys_django.signatures.start import _check_action

    with pytest.raises(InvalidStatement):
        _check_action(action)
