"""The example's pages, with the login page that stands alone."""

from django.urls import path

from example_project.urls import urlpatterns as example
from passkeys_django.login import PasskeyLoginView

urlpatterns = [path("accounts/login/", PasskeyLoginView.as_view(), name="login"), *example]
