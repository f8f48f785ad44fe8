"""Include these at the root of the site: `path(".well-known/", include("passkeys_django.urls_well_known"))`."""

from django.urls import path

from .views import well_known

app_name = "passkeys_well_known"
urlpatterns = [
    path("passkey-endpoints", well_known.passkey_endpoints, name="passkey-endpoints"),
    path("webauthn", well_known.related_origins, name="webauthn"),
    path("change-password", well_known.change_password, name="change-password"),
]
