"""docs/how-to/known-user.md: both recipes, as they stand there."""

import json
import sys
import time
from types import ModuleType

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.template import engines
from django.test import Client
from django.urls import clear_url_caches, include, path

from passkeys_django.models import Passkey
from tests.conftest import Browser, ceremony_cookies, put_cookies, refusal
from tests.docs.how_to.pages import Page
from tests.urls import urlpatterns as everybodys

PAGE = Page("known-user")
LOGIN_FAILED = (403, "login_failed")
LOGIN_REQUIRED = "django.contrib.auth.middleware.LoginRequiredMiddleware"
pytestmark = pytest.mark.django_db


def install(settings, monkeypatch, *titles, **views):
    shop = PAGE.install(monkeypatch, "shop/passkey_steps.py", titles[0])
    urls = ModuleType("urls")
    urls.urlpatterns = [path("", include(shop)), *everybodys]
    settings.ROOT_URLCONF = urls
    for title in titles[1:]:
        shop = PAGE.install(monkeypatch, title)
        urls.urlpatterns.insert(0, path("transfer", shop.transfer))
    clear_url_caches()
    return shop


def send(browser, url, body):
    return browser.client.post(url, json.dumps(body), content_type="application/json")


@pytest.fixture
def with_passkey(registered, user):
    """Somebody who is signed in by password, in a browser that holds a passkey of theirs."""
    return registered.sign_in(user)


@pytest.fixture
def stranger(registered, other_user):
    """Somebody else, in a browser of their own with an own passkey."""
    browser = Browser().sign_in(other_user)
    assert browser.register().status_code == 201
    return browser


class TestHankosShape:
    """The two requests of the guide's front end, and what the legacy API answered."""

    INITIALIZE, FINALIZE = "/webauthn/authentication/initialize", "/webauthn/authentication/finalize"

    @pytest.fixture(autouse=True)
    def _site(self, settings, monkeypatch):
        install(settings, monkeypatch, "shop/hanko_authentication.py")
        yield
        clear_url_caches()

    def initialize(self, browser, **headers):
        return browser.client.get(self.INITIALIZE, headers=headers)

    def credential(self, browser, **overrides):
        response = self.initialize(browser)
        assert response.status_code == 200, response.content
        return browser.authenticator.get(response.json(), **overrides)

    def test_the_result_is_the_credential_that_was_used(self, with_passkey, user):
        response = send(with_passkey, self.FINALIZE, self.credential(with_passkey))

        passkey = Passkey.objects.get()
        credential = response.json()["credential"]
        assert credential["id"] == passkey.credential_id
        assert credential["user"] == {"id": str(user.pk), "name": user.get_username()}
        assert credential["authenticator"]["aaguid"] == str(passkey.aaguid)
        assert (credential["userVerification"], credential["isResidentKey"]) == (True, True)
        assert credential["lastUsed"] >= credential["createdAt"]

    def test_the_session_stays_as_it_was(self, with_passkey):
        before = dict(with_passkey.client.session)

        send(with_passkey, self.FINALIZE, self.credential(with_passkey))

        assert dict(with_passkey.client.session) == before

    def test_the_options_name_the_passkeys_of_the_session_and_of_no_parameter(self, with_passkey, stranger, user):
        ids = {row.user_id: row.credential_id for row in Passkey.objects.all()}
        response = stranger.client.get(self.INITIALIZE, {"user_name": user.get_username(), "user_id": user.pk})

        [listed] = response.json()["publicKey"]["allowCredentials"]
        assert listed["id"] != ids[user.pk]
        assert response["Cache-Control"] == "no-store"

    def test_visitors_are_told_nothing(self, registered, settings):
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, LOGIN_REQUIRED]

        assert refusal(self.initialize(registered)) == (401, "not_authenticated")
        assert refusal(send(registered, self.FINALIZE, {})) == (401, "not_authenticated")

    def test_an_own_answer_to_the_public_endpoint_is_not_accepted(self, with_passkey):
        credential = with_passkey.authenticator.get(with_passkey.request_options())

        assert refusal(send(with_passkey, self.FINALIZE, credential)) == (400, "ceremony_not_found")

    def test_another_persons_passkey_is_refused(self, with_passkey, stranger):
        with_passkey.authenticator = stranger.authenticator
        [foreign] = stranger.authenticator.credentials
        credential = self.credential(with_passkey, credential_id=foreign)

        assert refusal(send(with_passkey, self.FINALIZE, credential)) == LOGIN_FAILED

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
            {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
            {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors"},
            {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"},
            {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Purpose": "prefetch"},
        ],
        ids=lambda headers: " ".join(headers.values()),
    )
    def test_no_link_image_or_prefetch_begins_a_ceremony(self, with_passkey, headers):
        assert refusal(self.initialize(with_passkey, **headers)) == (400, "invalid_request")
        assert ceremony_cookies(with_passkey.client) == {}

    def test_a_script_of_the_site_does(self, with_passkey):
        headers = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}

        assert self.initialize(with_passkey, **headers).status_code == 200

    def test_another_site_cannot_finalize(self, with_passkey, user):
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)

        assert client.post(self.FINALIZE, "{}", content_type="application/json").status_code == 403

    def test_the_server_names_a_user_by_id_and_may_raise_the_verification(self, registered, user, rf, settings):
        settings.PASSKEY_USER_VERIFICATION = "preferred"
        initialize = sys.modules["shop.hanko_authentication"].initialize_authentication

        for wanted, asked in ((None, "preferred"), ("required", "required")):
            options = initialize(rf.post("/"), user.pk, user_verification=wanted)["publicKey"]
            assert options["userVerification"] == asked
            assert [each["id"] for each in options["allowCredentials"]] == list(
                registered.authenticator.credentials
            )


