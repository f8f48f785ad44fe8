"""What is left out where the suite is repeated: further examples of a test, and never a whole test."""

from unittest.mock import Mock

import pytest

from tests.support.examples import chosen, pytest_collection_modifyitems


def test_both_ends_are_among_the_examples_and_the_others_lie_evenly_between():
    assert chosen("test", range(10), 2) == [0, 9]
    assert chosen("test", range(10), 4) == [0, 3, 6, 9]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_no_more_than_that_are_all_kept(count):
    assert chosen("test", list(range(count)), 3) == list(range(count))


def test_where_one_is_wanted_some_tests_have_the_first_and_some_the_last_and_always_the_same():
    one_each = [chosen(f"test_{number}", ["embedded", "hanko"], 1) for number in range(40)]
    assert one_each == [chosen(f"test_{number}", ["embedded", "hanko"], 1) for number in range(40)]
    assert 10 < one_each.count(["hanko"]) < 30
    assert one_each.count(["hanko"]) + one_each.count(["embedded"]) == 40


def test_each_test_keeps_examples_and_pytest_hears_of_the_others():
    many = [Mock(nodeid=f"test_a.py::test_many[{number}]") for number in range(4)]
    one, same_name = Mock(nodeid="test_a.py::test_one"), Mock(nodeid="test_b.py::test_many[0]")
    items, config = [*many, one, same_name], Mock()
    config.getoption.return_value = 2
    pytest_collection_modifyitems(config, items)
    assert items == [many[0], many[3], one, same_name]
    config.hook.pytest_deselected.assert_called_once_with(items=many[1:3])
