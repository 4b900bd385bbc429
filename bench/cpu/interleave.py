"""Measures live workers in turn, so that all of them see the same machine, and keeps only undisturbed chunks."""

import math
import statistics
import time
from dataclasses import dataclass

from bench.cpu.workers import Worker

QUIET = 0.06  # a chunk counts when other processes took less than this share of the busy CPU time


@dataclass
class Timing:
    """The medians of one engine's clean chunks, in ms."""

    chunks: list[float]
    disturbed: int  # chunks that do not count; where none was clean, the least disturbed one stands in chunks

    @property
    def median(self) -> float:
        return statistics.median(self.chunks)

    @property
    def spread(self) -> float:
        """Half of the range of the chunks, relative to their median."""
        return (max(self.chunks) - min(self.chunks)) / 2 / self.median


def interleave(workers: list[Worker], rounds: int, seconds: float, quiet: float = QUIET) -> dict[str, Timing]:
    """Chunks go round-robin, in reversed order every other round, until each worker has `rounds` clean ones.

    Gives up on a noisy machine after three times as many rounds.
    """
    clean: dict[str, list[float]] = {w.name: [] for w in workers}
    noisy: dict[str, list[tuple[float, float]]] = {w.name: [] for w in workers}
    for turn in range(3 * rounds):
        for worker in workers if turn % 2 == 0 else reversed(workers):
            time.sleep(0.02)  # the threads of the engine before may still spin
            times, disturbance = worker.measure(seconds)
            if disturbance < quiet:
                clean[worker.name].append(statistics.median(times))
            else:
                noisy[worker.name].append((disturbance, statistics.median(times)))
        if all(len(chunks) >= rounds for chunks in clean.values()):
            break
    return {name: Timing(clean[name] or [min(noisy[name])[1]], len(noisy[name])) for name in clean}


def geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, values))) if values else math.nan
