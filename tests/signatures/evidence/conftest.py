from tests.signatures.evidence.kinds import at_hanko, embedded, evidence  # noqa: F401
