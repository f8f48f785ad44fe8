"""The filters find people who lack something. A policy in the settings and a function find the same people."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.models import PasskeyKind, RecoveryCode
from passkeys_django.policy.people import by_entry, could_not_get_in, required_not_yet, without_passkey
from tests.conftest import make_passkey, make_user

pytestmark = pytest.mark.django_db
POLICY = {
    "superusers": {"passkey": "required", "password": "refused", "from": "2020-01-01"},
    "staff": {"passkey": "required", "password": "second-step"},
    "group:Finance": {"passkey": "required", "from": "2999-01-01"},
    "everybody": {"passkey": "optional"},
}


def as_a_function(user):
    """The same policy."""
    for name, fits in {"superusers": user.is_superuser, "staff": user.is_staff}.items():
        if fits:
            return POLICY[name]
    return POLICY["group:Finance" if user.groups.filter(name="Finance").exists() else "everybody"]


@pytest.fixture(params=["dictionary", "function"])
def policy(request, settings):
    settings.PASSKEY_POLICY = POLICY if request.param == "dictionary" else f"{__name__}.as_a_function"


@pytest.fixture
def people(db):
    made = {
        "root": make_user("root", is_staff=True, is_superuser=True),
        "clerk": make_user("clerk", is_staff=True),
        "fay": make_user("fay"),
        "ada": make_user("ada"),
    }
    made["fay"].groups.add(Group.objects.create(name="Finance"))
    return made


def names(users, people):
    found = set(users)
    return {name for name, user in people.items() if user in found}


def everybody():
    return get_user_model()._default_manager.all()


def lose_password(user):
    user.set_unusable_password()
    user.save()


def test_without_a_passkey_are_those_who_have_none_that_is_usable(people):
    make_passkey(people["root"], user_verified=True)
    make_passkey(people["clerk"], kind=PasskeyKind.SECURITY_KEY, user_verified=True)
    make_passkey(people["ada"], user_verified=True, refused_at="2026-01-01T00:00Z")

    assert names(without_passkey(everybody()), people) == {"clerk", "fay", "ada"}


def test_required_not_yet_names_those_who_must_have_one_now_or_later(policy, people):
    assert names(required_not_yet(everybody()), people) == {"root", "clerk", "fay"}


def test_where_it_is_a_second_step_a_security_key_is_what_is_required(policy, people):
    for user in people.values():
        make_passkey(user, kind=PasskeyKind.SECURITY_KEY)

    assert names(required_not_yet(everybody()), people) == {"root", "fay"}


def test_where_passwords_are_refused_only_a_certain_passkey_is_what_is_required(policy, people):
    for user in people.values():
        make_passkey(user, user_verified=True)
    assert names(required_not_yet(everybody()), people) == {"root"}

    make_passkey(people["root"], user_verified=True, discoverable=True)
    assert names(required_not_yet(everybody()), people) == set()


def test_could_not_get_in_names_those_without_a_password_that_counts_and_without_a_passkey(policy, people):
    lose_password(people["ada"])
    lose_password(people["clerk"])
    make_passkey(people["clerk"], user_verified=True)

    assert names(could_not_get_in(everybody()), people) == {"root", "ada"}
    assert names(could_not_get_in(everybody(), passwords=False), people) == {"root", "fay", "ada"}


def test_a_recovery_code_is_a_way_in(policy, people, settings):
    lose_password(people["ada"])
    RecoveryCode.objects.create(user=people["ada"], code_sha256="0" * 64, strength=1)
    assert "ada" not in names(could_not_get_in(everybody()), people)

    settings.PASSKEY_RECOVERY_CODES = False
    assert "ada" in names(could_not_get_in(everybody()), people)


def test_inactive_people_are_not_waited_for(policy, people, deactivate):
    if all(field.name != "is_active" for field in get_user_model()._meta.get_fields()):
        pytest.skip("this user model knows no inactive people")
    deactivate(people["root"])

    assert "root" not in names(required_not_yet(everybody()), people)
    assert "root" not in names(could_not_get_in(everybody()), people)


def test_without_a_policy_nothing_is_required(people):
    assert names(required_not_yet(everybody()), people) == set()
    assert names(could_not_get_in(everybody()), people) == set()


def test_each_user_belongs_to_the_first_entry_that_fits(people, settings):
    settings.PASSKEY_POLICY = POLICY

    found = [(entry.name, names(users, people)) for entry, users in by_entry(everybody())]

    assert found[:4] == [
        ("superusers", {"root"}),
        ("staff", {"clerk"}),
        ("group:Finance", {"fay"}),
        ("everybody", {"ada"}),
    ]
    assert found[4][1] == set()


def test_a_function_is_not_said_in_sql(settings):
    settings.PASSKEY_POLICY = f"{__name__}.as_a_function"

    assert by_entry(everybody()) is None


def test_a_policy_in_the_settings_takes_one_statement_however_many_people(people, settings):
    settings.PASSKEY_POLICY = POLICY
    for number in range(30):
        make_user(f"user{number}", is_staff=True)

    with CaptureQueriesContext(connection) as queries:
        assert len(required_not_yet(everybody())) == 33

    assert len(queries) == 1


def test_a_function_that_fails_hides_nobody(people, settings, caplog):
    settings.PASSKEY_POLICY = f"{__name__}.broken"

    assert names(required_not_yet(everybody()), people) == set(people)


def broken(user):
    raise RuntimeError("no")
