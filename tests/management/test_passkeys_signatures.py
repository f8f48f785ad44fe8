"""manage.py passkeys_signatures: what was signed, the evidence as JSON lines, and the verdict computed anew."""

import io
import json
import sys
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from passkeys_django.management import summary
from passkeys_django.models import EventKind, PasskeyEvent, PasskeySignature
from passkeys_django.signatures import evidence_of, verify_signature
from tests.conftest import make_passkey
from tests.support.evidence import make_signature

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def run(task, *arguments):
    out = io.StringIO()
    call_command("passkeys_signatures", task, *arguments, stdout=out)
    return out.getvalue()


def listed(*arguments):
    """The ids in the list."""
    return [uuid.UUID(line.split("  ")[1]) for line in run("list", *arguments).splitlines()]


def change(signature, **values):
    PasskeySignature.objects.filter(pk=signature.pk).update(**values)


@pytest.fixture
def four(user, other_user):
    """Two of each user, a day apart."""
    makers = [(user, "transfer"), (other_user, "transfer"), (user, "contract"), (other_user, "contract")]
    return [
        make_signature(person, action=action, created_at=NOON + timedelta(days=number))
        for number, (person, action) in enumerate(makers)
    ]


def test_the_list_says_when_what_who_and_where_oldest_first(four, user):
    change(four[0], provider="hanko:one", fallback=True)

    assert listed() == [signature.pk for signature in four]
    first = run("list").splitlines()[0]
    name = f"{user.get_username()} ({user.pk})"
    assert first == f"2026-05-03T12:00:00+00:00  {four[0].pk}  transfer  {name}  hanko:one, fallback"


def test_the_export_has_the_whole_evidence_a_line_each(four):
    lines = run("export").splitlines()

    assert [json.loads(line) for line in lines] == [evidence_of(signature) for signature in four]


def test_good_signatures_are_said_to_be_good(four):
    assert run("verify") == "Verified 4 signatures: all good.\n"


def test_bad_ones_are_named_with_what_is_wrong_and_the_command_fails(four, capsys):
    change(four[1], text=four[1].text.replace("12.50", "99.00"))
    out = io.StringIO()

    with pytest.raises(CommandError, match=r"^Verified 4 signatures: 1 bad\.$") as raised:
        call_command("passkeys_signatures", "verify", stdout=out)

    assert raised.value.returncode == 1
    bad, *problems = out.getvalue().splitlines()
    assert bad.startswith("BAD  ")
    assert str(four[1].pk) in bad
    assert [problem.strip() for problem in problems] == list(
        verify_signature(PasskeySignature.objects.get(pk=four[1].pk)).problems
    )
    for good in (four[0], *four[2:]):
        assert str(good.pk) not in out.getvalue()


def test_the_status_of_the_process_is_1(four, monkeypatch):
    from django.core.management import execute_from_command_line

    change(four[0], seal="")
    monkeypatch.setattr(sys, "argv", ["manage.py", "passkeys_signatures", "verify"])

    with pytest.raises(SystemExit) as exit_:
        execute_from_command_line()

    assert exit_.value.code == 1


def test_a_text_that_nobody_can_read_is_bad_and_no_crash(four):
    change(four[0], text="\x1b[2J", user_name="\x1b[31mred", public_key=b"")
    out = io.StringIO()

    with pytest.raises(CommandError, match="1 bad"):
        call_command("passkeys_signatures", "verify", stdout=out)

    assert "unreadable" in out.getvalue()
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("task", ["list", "export", "verify"])
def test_filters_narrow_every_task(four, user, task):
    name = user.get_username()
    text = run(task, "--user", name, "--action", "transfer", "--since", "2026-05-03", "--until", "2026-05-03")

    if task == "verify":
        assert text == "Verified 1 signatures: all good.\n"
    else:
        assert len(text.splitlines()) == 1
        assert str(four[0].pk) in text


