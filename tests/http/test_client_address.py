"""Where a request came from, and what of it is kept."""

import pytest
from django.test import RequestFactory

from passkeys_django.http.client_address import client_address, household, truncated

PROXY = "10.0.0.1"


def request_from(address):
    return RequestFactory().get("/", REMOTE_ADDR=address)


def forwarded(*entries, remote=PROXY):
    """A request that a proxy hands on; each entry is a line of X-Forwarded-For, which servers join."""
    return RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=",".join(entries))


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("203.0.113.77", "203.0.113.77"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.77", "203.0.113.77"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_the_address_is_written_in_one_way(remote, address):
    assert client_address(request_from(remote)) == address


@pytest.mark.parametrize("remote", ["", None, "unix:", "localhost", "203.0.113.77:8000", "203.0.113.077", "%eth0"])
def test_what_is_no_address_is_none(remote):
    assert client_address(request_from(remote)) is None


def test_a_server_that_does_not_say_is_none():
    request = request_from("")
    del request.META["REMOTE_ADDR"]

    assert client_address(request) is None


def test_outside_of_a_request_there_is_none():
    assert client_address(None) is None


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("255.255.255.255", "255.255.255.0"),
        ("2001:db8:abcd:12:3456::1", "2001:db8:abcd::"),
        ("::1", "::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
    ],
)
def test_an_address_is_cut_to_its_network(address, kept):
    assert truncated(address) == kept


def test_only_an_address_can_be_cut():
    with pytest.raises(ValueError, match="'localhost' is not an IP address"):
        truncated("localhost")


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("203.0.113.77", "203.0.113.77"),
        ("2001:db8:abcd:12:3456::1", "2001:db8:abcd:12::"),
        ("2001:db8:abcd:12:ffff:ffff:ffff:ffff", "2001:db8:abcd:12::"),
        ("::ffff:203.0.113.77", "203.0.113.77"),
    ],
)
def test_a_household_has_a_whole_ipv6_network(address, shared):
    assert household(address) == shared


# Proxies


def test_without_trusted_proxies_anybody_may_say_anything():
    assert client_address(forwarded("198.51.100.1")) == PROXY


@pytest.mark.parametrize(
    ("proxies", "entries", "address"),
    [
        (1, ["198.51.100.1"], "198.51.100.1"),
        (1, ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        (1, ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        (1, ["198.51.100.1,198.51.100.1"], "198.51.100.1"),
        (2, ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        (2, ["6.6.6.6, 7.7.7.7, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        (3, ["198.51.100.1, 10.0.0.3, 10.0.0.2"], "198.51.100.1"),
    ],
)
def test_the_nth_entry_from_the_right_counts(settings, proxies, entries, address):
    settings.PASSKEY_TRUSTED_PROXIES = proxies

    assert client_address(forwarded(*entries)) == address


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("198.51.100.1:567", "198.51.100.1"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[fe80::1%eth0]:80", "fe80::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("\t198.51.100.1  ", "198.51.100.1"),
    ],
)
def test_proxies_write_addresses_in_many_ways(settings, entry, address):
    settings.PASSKEY_TRUSTED_PROXIES = 1

    assert client_address(forwarded(entry)) == address


GARBAGE = ["", " ", "unknown", "_hidden", "localhost", "198.51.100", "198.51.100.1:", "198.51.100.1:http", "[::1"]
GARBAGE += ["198.51.100.1;x", '"198.51.100.1"', "for=198.51.100.1", "198.51.100.1/24", "[]:80", "1" * 8000]
GARBAGE += ["\u0661.1.1.1", "\x00"]


@pytest.mark.parametrize("entry", GARBAGE)
def test_garbage_leads_back_to_the_proxy(settings, entry):
    settings.PASSKEY_TRUSTED_PROXIES = 1

    assert client_address(forwarded("6.6.6.6", entry)) == PROXY


@pytest.mark.parametrize("entries", [[], ["6.6.6.6"], ["6.6.6.6, 7.7.7.7"]])
def test_fewer_entries_than_proxies_are_no_proxys(settings, entries):
    """Somebody who got around a proxy cannot choose an address."""
    settings.PASSKEY_TRUSTED_PROXIES = 3

    assert client_address(forwarded(*entries)) == PROXY


def test_a_request_that_no_proxy_touched_is_where_it_came_from(settings):
    settings.PASSKEY_TRUSTED_PROXIES = 1

    assert client_address(request_from("203.0.113.77")) == "203.0.113.77"


def test_a_proxy_behind_a_unix_socket_tells_the_client(settings):
    settings.PASSKEY_TRUSTED_PROXIES = 1

    assert client_address(forwarded("198.51.100.1", remote="")) == "198.51.100.1"
    assert client_address(forwarded("unknown", remote="")) is None
