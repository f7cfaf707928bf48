"""What a worker process does: it answers tasks until the other end is closed, and never outlives its parent.

This file is run as a script, ``python worker.py CONNECTION PARENT``, by `processes`. Nothing of the caller's main
script is imported: it needs no guard, and may as well be typed at a prompt or come from standard input.
"""

import os
import pickle
import sys
import time
import traceback
from multiprocessing.connection import Connection
from threading import Thread

WATCH = 0.5
"""Seconds between two looks at the parent."""


def main(connection: Connection, parent: int) -> None:
    """Answer each pickled ``(function, arguments, keywords)`` by a pickled ``(result, None)`` or ``(None, error)``."""
    Thread(target=_watch, args=(parent,), daemon=True).start()
    try:
        sys.path[:] = connection.recv()
        while True:
            task = connection.recv_bytes()
            connection.send_bytes(_answer(task))
    except (EOFError, OSError):  # the parent has closed its end, or is gone
        os._exit(0)


def _answer(task: bytes) -> bytes:
    try:
        function, arguments, keywords = pickle.loads(task)
    except Exception as error:
        return pickle.dumps((None, f"a task cannot be read where the main script is not imported: {error!r}"))
    try:
        return pickle.dumps((function(*arguments, **keywords), None))
    except BaseException as error:
        return _told(error)


def _told(error: BaseException) -> bytes:
    """The error with its way through this process as a note, or that text alone if it cannot be sent."""
    told = "".join(traceback.format_exception(error))
    error.add_note(f"in a worker process:\n{told}")
    try:
        answer = pickle.dumps((None, error))
        pickle.loads(answer)
    except Exception:
        return pickle.dumps((None, f"a task failed:\n{told}"))
    return answer if isinstance(error, Exception) else pickle.dumps((None, f"a task ended its process:\n{told}"))


def _watch(parent: int) -> None:
    """End with the parent, however it ends: another process has taken its place then."""
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])), int(sys.argv[2]))