def test_each_filter_by_itself(four, user, other_user):
    keys = [signature.pk for signature in four]

    assert listed("--user", other_user.get_username()) == [keys[1], keys[3]]
    assert listed("--action", "contract") == keys[2:]
    assert listed("--action", "contr") == []
    assert listed("--since", "2026-05-05") == keys[2:]
    assert listed("--since", "2026-05-05T12:00:01+00:00") == keys[3:]
    assert listed("--until", "2026-05-04") == keys[:2]
    assert listed("--until", "2026-05-04T12:00:00+00:00") == keys[:1]
    assert listed("--id", str(keys[3]), "--id", keys[0].hex) == [keys[0], keys[3]]


def test_a_user_is_found_by_todays_name_by_that_of_the_time_and_after_the_deletion(four, user):
    mine, before = [four[0].pk, four[2].pk], user.get_username()
    type(user).objects.filter(pk=user.pk).update(**{type(user).USERNAME_FIELD: "new@example.com"})
    assert listed("--user", before) == listed("--user", "new@example.com") == mine

    user.delete()

    assert listed("--user", before) == mine
    assert run("verify", "--user", before) == "Verified 2 signatures: all good.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--user", "nobody"], "There is no user 'nobody', and no signature holds this name."),
        (["--since", "yesterday"], "'yesterday' is not a date such as 2026-12-31."),
        (["--until", "2026-02-30"], "'2026-02-30' is not a date such as 2026-12-31."),
        (["--until", "9999-12-31"], "'9999-12-31' is not a date such as 2026-12-31."),
        (["--id", "7"], "argument --id: invalid UUID value: '7'"),
        (["--id", str(uuid.UUID(int=7))], f"There is no signature {uuid.UUID(int=7)}."),
    ],
)
def test_what_cannot_be_found_is_said_in_one_line(four, arguments, said):
    with pytest.raises(CommandError) as raised:
        run("verify", *arguments)
    assert said in str(raised.value)


def test_where_names_are_numbers_another_text_is_nobodys(four, user, monkeypatch):
    monkeypatch.setattr(type(user), "USERNAME_FIELD", user._meta.pk.name)

    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        run("list", "--user", "nobody")
    assert listed("--user", str(user.pk)) == [four[0].pk, four[2].pk]


def test_a_task_that_does_not_exist_is_said_with_those_that_do(db):
    with pytest.raises(CommandError, match=r"invalid choice: 'delete'.*list"):
        run("delete")


def test_a_site_without_signatures_gets_an_empty_list(db):
    assert run("list") == run("export") == ""
    assert run("verify") == "Verified 0 signatures: all good.\n"


@pytest.mark.parametrize(("task", "shown"), [("list", 0), ("export", 1), ("verify", 1)])
def test_the_bar_is_shown_beside_the_output_on_a_terminal(four, monkeypatch, task, shown):
    bars = []

    def bar(items, *, total, unit, file):
        bars.append((total, unit, file))
        return items

    monkeypatch.setattr(summary, "_bar", lambda: bar)
    run(task)
    assert bars == []  # no terminal

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    run(task)
    assert bars == [(4, " signatures", sys.stderr)] * shown


def test_no_other_command_touches_signatures(four, user, settings):
    """Nor does anything happen to them when passkeys and history of their user go."""
    settings.PASSKEY_EVENT_RETENTION = 1
    before = [evidence_of(signature) for signature in four]
    old = NOON - timedelta(days=4000)
    make_passkey(user, created_at=old, last_used_at=old)
    PasskeyEvent.objects.create(user=user, kind=EventKind.USED, at=old)

    call_command("passkeys_prune", "--events", "--unused-for", "1d", "--yes", stdout=io.StringIO())
    call_command("passkeys_sync", "--remove-missing", "--yes", stdout=io.StringIO())

    assert not PasskeyEvent.objects.filter(at=old).exists()
    assert not user.passkeys.exists()
    assert [evidence_of(signature) for signature in PasskeySignature.objects.order_by("created_at")] == before
