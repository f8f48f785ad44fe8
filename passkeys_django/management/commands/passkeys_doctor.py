"""manage.py passkeys_doctor: is this site set up right? The command asks the real provider, too."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...checks.doctor import examine
from ...providers.findings import Finding, Level
from ..console import PasskeyCommand


class Command(PasskeyCommand):
    help = "Is this site set up right? Asks the real provider, too. The exit code is 1 if there is an error."
    requires_system_checks = []  # the command reports their findings itself

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--admin-url",
            metavar="URL",
            help="admin API of your own server, to compare its origins and other configuration with the settings",
        )
        parser.add_argument("--json", action="store_true", help="print a list of JSON objects, for scripts")

    def handle(self, *, admin_url: str | None, json: bool, **_options: Any) -> None:
        findings = list(examine(admin_url=admin_url))
        self.stdout.write(_as_json(findings) if json else self._as_table(findings))
        errors = sum(finding.level is Level.ERROR for finding in findings)
        if errors:
            raise CommandError(f"{errors} errors to correct." if errors > 1 else "One error to correct.")

    def _as_table(self, findings: list[Finding]) -> str:
        styles: dict[Level, Callable[[str], str]] = {
            Level.OK: self.style.SUCCESS,
            Level.WARNING: self.style.WARNING,
            Level.ERROR: self.style.ERROR,
        }
        width = max(len(finding.name) for finding in findings)
        lines = []
        for finding in findings:
            level = styles[finding.level](f"{finding.level.value:<7}")
            lines.append(f"{level}  {finding.name:<{width}}  {finding.message}")
            if finding.remedy:
                lines.append(f"{'':<7}  {'':<{width}}  -> {finding.remedy}")
        return "\n".join(lines)


def _as_json(findings: list[Finding]) -> str:
    return json.dumps([asdict(finding) for finding in findings], indent=2)
