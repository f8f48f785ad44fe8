"""F2: names and addresses are compared, signed, mailed and stored in one form, and checked again at the end."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection
from django.test import Client

from passkeys_django.models import Passkey, RemovedPasskey
from passkeys_django.signup.links import read_token
from passkeys_django.signup.names import as_the_model_has_it, normalized
from tests.conftest import make_user, refusal
from tests.security.test_parallel import at_once, outcomes, posting
from tests.signup.test_signup import FIELD, INVALID, ONE_ACCOUNT, Newcomer, called, rows
from tests.signup.test_signup_links import ask, link_in, sign_up, token_for
from tests.signup.test_signup_links import filled_in as filled_in_by_link

pytestmark = pytest.mark.django_db
User = get_user_model()
by_address = pytest.mark.skipif(FIELD != "email", reason="of sites whose users are called by their addresses")
LOOK_ALIKES = [
    ("mi\u212ae@example.org", "miKe@example.org"),  # the Kelvin sign
    ("bo\u017f\u017f@example.org", "boss@example.org"),  # the long s
    ("ada@EXAMPLE.org", "ada@example.org"),
    ("ada@\uff25xample.org", "ada@example.org"),  # full width
    ("  ada@example.org\u3000", "ada@example.org"),
    ("ada@bu\u0308cher.example", "ada@b\u00fccher.example"),  # NFD and NFC
    ("ada@B\u00dcCHER.example", "ada@b\u00fccher.example"),
    ("ada@xn--bcher-kva.example", "ada@b\u00fccher.example"),
    ("ada@fa\u00df.example", "ada@fass.example"),  # to which mail is delivered
]
NAMES = [
    ("a\u0301da", "\u00e1da"),
    ("\uff41da", "ada"),
    ("mi\u212ae", "miKe"),
    ("bo\u017f\u017f", "boss"),
    (" ada ", "ada"),
    ("\ufb01n", "fin"),
]
CASES = [("Bob", "bob"), ("ADA", "ada"), ("\u00c9mil\u00c9", "\u00e9Mil\u00e9"), ("\u0416uk", "\u0436uk")]


@pytest.fixture
def by_link(settings):
    settings.PASSKEY_SIGNUP_FORM = "passkeys_django.signup.ConfirmedSignupForm"


def start(value):
    return Newcomer().post("start-signup", {FIELD: value})


def account(**fields):
    """Made as sites make them elsewhere."""
    name = {FIELD: fields.get("email") or called("owner")} | fields
    return User.objects.create(**name)


# One form


@by_address
@pytest.mark.parametrize(("typed", "kept"), LOOK_ALIKES, ids=ascii)
def test_f2_an_address_that_looks_like_anothers_is_taken(typed, kept):
    account(email=kept.lower())

    assert refusal(start(typed)) == INVALID
    assert list(start(typed).json()["errors"]) == [FIELD]


@by_address
@pytest.mark.parametrize(("typed", "kept"), LOOK_ALIKES, ids=ascii)
def test_f2_an_address_is_stored_as_it_was_compared(typed, kept):
    newcomer = Newcomer()
    response = sign_up(newcomer, {FIELD: typed})

    assert response.status_code == 201
    assert User.objects.get().email == kept


@by_address
def test_f2_an_address_in_punycode_that_somebody_has_is_found():
    account(email="ada@xn--bcher-kva.example")

    assert refusal(start("ada@b\u00fccher.example")) == INVALID


@pytest.mark.skipif(FIELD == "email", reason="an address has no such letters")
@pytest.mark.parametrize(("typed", "kept"), NAMES, ids=ascii)
def test_f2_a_name_is_compared_shown_and_stored_in_one_form(typed, kept):
    newcomer = Newcomer()
    options = newcomer.post("start-signup", {FIELD: typed}).json()
    assert options["publicKey"]["user"]["name"] == kept
    assert newcomer.post("finalize-signup", newcomer.authenticator.create(options)).status_code == 201

    assert User.objects.get().get_username() == kept
    assert refusal(start(typed)) == refusal(start(kept)) == INVALID


@pytest.mark.skipif(FIELD == "email", reason="an address has no such letters")
@pytest.mark.skipif(connection.vendor == "mysql", reason="its own comparison goes further")
@pytest.mark.parametrize(("one", "other"), CASES, ids=ascii)
def test_f2_a_name_in_other_letters_is_taken_on_every_database(one, other):
    account(**{FIELD: one})

    assert refusal(start(other)) == INVALID


@pytest.mark.skipif(FIELD == "email", reason="an address has no such letters")
def test_f2_a_name_is_no_pattern():
    account(**{FIELD: "a.b+c"})

    assert start("aXb+c").status_code == 200
    assert refusal(start("A.B+C")) == INVALID


def test_f2_what_becomes_unfit_when_it_is_normalized_is_told():
    response = start("ada@exam\u2100ple.org" if FIELD == "email" else "\u2100da")  # a/c

    assert refusal(response) == INVALID
    assert list(response.json()["errors"]) == [FIELD]


def test_f2_a_form_whose_own_fields_are_called_as_the_models_is_left_alone():
    assert normalized("email", 7) == 7
    assert as_the_model_has_it("email", " Ada@EXAMPLE.org") == "Ada@example.org"


# By a link


@pytest.mark.parametrize(("typed", "kept"), LOOK_ALIKES, ids=ascii)
def test_f2_a_link_is_sent_to_the_address_that_the_account_gets(by_link, typed, kept):
    ask(typed)
    [message] = mail.outbox
    token = parse_qs(urlsplit(link_in(message)).query)["token"][0]
    assert message.to == [kept] == [read_token(token)]
    assert f">{kept}</p>" in Client().get(link_in(message), secure=True).content.decode()

    assert sign_up(Newcomer(), filled_in_by_link(token)).status_code == 201
    assert User.objects.get().email == kept


@pytest.mark.parametrize(("typed", "kept"), LOOK_ALIKES, ids=ascii)
def test_f2_who_has_the_address_in_another_form_is_told_so_at_the_stored_address(by_link, typed, kept):
    account(email=kept.lower())
    ask(typed)

    [message] = mail.outbox
    assert message.to == [kept.lower()]
    assert message.subject == "Test server: you have an account"


def test_f2_the_models_own_clean_has_the_last_word_on_what_the_link_proves(by_link, monkeypatch):
    def clean(user):
        user.email = user.email.lower()

    monkeypatch.setattr(User, "clean", clean)
    token = token_for("Ada@Example.org")
    assert mail.outbox[-1].to == ["ada@example.org"]

    assert sign_up(Newcomer(), filled_in_by_link(token)).status_code == 201
    assert User.objects.get().email == "ada@example.org"


def test_f2_a_model_whose_clean_needs_the_other_fields_gets_its_link_too(by_link, monkeypatch):
    def clean(user):
        raise TypeError("no birthday yet")

    monkeypatch.setattr(User, "clean", clean)
    ask("ada@EXAMPLE.org")

    assert mail.outbox[-1].to == ["ada@example.org"]


def test_f2_a_link_proves_no_other_address_than_its_own(by_link, monkeypatch):
    token = token_for("ada@example.org")

    def clean(user):
        user.email = "boss@example.org"

    monkeypatch.setattr(User, "clean", clean)
    response = Newcomer().post("start-signup", filled_in_by_link(token))

    assert refusal(response) == INVALID
    assert list(response.json()["errors"]) == ["token"]


@pytest.mark.parametrize(
    ("stored", "status"), [(str.lower, 201), (lambda text: f"x{text}", 400)], ids=["case", "text"]
)
def test_f2_an_account_that_saving_turns_into_another_is_not_made(monkeypatch, stored, status):
    save = User.save

    def saving(user, *args, **kwargs):
        setattr(user, FIELD, stored(getattr(user, FIELD)))
        save(user, *args, **kwargs)

    newcomer = Newcomer()
    credential = newcomer.answer("Ada")
    monkeypatch.setattr(User, "save", saving)

    assert newcomer.post("finalize-signup", credential).status_code == status
    assert User.objects.count() == Passkey.objects.count() == (status == 201)


# At once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("provider", [None, "hanko_site"])
def test_f2_of_two_names_that_differ_in_case_only_one_gets_an_account(request, provider):
    if provider:
        request.getfixturevalue(provider)
    for number in range(5):
        newcomers = [Newcomer(), Newcomer()]
        names = [f"Bob{number}", f"bob{number}"]
        credentials = [newcomer.answer(name) for newcomer, name in zip(newcomers, names, strict=True)]

        responses = at_once(
            *(posting(*pair) for pair in zip(newcomers, ["finalize-signup"] * 2, credentials, strict=True))
        )

        assert outcomes(responses) == {"success": 1, "invalid_request": 1}
        assert User.objects.count() == Passkey.objects.count() == number + 1
    assert not RemovedPasskey.objects.exists()  # the loser's copy is gone already


@pytest.mark.django_db(transaction=True)
def test_f2_one_link_makes_one_account_though_two_answer_at_once(by_link):
    token = token_for("ada@example.com")
    newcomers = [Newcomer() for _ in range(4)]
    credentials = []
    for number, newcomer in enumerate(newcomers):
        options = newcomer.post("start-signup", filled_in_by_link(token, f"ada{number}"))
        credentials.append(newcomer.authenticator.create(options.json()))

    responses = at_once(
        *(posting(*pair) for pair in zip(newcomers, ["finalize-signup"] * 4, credentials, strict=True))
    )

    assert outcomes(responses) == {"success": 1, "invalid_request": 3}
    assert rows() == ONE_ACCOUNT


def test_f2_the_form_is_checked_after_the_provider_has_answered(hanko_site, tenant, monkeypatch):
    """Somebody takes the name in other letters while the provider works."""
    newcomer = Newcomer()
    credential = newcomer.answer("Bob")
    monkeypatch.setattr("passkeys_django.ceremonies.storing._check_token", lambda *_args: make_user("bob"))

    assert refusal(newcomer.post("finalize-signup", credential)) == INVALID
    assert not Passkey.objects.exists()
    assert [user.credentials for user in tenant.users.values()] == [{}]


def test_f2_a_name_is_free_again_after_its_user_is_gone():
    assert Newcomer().sign_up("Bob").status_code == 201
    User.objects.all().delete()

    assert Newcomer().sign_up("bob").status_code == 201
