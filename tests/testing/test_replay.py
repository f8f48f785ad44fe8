"""Every recorded exchange with a real server gets the same answer from the fake."""

import pytest

from tests.testing.replay import RECORDINGS, Replay

NAMES = sorted(path.stem for path in RECORDINGS.glob("*.json"))

RACE = "eight requests at once raced for one challenge; one after another they cannot all win"

#: (recording, index of the exchange) -> why it cannot be replayed
NOT_REPLAYED = {("parallel_finalize", index): RACE for index in (6, 7, 8, 10)}


@pytest.mark.parametrize("name", NAMES)
def test_every_exchange_gets_the_recorded_answer(name: str) -> None:
    replay = Replay(name)
    for index, exchange in replay.exchanges():
        differences = replay.differences(exchange, replay.run(index, exchange))
        if (name, index) in NOT_REPLAYED:
            assert differences, "can be replayed after all"
        else:
            assert not differences, f"{name}[{index}], {exchange['step']}"
    assert not replay.fake.errors


def test_few_are_left_out() -> None:
    exchanges = sum(len(Replay(name).document["exchanges"]) for name in NAMES)
    assert exchanges == 681
    assert len(NOT_REPLAYED) <= 0.05 * exchanges


def test_a_difference_is_noticed() -> None:
    replay = Replay("registration")
    for index, exchange in replay.exchanges():
        answer = replay.run(index, exchange)
        answer.body = {**answer.body, "more": 1} if isinstance(answer.body, dict) else [*answer.body, 1]
        answer.headers["Vary"] = "Cookie"
        answer.status += 1
        assert len(replay.differences(exchange, answer)) == 3
