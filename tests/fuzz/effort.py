"""How much is tried: in the suite a little and always the same, in `make fuzz` much and each time anew."""

import os

from hypothesis import HealthCheck, settings

PLENTY = int(os.environ.get("FUZZ_EXAMPLES", "0"))
EXAMPLES = settings(
    max_examples=PLENTY or 200,
    derandomize=not PLENTY,
    print_blob=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FEW = settings(EXAMPLES, max_examples=EXAMPLES.max_examples // 10)
"""For pages that only staff see, and that take long."""
MUTATIONS = 24 if PLENTY else 2
"""Changes of evidence in each example: they need no request, so `make fuzz` tries more than a million."""
