"""The pages of that site."""

import json
from typing import ClassVar

from django import forms
from django.contrib.auth import authenticate, get_user, get_user_model, login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.urls import include, path

from passkeys_django.admin_site import PasskeyAdminSite
from passkeys_django.forms import PasskeyFormMixin
from passkeys_django.login import PasskeyLoginMixin, PasskeyLoginView
from passkeys_django.sessions import get_authentication


class CaptchaForm(PasskeyFormMixin, AuthenticationForm):
    """A form with a captcha that is right once, and a box."""

    used: ClassVar[list[str]] = []
    captcha = forms.CharField()
    remember = forms.BooleanField(required=False)

    def clean_captcha(self):
        value = self.cleaned_data["captcha"]
        if value in self.used:
            raise ValidationError("This captcha was used before.")
        self.used.append(value)
        return value


class CaptchaLogin(PasskeyLoginMixin, LoginView):
    """A view that counts how often its `form_valid()` runs."""

    authentication_form = CaptchaForm
    next_page = "/dashboard/"
    valid: ClassVar[list[bool]] = []

    def form_valid(self, form):
        self.valid.append(form.cleaned_data["remember"])
        return super().form_valid(form)


def logs_in(request):
    """Site code that signs somebody in without asking anything, as a link by e-mail does."""
    user = get_user_model()._default_manager.get(pk=request.GET["user"])
    login(request, user, backend="passkeys_django.backends.PolicyModelBackend")
    return HttpResponse(f"Welcome, {user}")


def takes_password(request):
    """Site code that takes a password and gives a token, as an API does."""
    data = json.loads(request.body)
    user = authenticate(request, username=data["username"], password=data["password"])
    return JsonResponse({"token": None if user is None else "secret"})


def who(request):
    authentication = get_authentication(request)
    return JsonResponse(
        {
            "user": request.user.get_username(),
            "get_user": get_user(request).get_username(),
            "methods": list(authentication.methods) if authentication else None,
            "strength": authentication.strength if authentication else None,
            "amr": list(authentication.amr) if authentication else None,
        }
    )


async def who_async(request):
    return HttpResponse((await request.auser()).get_username())


urlpatterns = [
    path("admin/", PasskeyAdminSite().urls),
    path("passkeys/", include("passkeys_django.urls")),
    path("login/", PasskeyLoginView.as_view(), name="login"),
    path("captcha/", CaptchaLogin.as_view()),
    path("own-page/", PasskeyLoginView.as_view(second_step_template="own_second_step.html")),
    path("prefixed/", PasskeyLoginView.as_view(prefix="box")),
    path("logs-in/", logs_in),
    path("takes-password/", takes_password),
    path("who/", who),
    path("who-async/", who_async),
    path("elsewhere/", lambda request: HttpResponse("elsewhere")),
    path("dashboard/", lambda request: HttpResponse("dashboard")),
]
