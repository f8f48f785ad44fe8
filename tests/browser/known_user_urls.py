"""The example's pages, the files of docs/how-to/known-user.md, and what a site's own server does with them."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from example_project.urls import urlpatterns as example
from tests.docs.how_to.pages import Page

install = pytest.MonkeyPatch()
hanko = Page("known-user").install(install, "shop/passkey_steps.py", "shop/hanko_authentication.py")
flex = Page("known-user").install(install, "shop/passage_flex.py")


def transaction(request: HttpRequest) -> HttpResponse:
    return HttpResponse(flex.create_authenticate_transaction(request.GET.get("of", request.user.pk)))


def shown_by(request: HttpRequest) -> HttpResponse:
    try:
        return HttpResponse(flex.verify_nonce(request.GET["nonce"]))
    except flex.NonceInvalid:
        return HttpResponse("nobody")


urlpatterns = [
    path("known/transaction", transaction),
    path("known/shown-by", shown_by),
    path("known/me", lambda request: HttpResponse(str(request.user.pk))),
    path("", include(hanko)),
    path("", include(flex)),
    *example,
]
