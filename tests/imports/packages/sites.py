"""One site in processes of its own, each time with what another environment has installed."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[3]
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, kw_only=True)
class Site:
    """`package` is what it has for passkeys, in the environment that `make imports` has made; or it is `ours`."""

    package: str
    database: Path
    user_model: str
    port: int
    mfa_types: str = "webauthn"

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def username(self) -> str:
        return "ada@example.com" if self.user_model == "accounts.EmailUser" else "ada"

    @property
    def _python(self) -> str:
        environment = ROOT / ".venv" / "imports" / self.package
        return sys.executable if self.package == "ours" else str(environment / "bin" / "python")

    @property
    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.imports.packages.settings",
            "SITE": self.package,
            "DATABASE": str(self.database),
            "ORIGIN": self.origin,
            "TEST_USER_MODEL": self.user_model,
            "MFA_TYPES": self.mfa_types,
        }

    def manage(self, *words: str, **environment: str) -> str:
        """What a command printed."""
        command = [self._python, "-m", "django", *words]
        env = self._environment | environment
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def create_user(self) -> None:
        self.manage(
            "createsuperuser",
            "--noinput",
            DJANGO_SUPERUSER_USERNAME=self.username,
            DJANGO_SUPERUSER_EMAIL="ada@example.com",
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        )

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        command = [self._python, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{self.port}"]
        log = self.database.with_suffix(f".{self.package}.log")
        with log.open("wb") as output:
            server = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=output, stderr=output)
        try:
            self._wait(server, log)
            yield
        finally:
            server.terminate()
            server.wait()

    def _wait(self, server: "subprocess.Popen[bytes]", log: Path) -> None:
        def answers() -> bool:
            assert server.poll() is None, log.read_text()
            with contextlib.suppress(requests.ConnectionError):
                requests.get(self.origin, timeout=60)
                return True
            return False

        wait_until(answers, f"the site answers; its log is {log}")
