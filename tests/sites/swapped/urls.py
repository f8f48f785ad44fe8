from django.urls import path
from django.views.static import serve

from example_project.urls import urlpatterns as example
from tests.sites.swapped import pages
from tests.sites.swapped.settings import NODE_MODULES

urlpatterns = [
    path("npm/react.js", pages.react),
    path("npm/<path:path>", serve, {"document_root": NODE_MODULES}),
    path("accounts/login/part/", pages.LoginPart.as_view()),
    path("swapped/link/<name>/", pages.link),
    path("swapped/logs-in/<name>/", pages.logs_in),
    path("swapped/<slug:name>/", pages.page),
    *example,
]
