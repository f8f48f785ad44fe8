from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("passkeys/", include("passkeys_django.contrib.allauth.urls")),
    path("", lambda request: HttpResponse("home")),
]
