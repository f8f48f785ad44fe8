"""The URLs that the docs show for a front end, before the example's pages."""

from example_project.urls import urlpatterns as example
from tests.browser.front_ends_page import shown

exec(shown("python", api="", app="")[0])
urlpatterns = [*urlpatterns, *(url for url in example if getattr(url, "namespace", "") != "passkeys")]  # noqa: F821
