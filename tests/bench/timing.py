"""One process, measured from outside: time on the wall, time of processors, memory."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from paths import Broken, tail

SAMPLE_EVERY_S = 0.02
# A process that takes this long hangs.
DEADLINE_S = 3600
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Run:
    """What one run took."""

    wall_s: float
    user_s: float
    system_s: float
    peak_rss_mib: float

    @property
    def cpu_s(self) -> float:
        return self.user_s + self.system_s


def measure(command: list[str], environment: dict[str, str], output: Path, log: Path) -> Run:
    """Runs a command to its end. `output` gets what it prints, `log` what it complains.

    The memory is the highest sum of what is resident in the process and all its
    descendants; what they share counts more than once, so it is never too low.
    """
    with output.open("wb") as out, log.open("wb") as err:
        start = time.perf_counter()
        # A session of its own: Ctrl-C is handled here, for all that it has started.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment, start_new_session=True
        )
        timer = threading.Timer(DEADLINE_S, _kill, [process.pid])
        watch = _MemoryWatch(process.pid)
        try:
            timer.start()
            watch.start()
            _, status, usage = os.wait4(process.pid, 0)
            wall_s = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            timer.cancel()
            _kill(process.pid)
            watch.stop()
    if process.returncode:
        raise Broken(f"{command[0]} ended with {process.returncode}:\n{tail(log)}")
    peak = max(watch.peak_bytes, usage.ru_maxrss * 1024)
    return Run(wall_s, usage.ru_utime, usage.ru_stime, peak / 2**20)


def _kill(group: int) -> None:
    """Ends a process group; none of it may stay behind a run."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


class _MemoryWatch(threading.Thread):
    """Adds up the resident memory of a process and its descendants, again and again."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self._root = root
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(SAMPLE_EVERY_S):
            self.peak_bytes = max(self.peak_bytes, sum(_resident(pid) for pid in _tree(self._root)))

    def stop(self) -> None:
        self._ended.set()
        if self.is_alive():
            self.join()


def _tree(root: int) -> Iterator[int]:
    yield root
    try:
        tasks = os.listdir(f"/proc/{root}/task")
        children = [Path(f"/proc/{root}/task/{task}/children").read_text().split() for task in tasks]
    except OSError:
        return
    for pid in (int(pid) for group in children for pid in group):
        yield from _tree(pid)


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0
