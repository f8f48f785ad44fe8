"""Include these under a path of their own: `path("passkeys/", include("passkeys_django.urls"))`."""

from django.urls import path

from . import views
from .signup_page import PasskeySignupView

app_name = "passkeys"
urlpatterns = [
    path("", views.passkey_list, name="list"),
    path("start-registration", views.start_registration, name="start-registration"),
    path("finalize-registration", views.finalize_registration, name="finalize-registration"),
    path("start-login", views.start_login, name="start-login"),
    path("finalize-login", views.finalize_login, name="finalize-login"),
    path("signup/", PasskeySignupView.as_view(), name="signup"),
    path("start-signup", views.start_signup, name="start-signup"),
    path("finalize-signup", views.finalize_signup, name="finalize-signup"),
    path("accepted-credentials", views.accepted_credentials, name="accepted-credentials"),
    path("<uuid:passkey_id>/rename/", views.rename, name="rename"),
    path("<uuid:passkey_id>/remove/", views.remove, name="remove"),
    path("not-now", views.not_now, name="not-now"),
    path("confirm/", views.confirm, name="confirm"),
]
