"""The URLs that `allauth.urls` has on a site with SOCIALACCOUNT_ONLY: none for passwords or addresses."""

from allauth.account import views
from allauth.urls import build_provider_urlpatterns
from django.urls import include, path

from tests.sites.allauth.urls import urlpatterns as everything

accounts = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("3rdparty/", include("allauth.socialaccount.urls")),
    *build_provider_urlpatterns(),
]
urlpatterns = [path("accounts/", include(accounts)), *everything[2:]]