class TestPassageFlex:
    """A transaction for an external id, a nonce from the browser, and one look at it."""

    @pytest.fixture(autouse=True)
    def shop(self, settings, monkeypatch):
        install(settings, monkeypatch, "shop/passage_flex.py", "shop/transfers.py")
        page = engines["django"].from_string("{{ transaction }}")
        monkeypatch.setattr(
            sys.modules["shop.transfers"],
            "render",
            lambda request, _name, context: HttpResponse(page.render(context, request)),
        )
        yield sys.modules["shop.passage_flex"]
        clear_url_caches()

    def credential(self, browser, transaction, **overrides):
        response = send(browser, "/passkey/start", {"transaction": transaction})
        assert response.status_code == 200, response.content
        return browser.authenticator.get(response.json(), **overrides)

    def finish(self, browser, transaction, credential):
        return send(browser, "/passkey/finish", {"transaction": transaction, "credential": credential})

    def nonce(self, browser, transaction, **overrides):
        response = self.finish(browser, transaction, self.credential(browser, transaction, **overrides))
        assert response.status_code == 200, response.content
        assert response["Cache-Control"] == "no-store"
        return response.json()["nonce"]

    def test_the_nonce_brings_the_external_id_once(self, shop, registered, user):
        nonce = self.nonce(registered, shop.create_authenticate_transaction(user.pk))

        assert shop.verify_nonce(nonce) == str(user.pk)
        with pytest.raises(shop.NonceInvalid):
            shop.verify_nonce(nonce)
        assert registered.user_id is None

    def test_of_two_who_verify_at_once_only_one_gets_it(self, shop, registered, user, monkeypatch):
        nonce = self.nonce(registered, shop.create_authenticate_transaction(user.pk))
        got = []

        class Interrupted:
            delete = staticmethod(cache.delete)

            def get(self, key):
                value = cache.get(key)
                monkeypatch.setattr(shop, "cache", cache)
                got.append(shop.verify_nonce(nonce))
                monkeypatch.setattr(shop, "cache", self)
                return value

        monkeypatch.setattr(shop, "cache", Interrupted())

        with pytest.raises(shop.NonceInvalid):
            shop.verify_nonce(nonce)
        assert got == [str(user.pk)]

    @pytest.mark.parametrize(
        "nonce", ["", "x", None, "\ud800", "a" * 100_000, 7], ids=lambda nonce: ascii(nonce)[:8]
    )
    def test_an_invented_nonce_is_refused(self, shop, nonce):
        with pytest.raises(shop.NonceInvalid):
            shop.verify_nonce(nonce)

    def test_an_own_passkey_ends_no_transaction_of_another(self, shop, registered, stranger, user):
        transaction = shop.create_authenticate_transaction(user.pk)
        [own] = stranger.authenticator.credentials
        credential = self.credential(stranger, transaction, credential_id=own)

        assert refusal(self.finish(stranger, transaction, credential)) == LOGIN_FAILED

    def test_the_answer_to_an_own_transaction_does_not_end_anothers(
        self, shop, registered, stranger, user, other_user
    ):
        credential = self.credential(stranger, shop.create_authenticate_transaction(other_user.pk))
        victims = shop.create_authenticate_transaction(user.pk)

        assert refusal(self.finish(stranger, victims, credential)) == (400, "ceremony_not_found")

    def test_the_credential_is_good_for_one_nonce(self, shop, registered, user):
        transaction = shop.create_authenticate_transaction(user.pk)
        credential = self.credential(registered, transaction)
        cookies = ceremony_cookies(registered.client)
        assert self.finish(registered, transaction, credential).status_code == 200
        put_cookies(registered.client, cookies)

        assert refusal(self.finish(registered, transaction, credential)) == (409, "ceremony_used")

    @pytest.mark.parametrize("transaction", [None, "", "x", 7, ["x"], {"a": 1}], ids=repr)
    def test_an_invented_transaction_begins_nothing(self, shop, registered, transaction):
        body = {"transaction": transaction}

        assert refusal(send(registered, "/passkey/start", body)) == (400, "ceremony_expired")
        assert refusal(send(registered, "/passkey/finish", body)) == (400, "ceremony_expired")

    def test_a_transaction_lives_for_five_minutes(self, shop, registered, user, monkeypatch):
        now = time.time()
        monkeypatch.setattr("django.core.signing.time.time", lambda: now - 301)
        transaction = shop.create_authenticate_transaction(user.pk)
        monkeypatch.undo()

        assert refusal(send(registered, "/passkey/start", {"transaction": transaction})) == (
            400,
            "ceremony_expired",
        )

    def test_a_transaction_of_somebody_who_is_gone_begins_nothing(self, shop, registered, user):
        transaction = shop.create_authenticate_transaction(user.pk)
        user.delete()

        assert refusal(send(registered, "/passkey/start", {"transaction": transaction})) == (
            400,
            "ceremony_expired",
        )

    def test_somebody_without_a_passkey_is_refused_like_everybody(self, shop, browser, other_user):
        transaction = shop.create_authenticate_transaction(other_user.pk)

        assert refusal(send(browser, "/passkey/start", {"transaction": transaction})) == LOGIN_FAILED

    def test_it_works_without_a_session_where_every_page_asks_for_a_login(self, shop, registered, user, settings):
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, LOGIN_REQUIRED]

        assert self.nonce(registered, shop.create_authenticate_transaction(user.pk))

    def test_the_view_does_it_for_the_person_who_showed_the_passkey(self, with_passkey):
        transaction = with_passkey.client.get("/transfer").content.decode()
        nonce = self.nonce(with_passkey, transaction)

        assert with_passkey.client.post("/transfer", {"nonce": nonce}).content == b"done"
        assert with_passkey.client.post("/transfer", {"nonce": nonce}).status_code == 403
        assert with_passkey.client.post("/transfer").status_code == 403

    def test_the_view_refuses_a_nonce_of_somebody_else(self, with_passkey, stranger):
        nonce = self.nonce(stranger, stranger.client.get("/transfer").content.decode())

        assert with_passkey.client.post("/transfer", {"nonce": nonce}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_both_work_under_atomic_requests(with_passkey, user, settings, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    install(settings, monkeypatch, "shop/hanko_authentication.py")
    options = with_passkey.client.get(TestHankosShape.INITIALIZE).json()
    credential = with_passkey.authenticator.get(options)
    assert send(with_passkey, TestHankosShape.FINALIZE, credential).status_code == 200

    shop = install(settings, monkeypatch, "shop/passage_flex.py")
    passage, transaction = TestPassageFlex(), shop.create_authenticate_transaction(user.pk)
    assert passage.nonce(with_passkey, transaction)
    clear_url_caches()
