"""The URLs of a site that passes by allauth, which is a mistake."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("passkeys/", include("passkeys_django.urls")),
]
