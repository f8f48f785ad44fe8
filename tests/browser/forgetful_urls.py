"""The example's pages, and one that makes the login of the visitor's session an hour older."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from example_project.urls import urlpatterns as example

HOUR = 3600  # seconds


@csrf_exempt
def an_hour_passes(request: HttpRequest) -> HttpResponse:
    authentication = request.session["_passkeys_authentication"]
    request.session["_passkeys_authentication"] = authentication | {"at": authentication["at"] - HOUR}
    return HttpResponse(status=204)


urlpatterns = [path("an-hour-passes/", an_hour_passes), *example]
