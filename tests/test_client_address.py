"""Where a request came from, and what of it is kept."""

import pytest
from django.test import RequestFactory

from passkeys_django.client_address import client_address, truncated


def request_from(address):
    return RequestFactory().get("/", REMOTE_ADDR=address)


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
    with pytest.raises(ValueError, match="'localhost' is no IP address"):
        truncated("localhost")
