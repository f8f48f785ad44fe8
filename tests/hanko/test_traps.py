"""The traps of the wire contract that a client cannot close: what its caller must know, seen through the client.

Each is closed by the site: ceremonies are bound to a browser and single use here, and the rows keep what Hanko
forgets. The others are tested beside the calls that meet them; the last test counts them all.
"""

import re
import time
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest

from passkeys_django.hanko import HankoAdminClient, HankoClient, HankoRefused
from passkeys_django.testing import SoftwareAuthenticator
from passkeys_django.testing.hanko import FakeHanko, in_process

ORIGIN = "https://example.com"
PUBLIC, ADMIN = "https://public.example", "https://admin.example"

#: Not a client's to meet, and why
ELSEWHERE = {21: "`migrate down` of the server drops misspelt tables: no call leads there"}


class World:
    """A client, an authenticator and a clock that stands still."""

    def __init__(self, **fake):
        self.now = time.time()
        self.fake = FakeHanko(clock=lambda: self.now, **fake)
        self.tenant = self.fake.create_tenant(rp_id="example.com", origins=[ORIGIN])
        self.client = HankoClient(tenant_id=self.tenant.id, api_key=self.tenant.api_key, base_url=PUBLIC)
        self.admin = HankoAdminClient(admin_url=ADMIN)
        self.authenticator = SoftwareAuthenticator(origin=ORIGIN, counter=7)

    def register(self):
        options = self.client.start_registration(user_id="ada-1", username="ada")
        credential = self.authenticator.create(options)
        self.client.finalize_registration(credential=credential)
        return credential

    def login(self, user_id=None):
        credential = self.authenticator.get(self.client.start_login(user_id=user_id))
        return self.client.finalize_login(credential=credential)


@pytest.fixture
def new_world():
    worlds = []
    with ExitStack() as stack:

        def _new_world(**fake):
            worlds.append(World(**fake))
            stack.enter_context(in_process(worlds[-1].fake, PUBLIC, admin_url=ADMIN))
            return worlds[-1]

        yield _new_world
    assert [world.fake.errors for world in worlds] == [[] for _world in worlds]


@pytest.fixture
def world(new_world):
    return new_world()


def test_trap_2_one_assertion_may_succeed_twice_so_single_use_is_the_callers(new_world):
    world = new_world(single_use=False)  # as the real server for finalizes at the same time
    world.register()
    credential = world.authenticator.get(world.client.start_login())
    for _ in range(2):
        assert world.client.finalize_login(credential=credential)


def test_trap_3_tokens_of_one_second_are_the_same_so_they_are_no_nonce(world):
    world.register()
    tokens = {world.login(), world.login()}
    assert len(tokens) == 1
    world.now += 1
    assert world.login() not in tokens


def test_trap_10_discoverable_challenges_never_expire_so_the_caller_keeps_the_time(world):
    world.register()
    anybodys = world.authenticator.get(world.client.start_login())
    adas = world.authenticator.get(world.client.start_login(user_id="ada-1"))
    world.now += 24 * 60 * 60
    assert world.client.finalize_login(credential=anybodys)
    with pytest.raises(HankoRefused, match="Session has Expired"):
        world.client.finalize_login(credential=adas)


def test_trap_11_hanko_names_no_transports_excludes_nothing_and_counts_nothing(world):
    created = world.register()
    assert created["response"]["transports"]
    assert world.client.get_credential(created["id"]).transports == ()
    again = world.client.start_registration(user_id="ada-1", username="ada")
    assert "excludeCredentials" not in again["publicKey"]
    world.login()
    world.authenticator.counter = 0
    assert world.login()


def test_trap_12_a_start_renames_the_user_at_once_and_leaves_one_behind(world):
    world.client.start_registration(user_id="ada-1", username="ada", display_name="Ada")
    world.client.start_registration(user_id="ada-1", username="countess")
    (user,) = world.admin.list_users(tenant_id=world.tenant.id)
    assert (user.user_id, user.name, user.display_name) == ("ada-1", "countess", "countess")
    assert list(world.client.list_credentials()) == []


def test_trap_13_challenges_of_second_factors_and_passkeys_pass_for_each_other(world):
    factor = world.authenticator.create(world.client.start_mfa_registration(user_id="ada-1", username="ada"))
    world.client.finalize_registration(credential=factor)
    assert world.client.get_credential(factor["id"]).is_mfa is False
    passkey = world.authenticator.create(world.client.start_registration(user_id="ada-1", username="ada"))
    world.client.finalize_mfa_registration(credential=passkey)
    assert world.client.get_credential(passkey["id"]).is_mfa is True


def test_trap_20_a_server_whose_clock_is_west_of_utc_shows_as_an_expired_fresh_challenge(world):
    world.register()
    options = world.client.start_login(user_id="ada-1")
    world.now += 8 * 60 * 60
    with pytest.raises(HankoRefused) as raised:
        world.client.finalize_login(credential=world.authenticator.get(options))
    assert raised.value.details == "Session has Expired"


def test_users_are_not_bound_to_the_tenant_of_the_path(world):
    """Why the command line looks for a user in the listing of the tenant before it deletes one."""
    world.register()
    (user,) = world.admin.list_users(tenant_id=world.tenant.id)
    other = world.fake.create_tenant(rp_id="example.org", origins=["https://example.org"])
    found = world.admin.get_user(tenant_id=UUID(other.id), internal_user_id=user.id)
    assert found.user_id == "ada-1"


def test_every_trap_has_a_test_here_or_a_reason():
    sources = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    tested = {int(number) for number in re.findall(r"trap_(\d+)_", sources)}
    assert sorted(tested | set(ELSEWHERE)) == list(range(1, 22))
    assert tested.isdisjoint(ELSEWHERE)
