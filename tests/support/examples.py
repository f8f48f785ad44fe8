"""At most so many examples of each parametrized test: `-p tests.support.examples --examples 2`.

The suite is repeated with other versions, databases and user models. Each promise can break there, but which of
sixty broken inputs is sent makes no difference to a version.
"""

from collections import defaultdict
from zlib import crc32

import pytest


def pytest_addoption(parser):
    parser.addoption("--examples", type=int, required=True, help="how many examples of each test run, at most")


@pytest.hookimpl(tryfirst=True)  # before the order becomes random: all workers must keep the same examples
def pytest_collection_modifyitems(config, items):
    tests = defaultdict(list)
    for item in items:
        tests[item.nodeid.partition("[")[0]].append(item)
    limit = config.getoption("examples")
    kept = {example for test, examples in tests.items() for example in chosen(test, examples, limit)}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def chosen(test, examples, limit):
    """The first, the last, and what lies evenly between them: so both ends of each parameter are among them.

    Where one is wanted, the name of the test decides which: half of the tests with two providers have each.
    """
    if len(examples) <= limit:
        return examples
    if limit == 1:
        return [examples[crc32(test.encode()) % len(examples)]]
    return [examples[round(number * (len(examples) - 1) / (limit - 1))] for number in range(limit)]
