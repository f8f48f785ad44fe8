"""manage.py passkeys_signatures: what people have signed, as a list, as evidence, or with the verdict."""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q, QuerySet

from ...models import PasskeySignature, utc_text
from ...signatures import verify_signature
from ...signatures.evidence.lines import evidence_lines, one_by_one
from ..console import PasskeyCommand, printable
from ..selecting import beginning, end, user_named
from ..summary import with_bar

Signatures = QuerySet[PasskeySignature]
TASKS = ("list", "export", "verify")
UNIT = " signatures"
LONGEST_PROBLEM = 500


class Command(PasskeyCommand):
    help = (
        "Print the signatures that people have given: as a list, as JSON lines with the whole evidence, or "
        "verified anew. `verify` prints those that are bad, with what is wrong, and then exits with status 1. "
        "Signatures of users who were deleted are included."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("task", choices=TASKS, help="what to do with the signatures, oldest first")
        parser.add_argument(
            "--user", metavar="NAME", help="only of this user, by the user name of today or of then"
        )
        parser.add_argument("--action", metavar="NAME", help="only with this action, such as transfer")
        parser.add_argument("--since", metavar="DATE", help="only from this day or moment on: 2026-12-31")
        parser.add_argument("--until", metavar="DATE", help="only until this day ends, or before this moment")
        parser.add_argument(
            "--id",
            metavar="ID",
            type=UUID,
            action="append",
            help="only the one with this ID; can be repeated",
        )

    def handle(self, *, task: str, **options: Any) -> None:
        signatures = _chosen(options)
        if task == "verify":
            self._verify(signatures)
        elif task == "export":
            for line in with_bar(evidence_lines(signatures), total=signatures.count(), unit=UNIT):
                self.stdout.write(line, ending="")
        else:
            for signature in one_by_one(signatures):
                self.stdout.write(_described(signature))

    def _verify(self, signatures: Signatures) -> None:
        """Raises CommandError if at least one is bad."""
        verified = bad = 0
        for signature in with_bar(one_by_one(signatures), total=signatures.count(), unit=UNIT):
            problems = verify_signature(signature).problems
            verified, bad = verified + 1, bad + bool(problems)
            if problems:
                self.stdout.write(f"{self.style.ERROR('BAD')}  {_described(signature)}")
                self.stdout.writelines(f"     {printable(problem, LONGEST_PROBLEM)}\n" for problem in problems)
        if bad:
            raise CommandError(f"Verified {verified} signatures: {bad} bad.")
        self.stdout.write(f"Verified {verified} signatures: all good.")


def _chosen(options: dict[str, Any]) -> Signatures:
    """Raises CommandError."""
    signatures = PasskeySignature.objects.on_primary()
    if options["id"]:
        signatures = _with_ids(signatures, options["id"])
    if options["user"] is not None:
        signatures = _given_by(signatures, options["user"])
    if options["action"] is not None:
        signatures = signatures.filter(action=options["action"])
    if options["since"] is not None:
        signatures = signatures.filter(created_at__gte=beginning(options["since"]))
    if options["until"] is not None:
        signatures = signatures.filter(created_at__lt=end(options["until"]))
    return signatures


def _with_ids(signatures: Signatures, ids: list[UUID]) -> Signatures:
    found = signatures.filter(pk__in=ids)
    missing = {*ids} - {*found.values_list("pk", flat=True)}
    if missing:
        raise CommandError(f"There is no signature {', '.join(sorted(map(str, missing)))}.")
    return found


def _given_by(signatures: Signatures, name: str) -> Signatures:
    """Those of the user with this name today, and those that hold this name: their user may be deleted."""
    user = user_named(name)
    if user is not None:
        return signatures.filter(Q(user_id=user.pk) | Q(user_name=name))
    if not PasskeySignature.objects.on_primary().filter(user_name=name).exists():
        raise CommandError(f"There is no user {name!r}, and no signature holds this name.")
    return signatures.filter(user_name=name)


def _described(signature: PasskeySignature) -> str:
    who = f"{printable(signature.user_name)} ({printable(signature.user_key)})"
    where = (signature.provider or "this site") + (", fallback" if signature.fallback else "")
    when = utc_text(signature.created_at)
    return f"{when}  {signature.pk}  {printable(signature.action)}  {who}  {printable(where)}"
