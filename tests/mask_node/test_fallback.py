"""Where the relay stands when the hub is gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_node.config import RelaySettings
from mask_node.fallback import Policy, Signs, Standing, rest, saw, settle
from maskgate.messages import Entry, LockAction, Mode
from maskgate.states import MaskState

LOCK, UNLOCK = LockAction.LOCK, LockAction.UNLOCK
SAFE = RelaySettings(pin=17)
FOLLOWS = RelaySettings(pin=17, alone="policy", door="front", hold=5)
HARD = Policy(Mode.HARD, Entry.CONTROLLED, emergency=False)
OPEN = Policy(Mode.HARD, Entry.OPEN, emergency=False)


def test_the_hubs_word_stands_while_there_is_a_hub_and_ends_with_it() -> None:
    granted = Standing(UNLOCK, by_hub=True)
    assert settle(granted, 100, silent=False, policy=HARD, settings=SAFE) == granted
    assert settle(granted, 100, silent=True, policy=HARD, settings=SAFE) == Standing(LOCK)
    unlocked_is_safe = RelaySettings(pin=17, safe=UNLOCK)
    assert (
        settle(Standing(LOCK, by_hub=True), 100, silent=True, policy=None, settings=unlocked_is_safe).action is UNLOCK
    )


@pytest.mark.parametrize(
    ("policy", "state", "action", "until"),
    [
        (HARD, MaskState.MASK, UNLOCK, 105.0),
        (HARD, MaskState.NO_MASK, LOCK, None),
        (HARD, MaskState.INCORRECT, LOCK, None),
        (HARD, MaskState.UNCERTAIN, LOCK, None),
        (OPEN, MaskState.NO_MASK, LOCK, 105.0),
        (OPEN, MaskState.MASK, UNLOCK, None),
        (OPEN, MaskState.UNCERTAIN, UNLOCK, None),
    ],
)
def test_alone_it_follows_the_last_known_policy(
    policy: Policy, state: MaskState, action: LockAction, until: float | None
) -> None:
    standing = settle(Standing(LOCK, by_hub=True), 100, silent=True, policy=policy, settings=FOLLOWS)
    standing = saw(standing, state, 100, policy=policy, settings=FOLLOWS)
    assert (standing.action, standing.until) == (action, until)
    over = settle(standing, 105, silent=True, policy=policy, settings=FOLLOWS)
    assert over == Standing(rest(policy, FOLLOWS))


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.SOFT])
def test_where_the_hub_never_moved_the_lock_the_board_does_not_either(mode: Mode) -> None:
    policy = Policy(mode, Entry.CONTROLLED, emergency=False)
    standing = Standing(LOCK)
    assert saw(standing, MaskState.MASK, 100, policy=policy, settings=FOLLOWS) == standing


@pytest.mark.parametrize("settings", [SAFE, FOLLOWS])
def test_an_emergency_holds_without_the_hub(settings: RelaySettings) -> None:
    burning = Policy(Mode.HARD, Entry.CONTROLLED, emergency=True)
    standing = settle(Standing(UNLOCK, by_hub=True), 100, silent=True, policy=burning, settings=settings)
    assert standing.action is UNLOCK
    assert saw(standing, MaskState.NO_MASK, 100, policy=burning, settings=settings).action is UNLOCK


@given(
    st.lists(st.tuples(st.sampled_from(sorted(set(MaskState) - {MaskState.MASK})), st.floats(0, 9))),
    st.one_of(st.none(), st.builds(Policy, st.sampled_from(Mode), st.just(Entry.CONTROLLED), st.just(False))),
    st.sampled_from([SAFE, FOLLOWS]),
)
def test_nothing_but_a_mask_ever_opens_a_controlled_entry_alone(
    verdicts: list[tuple[MaskState, float]], policy: Policy | None, settings: RelaySettings
) -> None:
    standing, now = Standing(UNLOCK, by_hub=True), 0.0
    for state, passed in verdicts:
        now += passed
        standing = settle(standing, now, silent=True, policy=policy, settings=settings)
        standing = saw(standing, state, now, policy=policy, settings=settings)
        assert standing.action is LOCK


def test_the_hub_is_silent_soon_after_the_connection_and_later_without_a_word() -> None:
    signs = Signs(heard_at=100)
    assert not signs.silent(100 + SAFE.silent_for - 0.1, SAFE)
    assert signs.silent(100 + SAFE.silent_for, SAFE)
    lost = Signs(heard_at=100, lost_at=101)
    assert not lost.silent(102.9, SAFE)
    assert lost.silent(103, SAFE)
