"""
The integer program behind plans: which steps to take, and in which phase.

There is one yes-or-no variable for each step and phase. It is solved by HiGHS through
SciPy, in floating point: whoever asks checks the answer with exact scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pkimm_analytics.errors import PkimmError

Step = tuple[str, int]
"""Element and the level that is reached."""
SECONDS = 30
_OUT_OF_TIME = 1
"""Status of SciPy's solver."""
NEARLY = 0.05
"""How far the order of steps may be from the best one, which takes long to find."""


class PlanningError(PkimmError, ValueError):
    """A target cannot be reached, or a plan contradicts itself."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A score that the steps have to raise by at least so much."""

    gains: Mapping[str, Fraction]
    """What one level more of an element adds."""
    least: Fraction


def solve(
    costs: Mapping[Step, float],
    bases: Iterable[tuple[Step, Step | None]],
    conditions: Sequence[Condition] = (),
    *,
    worth: Mapping[Step, float] | None = None,
    phases: int = 1,
    capacity: float | None = None,
    takes_all: bool = False,
    margin: float = 0.0,
) -> dict[Step, int] | None:
    """
    Choose steps and their phases at the least cost.

    Parameters
    ----------
    costs : mapping of step to float
        Every step that can be taken, with its effort.
    bases : iterable of (step, step or None)
        A step, and one that has to be taken in its phase or before; None if it cannot be.
    conditions : sequence of Condition
    worth : mapping of step to float, optional
        What a step is worth. With it, the steps are chosen that are worth most instead,
        and the more of it, the earlier.
    phases : int
    capacity : float, optional
        Effort that fits into each phase; no limit without it.
    takes_all : bool
        Whether every step has to be taken: then only their phases are chosen, nearly best.
    margin : float
        More than the conditions ask, against the rounding of floating point.

    Returns
    -------
    dict of step to int
        Steps that are taken, with the number of their phase from 0; None if there is no way.
        After half a minute, the best way that was found.

    Raises
    ------
    PlanningError
        If none was found by then.
    """
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    steps = list(costs)
    column = {step: index * phases for index, step in enumerate(steps)}
    rows: list[dict[int, float]] = []
    low: list[float] = []

    def at_least(least: float, *parts: tuple[Step | None, float, range]) -> None:
        cells = {
            column[step] + phase: value
            for step, value, among in parts
            if step is not None
            for phase in among
        }
        rows.append(cells)
        low.append(least)

    every = range(phases)
    for one in conditions:
        gains = [(step, float(one.gains.get(step[0], 0)), every) for step in steps]
        at_least(float(one.least) + margin, *gains)
    for step in steps:
        at_least(-1.0, (step, -1.0, every))
        if takes_all:
            at_least(1.0, (step, 1.0, every))
    for step, base in bases:
        for end in every:
            until = range(end + 1)
            at_least(0.0, (step, -1.0, until), (base, 1.0, until))
    for phase in every if capacity is not None else ():
        inside = [(step, -costs[step], range(phase, phase + 1)) for step in steps]
        at_least(-float(capacity or 0) - 1e-9, *inside)

    cells = [(row, at, value) for row, found in enumerate(rows) for at, value in found.items()]
    place, at, values = zip(*cells, strict=True) if cells else ((), (), ())
    shape = (len(rows), len(steps) * phases)
    aim = [
        costs[step] if worth is None else -worth[step] * (1 - phase / (phases + 1))
        for step in steps
        for phase in every
    ]
    result = milp(
        c=np.array(aim),
        constraints=LinearConstraint(csr_array((values, (place, at)), shape=shape), lb=low),
        integrality=np.ones(shape[1]),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": NEARLY if takes_all else 0, "time_limit": SECONDS},
    )
    if result.x is None and result.status == _OUT_OF_TIME:
        raise PlanningError(
            f"No plan was found in {SECONDS} seconds, which does not say that there is none."
            " Nothing was planned. Allow more phases, or more effort in each."
        )
    if result.x is None:
        return None
    chosen = result.x.reshape(len(steps), phases) > 0.5
    return {step: int(row.argmax()) for step, row in zip(steps, chosen, strict=True) if row.any()}
