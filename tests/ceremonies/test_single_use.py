"""Single use of challenges: the pure function."""

import random

import pytest

from passkeys_django.ceremonies.single_use import MAX_AGE, MAX_ENTRIES, add_spent
from passkeys_django.exceptions import CeremonyExpired, CeremonyUsed

NOW = 1_795_000_000_000_000
MINUTE = 60 * 1_000_000


def digests(spent):
    return {digest for _at, digest in spent}


def full(*, since=NOW - MINUTE):
    """64 challenges, issued a microsecond after one another."""
    return [(since + number, f"digest {number}") for number in range(MAX_ENTRIES)]


def test_the_first_challenge_is_remembered():
    assert add_spent([], issued_at=NOW - 1, digest="a", now=NOW) == [(NOW - 1, "a")]


def test_a_challenge_is_good_for_one_use():
    spent = add_spent([], issued_at=NOW - 1, digest="a", now=NOW)

    with pytest.raises(CeremonyUsed):
        add_spent(spent, issued_at=NOW - 1, digest="a", now=NOW)


def test_the_digest_decides_whatever_time_is_claimed():
    with pytest.raises(CeremonyUsed):
        add_spent([[NOW - MINUTE, "a"]], issued_at=NOW, digest="a", now=NOW)


def test_pairs_may_be_lists_as_json_gives_them_back():
    spent = add_spent([[NOW - 2, "a"]], issued_at=NOW - 1, digest="b", now=NOW)

    assert digests(spent) == {"a", "b"}


def test_challenges_may_come_in_any_order():
    order = list(range(50))
    random.Random(1).shuffle(order)
    spent = []
    for number in order:
        spent = add_spent(spent, issued_at=NOW - 1000 + number, digest=str(number), now=NOW)

    assert digests(spent) == {str(number) for number in range(50)}


def test_two_challenges_of_one_microsecond_are_two():
    spent = add_spent([], issued_at=NOW, digest="a", now=NOW)

    assert digests(add_spent(spent, issued_at=NOW, digest="b", now=NOW)) == {"a", "b"}


def test_entries_are_kept_for_eleven_minutes():
    assert MAX_AGE == 11 * MINUTE
    spent = [[NOW - MAX_AGE, "gone"], [NOW - MAX_AGE + 1, "kept"]]

    assert digests(add_spent(spent, issued_at=NOW, digest="new", now=NOW)) == {"kept", "new"}


def test_a_challenge_that_a_cookie_could_still_bring_is_never_forgotten():
    oldest_cookie = NOW - 600 * 1_000_000 - 30 * 1_000_000

    with pytest.raises(CeremonyUsed):
        add_spent([[oldest_cookie, "a"]], issued_at=oldest_cookie, digest="a", now=NOW)


def test_beyond_64_the_earliest_issued_goes():
    spent = add_spent(full(), issued_at=NOW, digest="new", now=NOW)

    assert len(spent) == MAX_ENTRIES == 64
    assert "digest 0" not in digests(spent)
    assert {"digest 1", "digest 63", "new"} <= digests(spent)


@pytest.mark.parametrize("before", [0, 1, MINUTE])
def test_while_64_are_held_nothing_as_old_as_the_earliest_comes_in(before):
    spent = full()

    with pytest.raises(CeremonyExpired):
        add_spent(spent, issued_at=spent[0][0] - before, digest="late", now=NOW)


def test_while_64_are_held_what_is_younger_than_the_earliest_comes_in():
    spent = full()

    assert "between" in digests(add_spent(spent, issued_at=spent[0][0] + 1, digest="between", now=NOW))


def test_what_was_evicted_stays_refused():
    spent = full()
    evicted_at, evicted = spent[0]
    spent = add_spent(spent, issued_at=NOW, digest="new", now=NOW)

    with pytest.raises(CeremonyExpired):
        add_spent(spent, issued_at=evicted_at, digest=evicted, now=NOW)


def test_old_entries_make_room_before_young_ones_do():
    spent = full(since=NOW - MAX_AGE - MINUTE)

    assert add_spent(spent, issued_at=NOW - MINUTE, digest="new", now=NOW) == [(NOW - MINUTE, "new")]


def test_the_entries_given_are_not_changed():
    spent = full()
    copy = list(spent)
    add_spent(spent, issued_at=NOW, digest="new", now=NOW)

    assert spent == copy


@pytest.mark.parametrize("seed", range(20))
def test_d3_no_challenge_is_ever_accepted_twice(seed):
    """Random logins and replays, on a clock that runs over an hour."""
    randomness = random.Random(seed)
    spent, issued, accepted, now = [], [], set(), NOW
    for number in range(400):
        now += randomness.randrange(10 * 1_000_000)
        issued.append((now, str(number)))
        issued_at, digest = randomness.choice(issued[-100:])
        if now - issued_at > 600 * 1_000_000:
            continue
        try:
            spent = [list(entry) for entry in add_spent(spent, issued_at=issued_at, digest=digest, now=now)]
        except (CeremonyUsed, CeremonyExpired):
            continue
        assert digest not in accepted
        accepted.add(digest)
        assert len(spent) <= MAX_ENTRIES
    assert len(accepted) > 100
