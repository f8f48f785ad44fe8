"""The URLs that docs/how-to/protocol-of-your-own.md shows, before the example's pages."""

import pytest

from example_project.urls import urlpatterns as example
from tests.docs.how_to.pages import Page

shop = Page("protocol-of-your-own").install(pytest.MonkeyPatch(), "shop/passkeys.py", "shop/urls.py")
urlpatterns = [*shop.urlpatterns, *example]
