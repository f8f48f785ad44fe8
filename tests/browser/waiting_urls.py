"""The example's pages, and code of a site that opens a session in its own way."""

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from example_project.urls import urlpatterns as example


def let_me_in(request: HttpRequest) -> HttpResponse:
    """Somebody who is signed in is signed in anew, as if they had just entered their password."""
    user = request.user
    logout(request)
    login(request, user, backend="passkeys_django.backends.PolicyModelBackend")
    return redirect("home")


urlpatterns = [path("let-me-in", let_me_in), *example]
