from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("", lambda request: HttpResponse("home")),
    path("accounts/login/", LoginView.as_view()),
]
if settings.SITE.urls:
    urlpatterns.append(path("site/", include(settings.SITE.urls)))
