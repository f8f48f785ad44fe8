"""`manage.py check --deploy`: do all processes count together, and each client by itself?"""

import pytest
from django.core.checks import Tags, run_checks
from django.test import override_settings

from passkeys_django.conf import RATE_LIMITS

BACKENDS = "django.core.cache.backends"
REDIS = {"BACKEND": f"{BACKENDS}.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}


def warnings(backend, rates, *, deploy=True):
    caches = {"default": backend if isinstance(backend, dict) else {"BACKEND": f"{BACKENDS}.{backend}"}}
    with override_settings(CACHES=caches, PASSKEY_RATE_LIMITS=rates):
        found = run_checks(tags=[Tags.security], include_deployment_checks=deploy)
    return [message for message in found if message.id == "passkeys_django.W003"]


@pytest.mark.parametrize(
    ("backend", "how"),
    [("locmem.LocMemCache", "in each process separately"), ("dummy.DummyCache", "count nothing")],
)
def test_w003_a_cache_that_processes_do_not_share_is_told(backend, how):
    [message] = warnings(backend, {})

    assert how in message.msg
    assert "CACHES" in message.hint
    assert "PASSKEY_RATE_LIMITS = None" in message.hint


@pytest.mark.parametrize("rates", [None, dict.fromkeys(RATE_LIMITS)])
def test_without_limits_there_is_nothing_to_tell(rates):
    assert warnings("locmem.LocMemCache", rates) == []


def test_a_shared_cache_is_not_asked_and_not_told(tmp_path):
    assert warnings(REDIS, {}) == []
    assert warnings({"BACKEND": f"{BACKENDS}.filebased.FileBasedCache", "LOCATION": str(tmp_path)}, {}) == []


def test_while_developing_it_is_not_told():
    assert warnings("locmem.LocMemCache", {}, deploy=False) == []


@pytest.mark.parametrize(
    ("backend", "rates"), [({"BACKEND": "no.such.Cache"}, {}), ("locmem.LocMemCache", {"start-login": "often"})]
)
def test_other_mistakes_are_left_to_other_checks(backend, rates):
    assert warnings(backend, rates) == []


@pytest.mark.parametrize(
    "setting",
    [
        {"PASSKEY_RATE_LIMITS": {"login": "60/m"}},
        {"PASSKEY_RATE_LIMITS": {"start-login": "60"}},
        {"PASSKEY_TRUSTED_PROXIES": "10.0.0.1"},
    ],
)
def test_a_mistake_in_the_settings_is_told_at_once(setting):
    with override_settings(**setting):
        [message] = [found for found in run_checks(tags=[Tags.security]) if found.id == "passkeys_django.E010"]

    assert next(iter(setting)) in message.msg


def proxy_warnings(*, deploy=True, **settings):
    with override_settings(PASSKEY_RATE_LIMITS=None, **settings):
        found = run_checks(tags=[Tags.security], include_deployment_checks=deploy)
    return [message for message in found if message.id == "passkeys_django.W010"]


BEHIND_A_PROXY = [
    {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")},
    {"USE_X_FORWARDED_HOST": True},
    {"USE_X_FORWARDED_PORT": True},
]


@pytest.mark.parametrize("behind", BEHIND_A_PROXY, ids=lambda behind: next(iter(behind)))
def test_f3_behind_a_proxy_all_people_would_count_as_one(behind):
    [message] = proxy_warnings(**behind)

    assert next(iter(behind)) in message.msg
    assert "PASSKEY_TRUSTED_PROXIES" in message.hint
    assert proxy_warnings(**behind, deploy=False) == []


@pytest.mark.parametrize("number", [0, 1])
def test_a_site_that_says_how_many_proxies_there_are_is_not_told(number):
    assert proxy_warnings(**BEHIND_A_PROXY[0], PASSKEY_TRUSTED_PROXIES=number) == []


def test_a_site_without_a_proxy_is_not_told():
    assert proxy_warnings() == []
