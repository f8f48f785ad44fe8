"""The example project's pages."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from passkeys_django.login import PasskeyLoginView
from passkeys_django.signup.page import PasskeySignupView

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("accounts/signup/", views.SignUpView.as_view(), name="signup"),
    path(
        "accounts/signup/passkey/",
        PasskeySignupView.as_view(template_name="registration/signup_passkey.html"),
        name="signup-passkey",
    ),
    path("accounts/login/", PasskeyLoginView.as_view(template_name="registration/login.html"), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("", include("example_project.transfers.urls")),
    path("passkeys/", include("passkeys_django.urls")),
    path("admin/", admin.site.urls),
]
