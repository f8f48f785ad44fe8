"""docs/hanko-client: every example, run against recorded exchanges, and every name that there is to document."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from passkeys_django import hanko
from passkeys_django.hanko import HankoAdminClient, HankoClient, HankoError, exceptions
from passkeys_django.hanko.command_line.arguments import parse
from passkeys_django.hanko.exceptions import api_error
from tests.docs.hanko_client.conftest import Outcome
from tests.docs.hanko_client.examples import PAGES, Example, examples, says, sections
from tests.docs.hanko_client.recorded import all_exchanges


def is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, HankoError)


CLIENTS = {"public-api": HankoClient, "admin-api": HankoAdminClient}
ERRORS = {error.__name__: error for error in vars(exceptions).values() if is_error(error)}
ERROR_ROW = re.compile(r"^\| ((?:· )*)`(Hanko\w+)` \|[^|]*\| (?:(\d{3}) `([^`]+)` )?\|$", re.MULTILINE)


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def methods(client: type) -> dict[str, Callable[..., Any]]:
    """The public methods of a client."""
    return {name: call for name, call in inspect.getmembers(client, inspect.isfunction) if name[0] != "_"}


METHODS = [(page, name, call) for page, client in CLIENTS.items() for name, call in methods(client).items()]


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_an_example_sends_what_was_recorded_and_prints_what_the_page_shows(
    example: Example, run: Callable[[Example], Outcome]
) -> None:
    outcome = run(example)

    for exchange, sent in outcome.sent:
        exchange.assert_asked_by(sent)
    shown = zip(example.exchanges.values(), outcome.sent, strict=True)
    wrong = [exchange.written(sent) for page, (exchange, sent) in shown if not says(page, exchange.written(sent))]
    assert not wrong, f"{example.name} shows another exchange than this:\n" + "\n\n".join(wrong)
    assert says(example.printed, outcome.printed), f"{example.name} prints:\n{outcome.printed}"
    assert example.exchanges or example.printed, "an example that shows nothing"


def test_a_page_that_shows_another_value_is_found() -> None:
    assert says('{"id": "abc…",\n "n": 1}', '{"id": "abcdef", "n": 1}')
    assert not says('{"id": "abd…", "n": 1}', '{"id": "abcdef", "n": 1}')
    assert not says('{"id": "abc…"}', '{"id": "abcdef", "n": 1')


@pytest.mark.parametrize(("page", "client"), CLIENTS.items())
def test_every_public_method_has_a_section_with_an_example_and_no_other_has(page: str, client: type) -> None:
    with_example = {heading for heading, text in sections(page).items() if "```python" in text}

    assert with_example == methods(client).keys()


@pytest.mark.parametrize(
    ("page", "name", "call"), METHODS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_section_calls_its_method_and_names_its_types_and_errors(
    page: str, name: str, call: Callable[..., Any]
) -> None:
    text = sections(page)[name]
    types = words(str(inspect.signature(call))) & set(hanko.__all__)
    errors = words(call.__doc__ or "") & ERRORS.keys()
    of_every_call = words(PAGES[page].partition("\n## ")[0])

    assert f".{name}(" in text
    assert "**Errors:**" in text
    assert (types | (errors - of_every_call)) - words(text) == set()


def test_every_name_of_the_client_is_on_a_page() -> None:
    assert set(hanko.__all__) - words(" ".join(PAGES.values())) == set()


def test_the_table_of_errors_is_the_tree_of_errors() -> None:
    rows = {name: len(dots) // 2 for dots, name, _status, _title in ERROR_ROW.findall(sections("index")["Errors"])}

    assert rows == {name: error.__mro__.index(HankoError) for name, error in ERRORS.items()}


@pytest.mark.parametrize(
    ("name", "status", "title"),
    [row[1:] for row in ERROR_ROW.findall(sections("index")["Errors"]) if row[2]],
)
def test_the_server_said_so_and_the_client_raises_that_error(name: str, status: str, title: str) -> None:
    replies = [
        (exchange["response"]["body"], exchange["request"]["path"].endswith("/finalize"))
        for exchange in all_exchanges()
        if exchange["response"]["status"] == int(status) and isinstance(exchange["response"]["body"], dict)
    ]
    raised = {
        type(api_error(status=int(status), title=title, details=None, request_id=None, finalize=finalize)).__name__
        for body, finalize in replies
        if body["title"] == title
    }

    assert raised == {name}


def test_the_time_outs_are_the_defaults_of_the_clients() -> None:
    rows = re.findall(r"^\| `(\w+_timeout)` \| ([\d.]+) \| ([\d.]+) \|", PAGES["index"], re.MULTILINE)

    of_clients = [HankoClient(tenant_id="")._transport, HankoAdminClient(admin_url="")._transport]
    defaults = zip(*(transport._timeouts for transport in of_clients), strict=True)
    shown = {name: tuple(float(value) for value in values) for name, *values in rows}
    assert shown == dict(zip(("connect_timeout", "read_timeout"), defaults, strict=True))


def test_the_table_of_commands_is_that_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.findall(r"^\| `([a-z-]+ [a-z]+)` \|", sections("index")["From a terminal"], re.MULTILINE)

    def offered(*noun: str) -> list[str]:
        with pytest.raises(SystemExit):
            parse([*noun, "--help"])
        return re.findall(r"^    ([a-z-]+)(?:  |$)", capsys.readouterr().out, re.MULTILINE)

    assert shown == [f"{noun} {verb}" for noun in offered() for verb in offered(noun)]
