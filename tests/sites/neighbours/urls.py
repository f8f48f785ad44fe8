from django.urls import include, path

from passkeys_django.login import PasskeyLoginView
from tests.urls import urlpatterns as everybodys

urlpatterns = [
    path("accounts/login/", PasskeyLoginView.as_view(), name="login"),
    path("__debug__/", include("debug_toolbar.urls")),
    *everybodys,
]
