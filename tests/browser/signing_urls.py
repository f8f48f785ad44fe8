"""The example's pages, a page that makes logins older, and a letter: a transfer is too short for some tests."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path

from passkeys_django.models import PasskeySignature
from passkeys_django.signatures import SignedFormView, read_statement
from tests.browser.forgetful_urls import urlpatterns as example


class LetterForm(forms.Form):
    text = forms.CharField(widget=forms.Textarea)


class LetterView(SignedFormView):
    action = "letter"
    form_class = LetterForm
    template_name = "transfers/transfer.html"

    def form_signed(self, form: LetterForm, signature: PasskeySignature) -> HttpResponse:
        return HttpResponseRedirect(f"/letter/{signature.pk}/")


def signed_letter(request: HttpRequest, pk: str) -> HttpResponse:
    text = read_statement(get_object_or_404(PasskeySignature, pk=pk).text).data["text"]
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("letter/", LetterView.as_view()),
    path("letter/<uuid:pk>/", signed_letter),
    *example,
]
