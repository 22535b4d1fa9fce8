"""Run one command as a process, and measure wall time, processor time, memory and written bytes of it and its children.

Processor time and bytes are from the kernel's counters of the process, which include each child that was waited for, so sampling
misses nothing. Bytes are those passed to the kernel for storage: a file in memory counts nothing, and a page that is written
twice before it reaches the disk counts once. Memory is the sum of resident sets, sampled: pages that processes share count in
each, so it is too high rather than too low, and a peak shorter than the pause may be missed.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PAUSE_SECONDS = 0.05
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Cost:
    """The cost of a process and its children. `cpu`: user and system; `peak_mb`: mebibytes; `written`: bytes.

    `sampled_cpu` includes children that no process waited for, and may miss the last 50 ms of each.
    """

    wall: float
    cpu: float
    peak_mb: float
    written: int
    exit_code: int
    stdout: str
    sampled_cpu: float = 0.0


class CommandFailed(Exception):
    """A command ended with an unexpected code; the message ends with its last output."""


def measured(command: Sequence[str], *, environment: Mapping[str, str], log: Path, cwd: Path, good: Sequence[int] = (0,)) -> Cost:
    """Run the command to its end. Return its stdout, write its stderr to `log`."""
    output = log.with_suffix(".out")
    with log.open("wb") as errors, output.open("wb") as stdout:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=dict(environment), cwd=cwd, stdout=stdout, stderr=errors)
        sampler = _Sampler(process.pid)
        sampler.start()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # ended, but not yet reaped
        wall = time.perf_counter() - began
        sampler.stop()
        written = _written(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    cpu, peak = usage.ru_utime + usage.ru_stime, sampler.peak / MEGABYTE
    cost = Cost(wall, cpu, peak, written, process.returncode, output.read_text(), max(sampler.cpu_seconds, cpu))
    if cost.exit_code not in good:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise CommandFailed(f"{' '.join(command)} ended with {cost.exit_code}; see {log}\n{last}")
    return cost


def _written(pid: int) -> int:
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["write_bytes"])


class _Sampler(threading.Thread):
    """Samples the memory and the processor time of a process and its descendants."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._cpu: dict[psutil.Process, float] = {}
        self._root = psutil.Process(pid)
        self._ended = threading.Event()

    @property
    def cpu_seconds(self) -> float:
        return sum(self._cpu.values())

    def run(self) -> None:
        while not self._ended.is_set():
            self.peak = max(self.peak, self._resident())
            self._ended.wait(PAUSE_SECONDS)

    def stop(self) -> None:
        self._ended.set()
        self.join()

    def _resident(self) -> int:
        total = 0
        try:
            for process in (self._root, *self._root.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                    times = process.cpu_times()
                    self._cpu[process] = times.user + times.system
                except psutil.Error:  # it has ended since
                    continue
        except psutil.Error:
            return total
        return total
