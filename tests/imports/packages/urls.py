"""Of each site; its home page says who is signed in."""

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import include, path

from tests.imports.packages import views

urlpatterns = [path("", lambda request: HttpResponse(request.user.get_username()))]
match settings.SITE:
    case "ours":
        urlpatterns.append(path("passkeys/", include("passkeys_django.urls")))
    case "django-allauth":
        urlpatterns.append(path("accounts/", include("allauth.urls")))
    case "django-otp-webauthn" | "django-otp-webauthn-0.4":
        urlpatterns.append(path("webauthn/", include("django_otp_webauthn.urls")))
    case "django-passkeys":
        urlpatterns += [path("accounts/login/", views.login), path("passkeys/", include("passkeys.urls"))]
    case "django-mfa2":
        urlpatterns += [path("accounts/login/", views.login), path("mfa/", include("mfa.urls"))]
    case "django-mfa":
        urlpatterns.append(path("mfa/", include("django_mfa.urls")))
    case "django-two-factor-auth":
        from two_factor.urls import urlpatterns as two_factor

        urlpatterns.append(path("", include(two_factor)))
if settings.SITE != "django-allauth":
    urlpatterns.append(path("accounts/login/", LoginView.as_view()))
