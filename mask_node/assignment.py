"""Which of these belongs to which of those, at the least total cost."""

from collections.abc import Sequence
from math import inf


def assign(costs: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Return pairs (row, column) that match all of the shorter side at the least total cost.

    costs: R rows of C finite numbers each. The Hungarian method with potentials, O(R * C * min(R, C)); see
    H. W. Kuhn, "The Hungarian Method for the Assignment Problem", 1955.
    """
    if not costs or not costs[0]:
        return []
    if len(costs) > len(costs[0]):
        turned = assign([list(column) for column in zip(*costs, strict=True)])
        return sorted((row, column) for column, row in turned)
    rows, columns = len(costs), len(costs[0])
    # Index 0 of each list is a place outside of the matrix, where the search for each row begins.
    row_price, column_price = [0.0] * (rows + 1), [0.0] * (columns + 1)
    row_of = [0] * (columns + 1)
    for row in range(1, rows + 1):
        row_of[0] = row
        reach, came_from, done = [inf] * (columns + 1), [0] * (columns + 1), [False] * (columns + 1)
        here = 0
        while row_of[here]:
            done[here] = True
            current, step, following = row_of[here], inf, 0
            for column in range(1, columns + 1):
                if done[column]:
                    continue
                slack = costs[current - 1][column - 1] - row_price[current] - column_price[column]
                if slack < reach[column]:
                    reach[column], came_from[column] = slack, here
                if reach[column] < step:
                    step, following = reach[column], column
            for column in range(columns + 1):
                if done[column]:
                    row_price[row_of[column]] += step
                    column_price[column] -= step
                else:
                    reach[column] -= step
            here = following
        while here:
            row_of[here] = row_of[came_from[here]]
            here = came_from[here]
    return sorted((row - 1, column - 1) for column, row in enumerate(row_of) if column and row)
