from django.contrib import admin
from django.urls import path

from tests.benchmarks.peers.urls import urlpatterns as login_patterns

urlpatterns = [path("admin/", admin.site.urls), *login_patterns]
