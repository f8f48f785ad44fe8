"""What a request costs in CPU, and how much it may cost."""

import json
import time

LIMIT = 0.1
"""Seconds of CPU."""
BODY = 65_000
"""Bytes that fit into a body of 64 KiB, with something around them."""


def cpu(act, attempts=10):
    """Seconds of CPU that a call took, the least of a few: other work on the machine must not count."""
    least = float("inf")
    for _ in range(attempts):
        call = act()
        began = time.process_time()
        call()
        least = min(least, time.process_time() - began)
        if least < LIMIT / 2:
            break
    return least


class Costs:
    """What each shape cost, in seconds."""

    def __init__(self):
        self.by_name = {}

    def measure(self, name, act):
        self.by_name[name] = cpu(act)

    def check(self, figure, what):
        assert len(self.by_name) >= 40
        worst = max(self.by_name, key=self.by_name.get)
        figure(
            f"{what}: worst of {len(self.by_name)} shapes ({worst})",
            f"{self.by_name[worst] * 1000:.1f} ms",
            "100 ms",
        )
        assert {name: spent for name, spent in self.by_name.items() if spent > LIMIT} == {}


def dumped(value):
    """JSON in which text takes no more bytes than it must."""
    return json.dumps(value, ensure_ascii=False)


def fitting(shape, size):
    """The shape as a text that takes so many bytes in JSON, or a sixth of that if much of it is escaped."""
    text = shape(size)
    return text if len(dumped(text).encode()) <= size + 2 else shape(size // 6)
