"""The example's pages, and what browsers look for at the root."""

from django.urls import include, path

from example_project.urls import urlpatterns as example

urlpatterns = [path(".well-known/", include("passkeys_django.urls_well_known")), *example]
