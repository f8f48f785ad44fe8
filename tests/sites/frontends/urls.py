"""The example's pages, the built samples, and a page that makes the last login one of long ago."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.static import serve

from example_project.urls import urlpatterns as example
from passkeys_django.sessions.authentication import AUTHENTICATION
from tests.sites.frontends.settings import BUILD


def grow_old(request: HttpRequest) -> HttpResponse:
    request.session[AUTHENTICATION] |= {"at": 0}
    request.session.modified = True
    return HttpResponse("Old.")


urlpatterns = [
    path("apps/<path:path>", serve, {"document_root": BUILD / "dist"}),
    path("grow-old", grow_old),
    *example,
]
