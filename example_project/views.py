"""What the example project adds to Django's own views: a home page and signing up."""

from datetime import UTC, datetime

from django.contrib.auth import login
from django.contrib.auth.forms import UserCreationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.views.generic import CreateView

from passkeys_django.sessions import get_authentication


def home(request: HttpRequest) -> HttpResponse:
    """The page that says who you are, and how you signed in."""
    authentication = get_authentication(request)
    signed_in_at = authentication and datetime.fromtimestamp(authentication.at, tz=UTC)
    return render(request, "home.html", {"authentication": authentication, "signed_in_at": signed_in_at})


class SignUpView(CreateView):
    """A new account, signed in at once."""

    form_class = UserCreationForm
    template_name = "registration/signup.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: UserCreationForm) -> HttpResponse:
        response = super().form_valid(form)
        # With two backends, login() must be told which backend this user belongs to.
        login(self.request, self.object, backend="passkeys_django.backends.PolicyModelBackend")
        return response
