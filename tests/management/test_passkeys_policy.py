"""`manage.py passkeys_policy`: whom the policy concerns, who has what it requires, and whom it would lock out."""

import json
import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from passkeys_django.policy.people import could_not_get_in, required_not_yet
from tests.conftest import make_passkey, make_user

pytestmark = pytest.mark.django_db
FROM = "2020-01-01"
POLICY = {
    "superusers": {"passkey": "required", "password": "refused", "from": FROM},
    "staff": {"passkey": "required", "password": "second-step"},
    "group:Finance": {"passkey": "required"},
}


def give(user, **fields):
    return make_passkey(user, **{"user_verified": True, "discoverable": True} | fields)


@pytest.fixture
def people(db):
    """By name: two superusers, three staff, two of a group, two others."""
    finance = Group.objects.create(name="Finance")
    people = {name: make_user(name, is_staff=True, is_superuser=True) for name in ("root", "admin")}
    people |= {name: make_user(name, is_staff=True) for name in ("editor", "writer", "reader")}
    people |= {name: make_user(name) for name in ("clerk", "banker", "guest", "visitor")}
    for name in ("clerk", "banker"):
        people[name].groups.add(finance)
    give(people["root"])
    give(people["admin"], discoverable=None)
    give(people["editor"])
    give(people["writer"], kind="security-key", user_verified=False)
    give(people["clerk"], user_verified=None)
    people["visitor"].set_unusable_password()
    people["visitor"].save()
    return people


@pytest.fixture
def census(capsys):
    """A function: what the command prints as JSON, by entry."""

    def run():
        call_command("passkeys_policy", json=True)
        return {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)["entries"]}

    return run


def figures(entry):
    out = entry["could_not_get_in"]
    names = [name.split("@")[0] for name in out["names"]]
    return entry["people"], entry["have_passkey"], out["count"], names, entry["bound_by_strongest"]


def test_by_entry_who_has_what_is_required_and_who_could_not_get_in(settings, people, census):
    settings.PASSKEY_POLICY = POLICY

    assert {name: figures(entry) for name, entry in census().items()} == {
        "superusers": (2, 1, 1, ["admin"], 2),
        "staff": (3, 2, 0, [], 2),
        "group:Finance": (2, 1, 0, [], 1),
        "everybody": (2, None, 1, ["visitor"], 0),
    }


def test_the_figures_are_those_of_the_admins_filters(settings, people, census):
    settings.PASSKEY_POLICY = POLICY
    users = get_user_model().objects.all()

    found = [figures(entry) for entry in census().values()]

    assert sum(out for _people, _have, out, _names, _bound in found) == could_not_get_in(users).count()
    lacking = sum(people - have for people, have, *_rest in found if have is not None)
    assert lacking == required_not_yet(users).count()


def test_a_date_that_is_to_come_counts_as_if_it_had_come(settings, people, census):
    settings.PASSKEY_POLICY = {"superusers": POLICY["superusers"] | {"from": "2999-01-01"}}

    entry = census()["superusers"]

    assert figures(entry)[:4] == (2, 1, 1, ["admin"])
    assert entry["from"].startswith("2999-01-01T00:00:00")


def test_without_a_policy_there_is_one_line_for_everybody(settings, people, census):
    settings.PASSKEY_POLICY = None

    assert figures(census()["everybody"])[:3] == (9, None, 1)


def test_with_any_nobody_is_bound(settings, people, census):
    settings.PASSKEY_POLICY, settings.PASSKEY_CONFIRM_METHOD = POLICY, "any"

    assert {entry["bound_by_strongest"] for entry in census().values()} == {0}


def test_inactive_people_are_left_out(settings, people, census, deactivate):
    if not any(field.name == "is_active" for field in get_user_model()._meta.get_fields()):
        pytest.skip("this user model cannot deactivate anybody")
    settings.PASSKEY_POLICY = POLICY

    deactivate(people["admin"])

    assert figures(census()["superusers"])[:4] == (1, 1, 0, [])


def test_where_no_backend_takes_passwords_only_passkeys_let_in(settings, people, census):
    settings.AUTHENTICATION_BACKENDS = ["passkeys_django.backends.PasskeyBackend"]

    assert figures(census()["everybody"])[2] == len({"writer", "reader", "banker", "guest", "visitor"})


def by_function(user):
    if user.is_superuser:
        return {"passkey": "required", "password": "refused", "from": f"2020-01-{user.username_length:02}"}
    return {}


def test_a_function_is_asked_once_for_each(settings, people, census, monkeypatch):
    monkeypatch.setattr(get_user_model(), "username_length", property(lambda user: 10), raising=False)
    settings.PASSKEY_POLICY = f"{__name__}.by_function"
    call_names = []
    monkeypatch.setattr(
        f"{__name__}.by_function", lambda user, real=by_function: call_names.append(user.pk) or real(user)
    )

    call_command("passkeys_policy", json=True)

    assert sorted(map(str, call_names)) == sorted(str(user.pk) for user in people.values())


def test_a_function_that_fails_is_an_entry_of_its_own(settings, people, census):
    settings.PASSKEY_POLICY = f"{__name__}.broken"

    assert figures(census()["error"])[:2] == (9, len({"root", "editor", "clerk"}))


def broken(user):
    raise LookupError("the directory is down")


def test_at_most_twenty_names_are_printed(settings, db, capsys):
    settings.PASSKEY_POLICY = {"everybody": {"password": "refused", "from": FROM}}
    for number in range(23):
        make_user(f"user{number:02}")

    call_command("passkeys_policy")

    printed = capsys.readouterr().out
    assert "everybody: passkey optional, password refused, from 2020-01-01\n  people: 23\n" in printed
    assert "could not get in: 23 (user" in printed
    assert len(re.findall(r"user\d\d", printed)) == 20
    assert ", ...)" in printed


def test_a_mistake_in_the_policy_is_one_line(settings):
    settings.PASSKEY_POLICY = {"staff": {"passkey": "yes"}}

    with pytest.raises(CommandError, match=r"PASSKEY_POLICY\['staff'\]\['passkey'\]"):
        call_command("passkeys_policy")
