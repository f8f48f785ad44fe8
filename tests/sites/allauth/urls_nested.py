"""The URLs of a site that has ours inside another namespace, which is a mistake."""

from django.urls import include, path

nested = [path("passkeys/", include("passkeys_django.contrib.allauth.urls"))]
urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("members/", include((nested, "members"))),
]
