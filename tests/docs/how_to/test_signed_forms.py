"""docs/how-to/signed-forms.md: its views, as they stand there, and the shapes of its JSON."""

import json
import sys
from decimal import Decimal
from types import ModuleType, SimpleNamespace

import pytest
from django import forms
from django.http import HttpResponse
from django.urls import include, path

from passkeys_django.models import PasskeySignature
from passkeys_django.signatures import canonical, read_statement, verify_signature
from passkeys_django.testing import SoftwareAuthenticator, sign
from tests.conftest import ORIGIN, Browser, refusal
from tests.docs.how_to.pages import Page
from tests.docs.test_docs_json import shape

PAGE = Page("signed-forms")
JSON = {"Accept": "application/json"}
pytestmark = pytest.mark.django_db


class OrderForm(forms.Form):
    article = forms.CharField()
    newsletter = forms.BooleanField(required=False)


class Table(list):
    """What the pages' models do: rows are stored, found and deleted."""

    objects = property(lambda table: table)

    def create(self, **fields):
        self.append(fields)


@pytest.fixture
def shop(settings, monkeypatch):
    """The site of the page. Its tables are lists."""
    package, models, shop_forms = (ModuleType(name) for name in ("shop", "shop.models", "shop.forms"))
    package.__path__ = []
    models.Transfer, models.Page, models.price_of = Table(), Table(), lambda article: Decimal("3.20")
    shop_forms.OrderForm = OrderForm
    for module in (package, models, shop_forms):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    PAGE.install(monkeypatch, "shop/views.py", "shop/orders.py", "shop/pages.py")
    pages = sys.modules["shop.pages"]
    row = SimpleNamespace(title="Imprint", delete=lambda: models.Page.append("deleted"))
    monkeypatch.setattr(pages, "get_object_or_404", lambda *_args, **_kwargs: row)
    urls = ModuleType("shop.urls")
    urls.urlpatterns = [
        path(
            "transfer/", sys.modules["shop.views"].TransferView.as_view(template_name="signatures/transfer.html")
        ),
        path("transfers/", lambda request: HttpResponse(), name="transfers"),
        path("order/", sys.modules["shop.orders"].OrderView.as_view(template_name="signatures/transfer.html")),
        path("pages/<int:pk>/delete/", pages.delete_page),
        path("passkeys/", include("passkeys_django.urls")),
    ]
    settings.ROOT_URLCONF = urls
    return models


@pytest.fixture
def signer(shop, user):
    browser = Browser().sign_in(user)
    assert browser.register().status_code == 201
    return browser


def test_the_first_form_does_what_was_signed(signer, shop, user):
    response = sign(signer.client, signer.authenticator, "/transfer/", {"to": "Grace", "amount": "12.50"})

    signature = PasskeySignature.objects.get()
    assert shop.Transfer == [{"user": user, "signature": signature, "to": "Grace", "amount": "12.50"}]
    assert verify_signature(signature)
    example = json.loads(PAGE.block("signed form: second answer, 201"))
    assert shape(example) == shape(response.json())


def test_the_first_answer_is_as_shown(signer):
    data = {"to": "Grace", "amount": "12.50"}
    real = signer.client.post("/transfer/", data, headers=JSON, secure=True).json()

    example = json.loads(PAGE.block("signed form: first answer"))
    assert shape(example) == shape({**real, "publicKey": {**real["publicKey"], "allowCredentials": []}}) | {
        "publicKey": shape(example)["publicKey"]
    }
    assert set(example["publicKey"]) <= set(real["publicKey"])
    shown = read_statement(example["statement"])
    assert (shown.data, shown.action) == (read_statement(real["statement"]).data, "transfer")


def test_the_signed_text_is_canonical():
    text = PAGE.block("a signed text").strip()
    assert canonical(json.loads(text)) == text


def test_a_price_of_the_server_is_signed_and_the_newsletter_is_not(signer):
    response = sign(signer.client, signer.authenticator, "/order/", {"article": "tea", "newsletter": "on"})

    assert response.status_code == 201
    assert read_statement(PasskeySignature.objects.get().text).data == {"article": "tea", "price": "3.20"}


def test_a_view_with_the_functions_deletes_once(signer, shop):
    post = lambda body: signer.client.post("/pages/1/delete/", body, content_type="application/json", secure=True)  # noqa: E731
    answer = json.dumps(signer.authenticator.get(post("").json()))

    assert post(answer).json() == {"deleted": True}
    assert refusal(post(answer)) == (409, "already_signed")
    assert refusal(post("{")) == (400, "invalid_request")
    assert shop.Page == ["deleted"]


def test_the_pages_own_test_passes(signer, shop, client, django_user_model):
    names = {}
    exec(PAGE.block("tests/test_transfer.py"), names)
    if django_user_model.USERNAME_FIELD == "email":
        pytest.skip("the page's user has a name")
    django_user_model.objects.all().delete()

    names["test_a_transfer_is_signed"](client, django_user_model, SoftwareAuthenticator(origin=ORIGIN))
