from django.apps import apps
from django.urls import include, path

from tests.urls import urlpatterns as everybodys

grappelli = [path("grappelli/", include("grappelli.urls"))] if apps.is_installed("grappelli") else []
urlpatterns = [*grappelli, *everybodys]
