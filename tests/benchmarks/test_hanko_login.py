"""What a login costs with Hanko, against the fake on a port of this machine."""

import statistics
import subprocess
import sys
import time

import jwt
import pytest
import requests

from passkeys_django.models import Passkey
from passkeys_django.protocol.credentials import parse_authentication
from passkeys_django.providers import get_provider
from passkeys_django.providers.hanko.provider import HankoProvider
from passkeys_django.relying_party import get_relying_party
from passkeys_django.testing.hanko import FakeHanko, serve
from tests.benchmarks.conftest import ROUNDS
from tests.benchmarks.test_embedded_login import passkey_login
from tests.conftest import ORIGIN, Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake():
    return FakeHanko()


@pytest.fixture
def tenant(fake):
    return fake.create_tenant(rp_id="testserver", origins=[ORIGIN])


def entry(**options):
    return {"PROVIDER": f"{HankoProvider.__module__}.{HankoProvider.__name__}", "OPTIONS": options}


@pytest.fixture
def server(fake, tenant, settings):
    with serve(fake) as server:
        settings.PASSKEY_PROVIDERS = {
            "default": entry(tenant_id=tenant.id, api_key=tenant.api_key, base_url=server.url)
        }
        yield server


def test_a_hundred_logins_use_one_connection_and_two_requests_each(fake, server, registered, figure):
    assert registered.other_browser().login().status_code == 200
    seen = len(fake.requests)
    for _ in range(100):
        assert registered.other_browser().login().status_code == 200
    paths = [path for _method, path in fake.requests[seen:]]
    figure("Hanko: upstream requests a login", f"{len(paths) / 100:g}", "2")
    figure("Hanko: JWKS fetches in 100 warm logins", sum("jwks" in path for path in paths), "0")
    figure("Hanko: TCP connections for 100 logins", server.connections, "1")
    assert len(paths) == 200
    assert not any("jwks" in path for path in paths)
    assert server.connections == 1


def bare(session, server, tenant, key, authenticator):
    """What nobody can do without: two requests and a token decode. Returns CPU seconds of this thread."""
    base = f"{server.url}/{tenant.id}/login"
    began = time.thread_time()
    options = session.post(f"{base}/initialize", json={}, timeout=5).json()
    spent = time.thread_time() - began
    credential = authenticator.get(options)
    began = time.thread_time()
    token = session.post(f"{base}/finalize", json=credential, timeout=5).json()["token"]
    jwt.decode(token, key, algorithms=["RS256"], audience="testserver")
    return spent + time.thread_time() - began


def ours(authenticator, passkey):
    """The provider's part of a login, everything parsed and checked. Returns CPU seconds of this thread."""
    provider, relying_party = get_provider(), get_relying_party(None)
    began = time.thread_time()
    options = provider.start_login(relying_party=relying_party)
    spent = time.thread_time() - began
    credential = authenticator.get(options)
    began = time.thread_time()
    token = provider.finalize_login(
        relying_party=relying_party,
        credential=parse_authentication(credential),
        user_handle=passkey.user_handle,
        public_key=passkey.public_key,
    )
    provider.verify_token(token, relying_party=relying_party)
    return spent + time.thread_time() - began


def test_our_own_time_over_two_bare_requests_and_a_token_decode(server, tenant, registered, figure):
    authenticator, passkey = registered.authenticator, Passkey.objects.get()
    jwks = requests.get(f"{server.url}/{tenant.id}/.well-known/jwks.json", timeout=5).json()
    key = jwt.PyJWK(jwks["keys"][0])
    with requests.Session() as session:
        differences = [
            ours(authenticator, passkey) - bare(session, server, tenant, key, authenticator) for _ in range(ROUNDS)
        ]
    figure(
        "Hanko: our CPU over two bare requests and a decode (median)",
        f"{statistics.median(differences) * 1000:.2f} ms",
        "at most 1.5 ms",
    )


@pytest.fixture
def far_tenant():
    """The entry for a tenant whose fake runs in another process: what the fake costs is not ours."""
    command = [sys.executable, "-m", "passkeys_django.testing.hanko", "--port=0", "--rp-id=testserver"]
    with subprocess.Popen([*command, f"--origin={ORIGIN}"], stdout=subprocess.PIPE, text=True) as fake:
        lines = [fake.stdout.readline().strip() for _ in range(3)]
        yield entry(**dict(line.split(": ", 1) for line in lines))
        fake.terminate()


def test_a_login_with_hanko_beside_an_embedded_login(far_tenant, user, other_user, figure, settings):
    sites = {"embedded": None, "Hanko": {"default": far_tenant}}
    people, spent = dict(zip(sites, (user, other_user), strict=True)), {"embedded": [], "Hanko": []}
    browsers = {}
    for name in list(sites) * 5:
        settings.PASSKEY_PROVIDERS = sites[name]
        if name not in browsers:
            browsers[name] = Browser().sign_in(people[name])
            assert browsers[name].register().status_code == 201
        passkey_login(browsers[name])  # opens the connection, and fetches the keys
        spent[name] += [passkey_login(browsers[name]) for _ in range(ROUNDS // 5)]
    more = statistics.median(spent["Hanko"]) - statistics.median(spent["embedded"])
    figure("Hanko: our CPU over an embedded login, both calls (medians)", f"{more * 1000:.2f} ms", "at most 2 ms")
    assert {passkey.provider != "" for passkey in Passkey.objects.filter(user=other_user)} == {True}
