"""The assignment is the best there is."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from mask_node.assignment import assign

costs = st.integers(0, 5).flatmap(
    lambda columns: st.lists(st.lists(st.floats(-10, 10), min_size=columns, max_size=columns), max_size=5)
)


@given(costs)
def test_no_other_assignment_costs_less(costs: list[list[float]]) -> None:
    pairs = assign(costs)
    rows, columns = len(costs), len(costs[0]) if costs else 0
    assert len(pairs) == min(rows, columns)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    if rows <= columns:
        best = min(sum(costs[r][c] for r, c in enumerate(order)) for order in permutations(range(columns), rows))
    else:
        best = min(sum(costs[r][c] for c, r in enumerate(order)) for order in permutations(range(rows), columns))
    assert abs(sum(costs[r][c] for r, c in pairs) - best) < 1e-9
