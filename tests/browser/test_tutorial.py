"""docs/tutorial.md, followed word for word in an empty folder, to a login in a real browser.

What a reader does not see: a fence's title names the file that the block is written to (`diff` edits it);
`console` blocks are typed, `$ ` line by `$ ` line, and what they show must be printed. One command is not run:
`pip install` needs a network. In its place a .pth file tells the reader's virtual environment where this checkout
is, and where the libraries of this run are. The server gets a free port in place of 8000.
"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ROOT, free_port, new_visitor
from tests.browser.visitor import PASSWORD, Visitor
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', PAGE, re.DOTALL | re.MULTILINE)
INSTALL = 'pip install -q "django>=5.2" /path/to/the/checkout'


def typed(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, and what each prints."""
    return re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)


def timeless(output: str) -> str:
    """Without what differs from one reader to the next: the time, Django's version, the port."""
    output = re.sub(r"\w+ \d+, \d{4} - [\d:]{8}", "(time)", output)
    output = re.sub(r"http://\S+:\d+/", "(address)", output)
    return re.sub(r"(?<=Django version )[\d.]+|(?<=/en/)\d\.\d(?=/howto/)", "(version)", output)


class Reader:
    """Does what the page says, in a shell that begins in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.habits = [f"cd {shlex.quote(str(folder))}"]  # what changed the shell: each command has one of its own
        names = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PASSKEY_"))}
        path = f"{Path(sys.executable).parent}:{names['PATH']}"
        self.env = names | {"PATH": path, "PYTHONUNBUFFERED": "1", "PYTHONPATH": "", "LANG": "C.UTF-8"}

    def follows(self, language: str, title: str, text: str) -> None:
        if language == "console":
            for command, output in typed(text):
                self.types(command, output)
        elif language == "diff":
            self.edits(self.folder / title, text.splitlines(keepends=True))
        else:
            (self.folder / title).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / title).write_text(text, encoding="utf-8")

    def types(self, command: str, output: str) -> None:
        if command == INSTALL:
            self.installs()
            return
        done = subprocess.run(self.shell(command), env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout + done.stderr == output
        if command.startswith(("cd ", "source ")):
            self.habits.append(command)
        if command.startswith("cd "):
            self.folder /= command.removeprefix("cd ")

    def shell(self, command: str) -> list[str]:
        return ["bash", "-c", " && ".join([*self.habits, command])]

    def installs(self) -> None:
        [libraries] = (self.folder / ".venv").glob("lib/python*/site-packages")
        paths = (str(ROOT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
        (libraries / "as_if_installed.pth").write_text("\n".join(paths) + "\n")

    def edits(self, path: Path, diff: list[str]) -> None:
        old, new = ("".join(line[1:] or "\n" for line in diff if line[0] not in sign) for sign in "+-")
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"once in {path.name}:\n{old}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    @contextlib.contextmanager
    def serves(self, text: str, log: Path) -> Iterator[str]:
        """The server runs as the block says, but for the port; its origin."""
        [(command, output)] = typed(text)
        port = free_port()
        with log.open("w") as written, self.begins(f"{command} {port}", written) as process:
            try:
                self.waits_for(log, output.splitlines()[-1])
                assert timeless(log.read_text()) == timeless(output)
                yield f"http://localhost:{port}"
            finally:
                os.killpg(process.pid, signal.SIGTERM)
        assert "Traceback" not in log.read_text(), log.read_text()

    def begins(self, command: str, log: IO[str]) -> subprocess.Popen[bytes]:
        """In a process group of its own, since a server and the one that watches its files are two."""
        return subprocess.Popen(
            self.shell(command), env=self.env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )

    def waits_for(self, log: Path, line: str) -> None:
        wait_until(lambda: line in log.read_text(), f"the server starts; its log is {log}")


class Person(Visitor):
    """Does only what the page tells people to do, under the names that it uses."""

    def told(self, name: str) -> str:
        assert f"**{name}**" in " ".join(PAGE.split())
        return name

    def clicks(self, name: str) -> None:
        self.press(self.told(name))

    def goes_to(self, name: str) -> None:
        self.page.get_by_role("link", name=self.told(name), exact=True).click()

    def fills_in(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"input[name={name}]").fill(value)


def test_who_follows_the_tutorial_signs_in_with_a_passkey(tmp_path: Path, browser: Browser) -> None:
    reader = Reader(tmp_path)
    *blocks, (_console, _title, server) = BLOCKS
    for block in blocks:
        reader.follows(*block)

    with reader.serves(server, tmp_path / "log") as origin, new_visitor(browser, origin) as visitor:
        person = Person(visitor.context, origin)
        signs_up(person)
        signs_in_with_the_password(person)
        creates_a_passkey(person)
        signs_in_with_the_passkey(person)


def signs_up(person: Person) -> None:
    person.page.goto("/")
    person.goes_to("Sign up")
    person.fills_in(username=person.username, password1=PASSWORD, password2=PASSWORD)
    person.clicks("Sign up")


def signs_in_with_the_password(person: Person) -> None:
    person.fills_in(username=person.username, password=PASSWORD)
    person.clicks("Sign in")
    expect(person.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {person.username}")


def creates_a_passkey(person: Person) -> None:
    expect(person.page.get_by_role("heading", name="Create a passkey?")).to_be_visible()
    person.clicks("Create a passkey")
    expect(person.page.get_by_text("A passkey was created for you.")).to_be_visible()
    person.goes_to("Your passkeys")
    expect(person.button("Remove")).to_have_count(1)
    person.goes_to("Home")
    person.clicks("Sign out")


def signs_in_with_the_passkey(person: Person) -> None:
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Hello, stranger")
    with person.leaves_autofill_open():  # else its autofill answers by itself
        person.goes_to("Sign in")
        person.page.wait_for_url("**/accounts/login/**")
    person.clicks("Sign in with a passkey")
    expect(person.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {person.username}")
