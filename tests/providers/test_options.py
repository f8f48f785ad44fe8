"""What we change in the options of a service."""

import pytest

from passkeys_django.providers.options import on_this_device

KEPT = {"residentKey": "required", "userVerification": "preferred"}


@pytest.mark.parametrize(
    "selection",
    [None, [], {}, {"authenticatorAttachment": None}, {"authenticatorAttachment": ""}],
    ids=["none", "no object", "empty", "null", "no text"],
)
def test_a_service_that_does_not_choose_the_device_leaves_the_choice_to_the_page(selection):
    options = on_this_device({"authenticatorSelection": selection})
    platform = {"authenticatorAttachment": "platform"}
    assert options == {"authenticatorSelection": platform, "hints": ["client-device"]}


def test_what_the_service_says_otherwise_stays():
    chosen = on_this_device({"authenticatorSelection": KEPT, "hints": ["hybrid"], "timeout": 1})
    assert chosen["authenticatorSelection"] == KEPT | {"authenticatorAttachment": "platform"}
    assert (chosen["hints"], chosen["timeout"]) == (["client-device"], 1)


def test_a_service_for_other_devices_only_prevails():
    options = {"authenticatorSelection": {"authenticatorAttachment": "cross-platform"}, "hints": ["security-key"]}
    assert on_this_device(options) == options
