"""Whatever a signed form may answer to a script, and what leads to it. Keys are like those of SCENARIOS."""

import json

from django.test import Client

from passkeys_django.models import Passkey
from tests.conftest import moved_clock
from tests.signatures.conftest import DATA, JSON, URL
from tests.signatures.site import TransferView

SIGNED_FORM = {}


def reply(status, code=None):
    def add(scenario):
        SIGNED_FORM["signed-form", status, code] = scenario
        return scenario

    return add


def signed(signer, data=DATA, **overrides):
    return signer.finish(signer.answer(signer.start(data).json(), **overrides), data)


@reply(200)
def _first_post(signer, site):
    return signer.start()


@reply(201)
def _second_post(signer, site):
    return signed(signer)


@reply(400, "invalid_request")
def _form_with_errors(signer, site):
    return signer.start({**DATA, "amount": "a lot"})


@reply(400, "invalid_statement")
def _control_character(signer, site):
    return signer.start({**DATA, "purpose": "a\tb"})


@reply(400, "invalid_credential")
def _no_credential(signer, site):
    return signer.finish("{}")


@reply(400, "ceremony_not_found")
def _challenge_of_a_login(signer, site):
    return signer.finish(signer.answer(signer.request_options()))


@reply(400, "ceremony_expired")
def _too_late(signer, site):
    answer = signer.answer(signer.start().json())
    with moved_clock(660):
        return signer.finish(answer)


@reply(401, "not_authenticated")
def _signed_out(signer, site):
    signer.client.logout()
    return signer.start()


@reply(403, "signature_failed")
def _not_verified(signer, site):
    return signed(signer, flags={"uv": False})


@reply(403, "passkey_required")
def _without_passkey(signer, site):
    Passkey.objects.all().delete()
    return signer.start()


@reply(403, "acting_as_another")
def _staff_as_somebody(signer, site):
    session = signer.client.session
    session["hijack_history"] = ["1000"]
    session.save()
    return signer.start()


@reply(403, "csrf_failed")
def _without_token(signer, site):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signer.client.cookies
    return strict.post(URL, DATA, headers=JSON, secure=True)


@reply(409, "statement_changed")
def _other_data(signer, site):
    return signer.finish(signer.answer(signer.start().json()), {**DATA, "amount": "99"})


@reply(409, "already_signed")
def _the_page_again(signer, site):
    data = {**DATA, "signed_form": "page"}
    assert signed(signer, data).status_code == 201
    return signer.start(data)


@reply(413, "invalid_request")
def _too_large(signer, site):
    return signer.finish(json.dumps({"id": "x" * 70_000}))


@reply(429, "throttled")
def _too_often(signer, site):
    site.settings.PASSKEY_RATE_LIMITS = {"start-signature": "1/h"}
    signer.start()
    return signer.start()


@reply(500, "signing_failed")
def _the_site_fails(signer, site):
    def fails(*_args):
        raise RuntimeError

    site.monkeypatch.setattr(TransferView, "form_signed", fails)
    signer.client.raise_request_exception = False
    return signed(signer)


@reply(502, "provider_error")
def _hanko_refuses_the_key(signer, site):
    site.hanko.faults.status = 401
    return signer.start()


@reply(503, "provider_unavailable")
def _hanko_is_down(signer, site):
    site.hanko.faults.drop = True
    return signer.start()
