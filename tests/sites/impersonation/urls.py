from django.http import HttpResponse
from django.template import RequestContext, Template
from django.urls import include, path

from tests.urls import urlpatterns as everybodys

OFFER = "{% load passkeys %}{% passkey_offer %}"


def offer(request):
    return HttpResponse(Template(OFFER).render(RequestContext(request)))


urlpatterns = [
    path("hijack/", include("hijack.urls")),
    path("impersonate/", include("impersonate.urls")),
    path("loginas/", include("loginas.urls")),
    path("knox/", include("knox.urls")),
    path("offer/", offer),
    *everybodys,
]
