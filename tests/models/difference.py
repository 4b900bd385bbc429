"""How far outputs are from the reference's: the largest difference, relative to the range of the output."""

from dataclasses import dataclass

import numpy as np

Outputs = dict[str, np.ndarray]


@dataclass(frozen=True)
class Difference:
    """The worst output (or part of one) of a model."""

    output: str
    absolute: float
    relative: float  # to the range of the reference's values; not finite where the outputs cannot be compared


def difference(actual: Outputs, expected: Outputs, split: int = 0, rows_any_order: bool = False) -> Difference:
    """The worst difference of all outputs; shapes, dtypes and integers must be equal."""
    for name, want in expected.items():
        got = actual.get(name)
        if got is None:
            return Difference(f"{name} is missing", np.inf, np.inf)
        if got.shape != want.shape or got.dtype != want.dtype:
            kinds = f"{got.dtype}{list(got.shape)}, not {want.dtype}{list(want.shape)}"
            return Difference(f"{name} is {kinds}", np.inf, np.inf)
    if rows_any_order:
        actual = _in_order(actual, expected)
    parts = []
    for name, want in expected.items():
        got = actual[name]
        if split:
            parts += [_of(f"{name}[:, :{split}]", got[:, :split], want[:, :split]),
                      _of(f"{name}[:, {split}:]", got[:, split:], want[:, split:])]
        else:
            parts.append(_of(name, got, want))
    return max(parts, key=lambda part: part.relative if np.isfinite(part.relative) else np.inf)


def _of(name: str, got: np.ndarray, want: np.ndarray) -> Difference:
    if not np.issubdtype(want.dtype, np.floating):
        wrong = int((got != want).sum())
        return Difference(name, wrong, np.inf if wrong else 0.0)
    if not np.array_equal(np.isfinite(got), np.isfinite(want)):
        return Difference(f"{name} is not finite everywhere", np.inf, np.inf)
    got, want = (np.where(np.isfinite(x), x, 0).astype(np.float64) for x in (got, want))
    absolute = float(np.abs(got - want).max(initial=0))
    scale = float(np.ptp(want)) if want.size else 0.0
    scale = scale or float(np.abs(want).max(initial=0)) or 1.0  # a single value has no range
    return Difference(name, absolute, absolute / scale)


def _in_order(actual: Outputs, expected: Outputs) -> Outputs:
    """Brings the rows of axis 1 into the reference's order: each row goes where the nearest one is."""
    names = list(expected)
    scales = [float(np.ptp(expected[name])) or 1.0 for name in names]
    got, want = (np.concatenate([outputs[name] / scale for name, scale in zip(names, scales)], -1)
                 for outputs in (actual, expected))
    ordered = {name: actual[name].copy() for name in names}
    for sample in range(len(want)):
        distance = np.abs(got[sample][None] - want[sample][:, None]).max(-1)
        nearest = distance.argmin(1)
        if len(set(nearest)) == len(nearest):  # else the rows differ truly: leave them to be reported
            for name in names:
                ordered[name][sample] = actual[name][sample][nearest]
    return ordered
