"""C3, D3, G2, G4, H2: one challenge, link, code or signature, used in two processes at once, on one database."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from passkeys_django.models import Enrolment, Passkey, PasskeySignature, RecoveryCode
from tests.conftest import PASSWORD, Browser, make_user
from tests.enrolment.holder import Holder, new_link
from tests.recovery.conftest import make_codes
from tests.signatures.conftest import DATA, signer_of
from tests.signatures.site import transfers
from tests.signup.test_signup import Newcomer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        os.environ.get("TEST_DATABASE") != "postgresql", reason="SQLite lets one process write at a time"
    ),
]
ROUNDS = 20


def start_process(**variables):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", **variables}
    environment["PGDATABASE"] = str(connection.settings_dict["NAME"])
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.replaying"],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def in_two_processes(requests, others=None, **variables):
    """The outcomes of each request, and of the one that the second process posts at the same time, in pairs.

    `variables` are the environment's, see `tests.support.replaying`.
    """
    processes = [start_process(**variables) for _ in range(2)]
    try:
        for process, own in zip(processes, [requests, others or requests], strict=True):
            print(json.dumps(own), file=process.stdin, flush=True)
        assert [process.stdout.readline().strip() for process in processes] == ["ready", "ready"]
        for process in processes:
            print("go", file=process.stdin, flush=True)
        outcomes = [json.loads(process.stdout.readline()) for process in processes]
        assert [process.wait(timeout=30) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    return list(zip(*outcomes, strict=True))


def request_of(browser, name, credential):
    cookies = {cookie: morsel.value for cookie, morsel in browser.client.cookies.items() if morsel.value}
    return {"path": f"/passkeys/{name}", "body": credential, "cookies": cookies}


def test_c3_d3_of_two_processes_that_replay_a_login_exactly_one_wins(registered):
    requests = []
    for _ in range(ROUNDS):
        browser = registered.other_browser()
        credential = browser.authenticator.get(browser.request_options())
        requests.append(request_of(browser, "finalize-login", credential))

    pairs = in_two_processes(requests)

    assert Counter(frozenset(pair) for pair in pairs) == {frozenset({200, "ceremony_used"}): ROUNDS}
    assert Passkey.objects.get().use_count == ROUNDS


def test_c3_d3_of_two_processes_that_replay_a_registration_exactly_one_wins(db):
    requests = []
    for number in range(ROUNDS):
        browser = Browser().sign_in(make_user(f"user-{number}"))
        credential = browser.authenticator.create(browser.creation_options())
        requests.append(request_of(browser, "finalize-registration", credential))

    pairs = in_two_processes(requests)

    assert all(201 in pair for pair in pairs), pairs
    # The account has a passkey as soon as one of them is through: then a password is no longer enough.
    refusals = {"ceremony_used", "passkey_exists", "reauthentication_required"}
    assert {code for pair in pairs for code in pair} <= {201, *refusals}
    assert Passkey.objects.count() == ROUNDS


def test_f2_of_two_processes_that_store_one_name_in_other_letters_exactly_one_wins(db):
    requests = {"Bob": [], "bob": []}
    for number in range(ROUNDS):
        for name, of_name in requests.items():
            newcomer = Newcomer()
            credential = newcomer.answer(f"{name}-{number}")
            of_name.append(request_of(newcomer, "finalize-signup", credential))

    pairs = in_two_processes(requests["Bob"], requests["bob"])

    assert Counter(frozenset(pair) for pair in pairs) == {frozenset({201, "invalid_request"}): ROUNDS}
    assert Passkey.objects.count() == get_user_model().objects.count() == ROUNDS


def holding(secret):
    """The request with which somebody who has opened this link finishes."""
    holder = Holder().open(secret)
    return request_of(holder, "finalize-enrolment", holder.answer())


def test_g2_of_fifty_who_use_one_link_in_two_processes_exactly_one_gets_a_passkey(db):
    _enrolment, secret = new_link(make_user())
    requests = [holding(secret) for _ in range(50)]

    pairs = in_two_processes(requests[:25], requests[25:])

    assert Counter(code for pair in pairs for code in pair) == {201: 1, "enrolment_invalid": 49}
    assert Passkey.objects.count() == 1


def test_g2_of_two_who_use_a_link_at_the_same_time_exactly_one_gets_a_passkey(db):
    secrets = [new_link(make_user(f"user-{number}"))[1] for number in range(ROUNDS)]

    pairs = in_two_processes([holding(secret) for secret in secrets], [holding(secret) for secret in secrets])

    assert Counter(frozenset(pair) for pair in pairs) == {frozenset({201, "enrolment_invalid"}): ROUNDS}
    assert Passkey.objects.count() == ROUNDS


def test_g4_of_twenty_who_use_one_recovery_code_in_two_processes_exactly_one_gets_a_link(signed_in, user):
    [code, *others] = make_codes(signed_in)
    body = json.dumps({"username": user.get_username(), "code": code, "password": PASSWORD})
    requests = [{"path": "/passkeys/recover/", "body": body, "cookies": {}} for _ in range(ROUNDS)]

    pairs = in_two_processes(requests[:10], requests[10:])

    assert Counter(code for pair in pairs for code in pair) == {201: 1, "recovery_failed": ROUNDS - 1}
    assert RecoveryCode.objects.count() == len(others)
    assert Enrolment.objects.count() == 1


def test_h2_of_fifty_posts_of_one_signature_in_two_processes_all_get_the_answer_of_one_transfer(settings, user):
    settings.ROOT_URLCONF = "tests.signatures.site"
    signer = signer_of(user)
    body = json.dumps({**DATA, "passkey": signer.answer(signer.start().json())})
    cookies = {name: morsel.value for name, morsel in signer.client.cookies.items() if morsel.value}
    requests = [{"path": "/transfer/", "body": body, "cookies": cookies}] * 25

    pairs = in_two_processes(requests, REPLAY_THREADS="25", REPLAY_URLCONF="tests.signatures.site")

    assert Counter(code for pair in pairs for code in pair) == {201: 50}
    assert transfers() == ["12.50 to Grace"]
    assert PasskeySignature.objects.count() == 1


def test_h2_of_two_tabs_with_one_page_in_two_processes_exactly_one_signs(settings, user):
    settings.ROOT_URLCONF = "tests.signatures.site"
    signer, requests = signer_of(user), ([], [])
    for number in range(ROUNDS):
        data = {**DATA, "signed_form": f"page-{number}"}
        for own in requests:
            body = json.dumps({**data, "passkey": signer.answer(signer.start(data).json())})
            cookies = {name: morsel.value for name, morsel in signer.client.cookies.items() if morsel.value}
            own.append({"path": "/transfer/", "body": body, "cookies": cookies})

    pairs = in_two_processes(*requests, REPLAY_URLCONF="tests.signatures.site")

    assert Counter(frozenset(pair) for pair in pairs) == {frozenset({201, "already_signed"}): ROUNDS}
    assert len(transfers()) == PasskeySignature.objects.count() == ROUNDS
