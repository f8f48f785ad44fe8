"""Of each site; its home page says who is signed in."""

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [path("", lambda request: HttpResponse(request.user.get_username()))]
if settings.SITE == "django-allauth":
    urlpatterns.append(path("accounts/", include("allauth.urls")))
else:
    urlpatterns.append(path("accounts/login/", LoginView.as_view()))
if settings.SITE.startswith("django-otp-webauthn"):
    urlpatterns.append(path("webauthn/", include("django_otp_webauthn.urls")))
if settings.SITE == "ours":
    urlpatterns.append(path("passkeys/", include("passkeys_django.urls")))
