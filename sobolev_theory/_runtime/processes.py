"""An executor of processes that end with it: when it is closed, when it is interrupted, and when this process dies."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.spawn import get_executable
from pathlib import Path
from threading import Lock
from typing import Any

from ..errors import RESUME, WorkerError

SCRIPT = Path(__file__).with_name("worker.py")
"""What a process runs."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Where BLAS libraries look up, when they are loaded, how many threads to start; one is enough for a worker."""

OTHERWISE = "pass workers=1 or a ThreadPoolExecutor to work in this process"


class Processes(Executor):
    """Up to so many processes, each started when it is first needed and driven by a thread of this one.

    Functions, arguments and results must be picklable, and what they need defined in modules.
    """

    def __init__(self, count: int) -> None:
        self._threads = ThreadPoolExecutor(count, initializer=_block_interrupts)
        self._lock, self._closed = Lock(), False
        self._idle: list[_Process] = []
        self._busy: set[_Process] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """The future of ``fn(*args, **kwargs)``."""
        return self._threads.submit(self._run, fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Kill the processes, whatever they do; tasks that had not finished fail."""
        with self._lock:
            self._closed = True
            for process in (*self._idle, *self._busy):
                process.kill()
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    def _run(self, *task: Any) -> Any:
        """One task, by a process that has nothing else to do; a dead one is not used again."""
        message, process = _pickled(task), self._begin()
        alive = False
        try:
            result, error = process.answer(message)
            alive = True
        finally:
            self._end(process, alive)
        if error is not None:
            raise WorkerError(f"workers: {error}; {OTHERWISE}") if isinstance(error, str) else error
        return result

    def _begin(self) -> "_Process":
        with self._lock:
            if self._closed:
                raise WorkerError("workers: the processes were ended before this task")
            process = self._idle.pop() if self._idle else _Process()
            self._busy.add(process)
        return process

    def _end(self, process: "_Process", alive: bool) -> None:
        with self._lock:
            self._busy.discard(process)
            if alive:
                self._idle.append(process)


class _Process:
    """One process and the connection to it, whose other end nobody else holds: it closes when the process dies."""

    def __init__(self) -> None:
        self._connection, theirs = Pipe()
        warnings = [f"-W{option}" for option in sys.warnoptions]
        options = ["-P", *warnings, str(SCRIPT), str(theirs.fileno()), str(os.getpid())]
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [os.fsdecode(get_executable()), *options],
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env={**dict.fromkeys(THREADS, "1"), **os.environ},
                )
            except OSError as error:
                raise WorkerError(f"workers: no process can be started, {error}; {OTHERWISE}") from None
        with suppress(OSError):  # it is dead already; its first task will tell
            self._connection.send(sys.path)

    def answer(self, message: bytes) -> tuple[Any, Any]:
        """The result of a task, and its error or what went wrong in words."""
        try:
            self._connection.send_bytes(message)
            answer = self._connection.recv_bytes()
        except (EOFError, OSError):
            raise WorkerError(f"workers: a worker process {self._ended()}; {RESUME}") from None
        result, error = pickle.loads(answer)
        return result, error

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()

    def _ended(self) -> str:
        """How it died, in words."""
        try:
            status = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self.kill()
            return "closed its connection"
        if status >= 0:
            return f"ended with exit status {status}"
        memory = ", as the system does when memory is short" if -status == signal.SIGKILL else ""
        return f"was killed by {signal.Signals(-status).name}{memory}"


def _pickled(task: tuple[Any, ...]) -> bytes:
    try:
        return pickle.dumps(task)
    except Exception as error:
        raise WorkerError(f"workers: what goes to a worker process must be picklable, {error}; {OTHERWISE}") from error


def _block_interrupts() -> None:
    """Block SIGINT in the threads that start processes, which inherit it: Ctrl-C is for the main process alone."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
