from django.contrib import admin
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from passkeys_django.contrib.wagtail.login import WagtailLoginView
from passkeys_django.login import PasskeyLoginView

urlpatterns = [
    path("django-admin/", admin.site.urls),
    path("cms/login/", WagtailLoginView.as_view()),
    path("cms/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("accounts/login/", PasskeyLoginView.as_view(), name="login"),
    path("passkeys/", include("passkeys_django.urls")),
    path("", include(wagtail_urls)),
]
