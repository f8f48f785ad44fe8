"""docs/verify_signature.py: sixty lines for people who trust neither the site nor this package."""

import ast
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.signatures import evidence_of, verify_signature
from tests.fuzz.evidence import Mutator
from tests.signatures.evidence.kinds import KINDS, changed, evidence_of_kind, sealed_again
from tests.signatures.evidence.test_verdict import CHANGES

pytestmark = pytest.mark.django_db
VERIFIER = Path(__file__).parents[3] / "docs" / "verify_signature.py"
ALONE = """
import runpy, sys
for name in ("django", "passkeys_django", "webauthn", "jwt", "cbor2", "requests"):
    sys.modules[name] = None
runpy.run_path(sys.argv[1], run_name="__main__")
"""
NOT_PROVEN = "NOT proven: whose key it is (the site says so), and all members that are not checked here."
NOT_CHECKED = {"user_id", "user_key", "user_name", "created_at", "form_sha256", "redirect_url", "seal"}
"""Only the seal covers these: the passkey has not signed them."""
SEAL_ONLY = ("the signature was stored long after its start, or before", "the row names another user")


def lines_of(*signatures):
    return [json.dumps(evidence_of(signature)) for signature in signatures]


def run(lines):
    """What the verifier prints about each line, and at the end. It can import neither Django nor this package."""
    command = [sys.executable, "-I", "-c", ALONE, str(VERIFIER)]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, encoding="utf-8", timeout=120)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout.splitlines()


def test_it_has_sixty_lines_and_needs_only_cryptography():
    source = VERIFIER.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 60
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        alias.name if isinstance(node, ast.Import) else node.module for node in imports for alias in node.names
    }
    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == {"cryptography"}


def test_the_page_about_signed_forms_shows_it_and_what_it_prints():
    page = (VERIFIER.parent / "how-to" / "signed-forms.md").read_text(encoding="utf-8")
    assert '--8<-- "docs/verify_signature.py"' in page
    assert "(../verify_signature.py)" in page
    printed = page.split("python verify_signature.py < signatures.jsonl\n")[1].split("```")[0].splitlines()
    assert printed[1] == NOT_PROVEN
    assert printed[0].startswith('GOOD {"action":"transfer","at":')


def test_good_evidence_of_every_kind_is_good_and_the_text_is_shown(evidence):
    assert run(lines_of(evidence)) == [f"GOOD {evidence.text}", NOT_PROVEN]


@pytest.mark.parametrize("kind", ["embedded", "at_hanko"])
def test_every_value_that_the_passkey_or_the_service_has_signed_is_checked(request, kind):
    evidence = request.getfixturevalue(kind)
    names = [name for name in CHANGES if name not in NOT_CHECKED]
    changes = {name: sealed_again(evidence, **{name: CHANGES[name](evidence)}) for name in names}
    *verdicts, _note = run(lines_of(*changes.values()))
    for (name, signature), verdict in zip(changes.items(), verdicts, strict=True):
        assert verdict.startswith("GOOD" if verify_signature(signature) else "BAD"), (name, verdict)


def test_what_only_the_seal_covers_is_not_checked(embedded):
    evidence = [changed(embedded, **{name: CHANGES[name](embedded)}) for name in NOT_CHECKED]
    *verdicts, _note = run(lines_of(*evidence))
    assert verdicts == [f"GOOD {embedded.text}"] * len(NOT_CHECKED)


@pytest.mark.parametrize("kind", KINDS)
def test_it_agrees_with_the_site_s_own_verdict_about_changed_evidence(request, user, kind):
    evidence = evidence_of_kind(request, user, kind)
    mutator, where = Mutator(evidence, [evidence]), random.Random(16)
    signatures = [
        signature for signature in (mutator.mutated(where) for _ in range(400)) if is_sealed_again(signature)
    ]
    *verdicts, _note = run(lines_of(*signatures))
    assert len(verdicts) > 300
    assert {verdict.split()[0] for verdict in verdicts} == {"GOOD", "BAD"}
    for signature, verdict in zip(signatures, verdicts, strict=True):
        problems = [problem for problem in verify_signature(signature).problems if problem not in SEAL_ONLY]
        assert verdict.startswith("BAD" if problems else "GOOD"), (problems, verdict)


def is_sealed_again(signature):
    try:
        signature.seal = sealed_again(signature).seal
    except (ValueError, TypeError, AttributeError):  # no such value can be stored
        return False
    return True


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "null",
        "[]",
        "{}",
        '"a"',
        "1",
        '{"text": 1}',
        '{"text": null, "client_data": ""}',
        "[" * 100_000,
        "9" * 5000,
    ],
    ids=lambda line: line[:12],
)
def test_a_line_that_is_no_evidence_is_bad(line):
    [verdict, _note] = run([line])
    assert verdict.startswith("BAD unreadable")


def test_each_line_has_its_own_verdict(embedded):
    bad = changed(embedded, text=embedded.text.replace("12.50", "99.00"))
    verdicts = run(lines_of(embedded, bad, embedded))
    assert [verdict.split()[0] for verdict in verdicts] == ["GOOD", "BAD", "GOOD", "NOT"]


def test_a_token_without_an_algorithm_is_no_token(at_hanko):
    payload = at_hanko.token.split(".")[1]
    token = f"{base64url_encode(json.dumps({'alg': 'none'}).encode())}.{payload}."
    [verdict, _note] = run(lines_of(sealed_again(at_hanko, token=token)))
    assert verdict.startswith("BAD")


def test_the_members_of_the_evidence_are_these(at_hanko):
    """Programs of other people read old exports; `version` changes with the meaning of a member."""
    exported = json.loads(lines_of(at_hanko)[0])
    assert exported["version"] == 1
    assert exported.keys() == {"version", "public_key_pem", *CHANGES}
    assert exported["id"] == str(at_hanko.pk)
    assert exported["created_at"].endswith("+00:00")
    assert exported["public_key_pem"].startswith("-----BEGIN PUBLIC KEY-----\n")
    for name in ("public_key", "client_data", "authenticator_data", "signature"):
        assert exported[name] == base64url_encode(bytes(getattr(at_hanko, name)))
    for name in ("text", "challenge", "credential_id", "rp_id", "origin", "provider", "token", "jwk", "fallback"):
        assert exported[name] == getattr(at_hanko, name)


def test_a_key_that_cannot_be_used_has_no_pem(embedded):
    assert evidence_of(changed(embedded, public_key=b"no key"))["public_key_pem"] == ""
