"""Security keys and second steps with Hanko: who runs them, and what happens while Hanko is down."""

import pytest
from django.utils import timezone

from passkeys_django.models import Passkey, UserHandle
from passkeys_django.providers import get_provider
from tests.conftest import hanko_settings, make_passkey, refusal
from tests.support.two_steps import (
    KEY,
    first_round,
    log_in,
    second_options,
    second_round,
    use_site,
    with_key,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(settings):
    use_site(settings)


@pytest.fixture
def key(hanko_site, user):
    """A browser with a security key that Hanko holds; the fake's requests so far are forgotten."""
    browser = with_key(user, user_verified=False)
    hanko_site.requests.clear()
    return browser


def paths(fake):
    return [path.split("/", 2)[2] for _method, path in fake.requests]


def copies(tenant):
    return [copy for user in tenant.users.values() for copy in user.credentials.values()]


def test_a_key_is_registered_as_a_second_factor(hanko_site, tenant, user):
    with_key(user)

    assert paths(hanko_site)[:2] == ["mfa/registration/initialize", "mfa/registration/finalize"]
    assert [copy.is_mfa for copy in copies(tenant)] == [True]
    row = Passkey.objects.get()
    assert (row.provider, row.kind) == (f"hanko:{tenant.id}", "security-key")


def test_the_options_are_ours_whatever_the_tenant_says(hanko_site, signed_in):
    options = signed_in.creation_options(KEY)["publicKey"]

    assert options["authenticatorSelection"] == {
        "residentKey": "discouraged",
        "requireResidentKey": False,
        "userVerification": "discouraged",
    }
    assert options["attestation"] == "none"
    assert [parameter["alg"] for parameter in options["pubKeyCredParams"]] == [-7, -8, -257]


def test_a_second_step_is_run_by_hanko_and_verified_here_too(key, hanko_site, user):
    assert log_in(key, user).status_code == 302
    assert paths(hanko_site) == ["mfa/login/initialize", "mfa/login/finalize"]


def test_w4_a_key_that_was_replaced_at_hanko_is_refused(key, user, tenant):
    """Hanko says yes to the thief's signature; the stored public key does not."""
    from dataclasses import replace

    from passkeys_django.protocol.base64url import base64url_encode
    from passkeys_django.testing import cose

    (credential,) = key.authenticator.credentials.values()
    stolen = replace(credential, key=cose.generate(cose.ES256))
    key.authenticator.credentials[credential.credential_id] = stolen
    copies(tenant)[0].public_key = base64url_encode(stolen.public_key)

    assert log_in(key, user).status_code != 302
    assert key.user_id is None
    assert Passkey.objects.get().refused_at is not None


def test_a_key_that_hanko_removed_is_refused(key, user):
    token = first_round(key, user)
    credential = key.authenticator.get(second_options(key, token))
    get_provider().delete_credential(Passkey.objects.get().credential_id)

    assert second_round(key, token, credential).status_code != 302
    assert Passkey.objects.get().refused_at is not None


def test_where_hanko_holds_none_of_the_keys_it_is_a_provider_error(key, user):
    """Somebody has removed them there. To go on without Hanko would undo this."""
    token = first_round(key, user)
    get_provider().delete_credential(Passkey.objects.get().credential_id)

    response = key.post("start-login", {"purpose": "second-step", "token": token})

    assert refusal(response) == (502, "provider_error")


def test_copies_elsewhere_make_it_our_own_step(key, user, hanko_site):
    make_passkey(user)

    assert log_in(key, user).status_code == 302
    assert paths(hanko_site) == []


def test_copies_under_two_handles_make_it_our_own_step(key, user, hanko_site, tenant):
    make_passkey(user, provider=f"hanko:{tenant.id}", user_handle=b"an older handle")

    assert log_in(key, user).status_code == 302
    assert paths(hanko_site) == []


@pytest.mark.parametrize("handle", [b"sixteen bytes...", b"\xc3" * 16], ids=["text", "uuid"])
def test_trap_1_a_handle_of_16_bytes_makes_it_our_own_step(hanko_site, tenant, user, handle):
    browser = with_key(user)
    Passkey.objects.update(user_handle=handle)
    hanko_site.requests.clear()

    assert log_in(browser, user, user_handle=None).status_code == 302
    assert paths(hanko_site) == []


def test_beside_copies_elsewhere_a_key_is_registered_here(hanko_site, user):
    make_passkey(user)

    with_key(user)

    assert paths(hanko_site) == []
    assert Passkey.objects.get(kind="security-key").provider == ""


def test_beside_an_older_handle_a_key_is_registered_here(hanko_site, tenant, user):
    make_passkey(user, provider=f"hanko:{tenant.id}", user_handle=b"an older handle")

    with_key(user)

    assert paths(hanko_site) == []


def test_without_hanko_no_step_is_possible_unless_the_site_may_go_on(key, user, hanko_site, settings):
    token = first_round(key, user)
    hanko_site.faults.drop = True

    response = key.post("start-login", {"purpose": "second-step", "token": token})

    assert refusal(response) == (503, "provider_unavailable")
    settings.PASSKEY_LOCAL_FALLBACK = True
    assert log_in(key, user).status_code == 302


def test_hanko_goes_down_between_start_and_end(key, user, hanko_site, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True
    token = first_round(key, user)
    credential = key.authenticator.get(second_options(key, token))
    hanko_site.faults.drop = True

    assert second_round(key, token, credential).status_code == 302


def test_what_hanko_has_refused_is_not_taken_while_it_is_down(key, user, hanko_site, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True
    token = first_round(key, user)
    credential = key.authenticator.get(second_options(key, token))
    Passkey.objects.update(refused_at=timezone.now())
    hanko_site.faults.drop = True

    assert second_round(key, token, credential).status_code != 302


def test_a_key_is_registered_here_while_hanko_is_down(hanko_site, user, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True
    hanko_site.faults.drop = True

    with_key(user)

    assert Passkey.objects.get().provider == ""


def test_a_tenant_that_requires_verification_is_believed(fake_hanko, tenant, signed_in, settings):
    from dataclasses import replace

    tenant.configuration = replace(
        tenant.configuration, mfa=replace(tenant.configuration.mfa, user_verification="required")
    )
    settings.PASSKEY_PROVIDERS = hanko_settings(tenant)

    selection = signed_in.creation_options(KEY)["publicKey"]["authenticatorSelection"]

    assert selection["userVerification"] == "required"


def test_the_handle_at_hanko_is_the_one_of_the_person(key, tenant):
    assert list(tenant.users) == [UserHandle.objects.get().handle]
