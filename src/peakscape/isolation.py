"""Work on files from strangers, done by a second process that is ended where it takes too long or too much memory.

A damaged HDF5 file can keep the C library in a loop that no signal handler of Python ever interrupts. So what parses
untrusted binary files runs in a worker: one for each process, started at the first call and kept, so that a folder of
thousands costs one start. It hands back JSON and plain arrays, never pickles: whatever a file does to the worker, no
code of it runs here.
"""

import atexit
import contextlib
import importlib
import json
import os
import struct
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from peakscape import errors
from peakscape.errors import FormatError, MissingExtra, PeakscapeError, PeakscapeWarning

Arrays = list[NDArray[Any]]
SECONDS, SECONDS_PER_MEGABYTE, MOST_SECONDS = 10.0, 2.0, 120.0
"""Of the processor's time for one file; the largest measured files need a tenth of it."""
MEMORY_BYTES = 2 * 2**30
"""What one file may take in memory; the limits of `formats` allow 400 MB of numbers, which are copied once or twice."""
_PATIENCE = 4.0  # seconds of the clock for one of the processor: a loaded machine or a slow disk is no damaged file
_START_SECONDS = 60.0  # of the clock, for the start of a worker and its imports; half a second on an idle machine
_MOST_HEADER = 2**28
_SIZE = struct.Struct("<Q")
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from peakscape import isolation; isolation.serve()"


def call(function: str, path: str | os.PathLike[str], **options: Any) -> tuple[Any, Arrays]:
    """Call a function on a file in the worker.

    Parameters
    ----------
    function
        ``"module:name"`` of a function ``f(path, **options)`` that returns what JSON can hold, and a list of arrays.
    path
        The file.
    **options
        What JSON can hold.

    Returns
    -------
    told : object
        What JSON can hold.
    arrays : list of ndarray

    Raises
    ------
    FormatError
        If it took too long, too much memory, or ended the worker.
    PeakscapeError
        Whatever of the package's own errors the function raised.

    Examples
    --------
    >>> call("peakscape.isolation:_echo", "some.h5", word="yes")
    (['some.h5', 'yes'], [array([1., 2.])])
    """
    if not sys.executable:  # Python inside another program: there is nothing to start a worker with
        return _resolved(function)(Path(path), **options)  # type: ignore[no-any-return]
    return _of_this_process().call(function, os.fspath(path), options)


def _echo(path: Path, *, word: str) -> tuple[list[str], Arrays]:
    return [str(path), word], [np.array([1.0, 2.0])]


def _resolved(function: str) -> Any:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)


def seconds_for(path: str) -> float:
    """Return the processor's time that reading a file may take: more for a large one.

    Examples
    --------
    >>> seconds_for(os.devnull)
    10.0
    """
    try:
        size = os.stat(path).st_size
    except OSError:
        size = 0
    return min(SECONDS + SECONDS_PER_MEGABYTE * size / 2**20, MOST_SECONDS)


class _Worker:
    """The worker of this process, as seen from here."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, function: str, path: str, options: dict[str, Any]) -> tuple[Any, Arrays]:
        with self.lock:
            seconds = seconds_for(path)
            request = {"function": function, "path": path, "options": options, "seconds": seconds, "at": _here()}
            answer, arrays = self._exchange(request, seconds)
        for text in answer.get("warnings", ()):
            warnings.warn(text, PeakscapeWarning, stacklevel=4)
        if "error" in answer:
            raise _error(answer, path)
        return answer["told"], arrays

    def _exchange(self, request: dict[str, Any], seconds: float) -> tuple[dict[str, Any], Arrays]:
        patience = seconds * _PATIENCE + (0.0 if self._process else _START_SECONDS)
        process = self._running()
        too_late = threading.Event()

        def end() -> None:
            too_late.set()
            process.kill()

        timer = threading.Timer(patience, end)
        timer.daemon = True
        timer.start()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            _send(process.stdin, request, [])
            return _receive(process.stdout)
        except (EOFError, OSError, ValueError):  # it has ended, or the file made it write nonsense
            code = self._stop()
            # The system ends a worker that has used up its time by SIGXCPU (24), after a second more by SIGKILL.
            slow = too_late.is_set() or code in (-24, -9)
            why = f"takes more than {seconds:.0f} s to read" if slow else f"ends the program that reads it ({code})"
            raise FormatError(f"{request['path']}: {why}; is the file damaged? export it as .xy or .csv") from None
        except BaseException:  # interrupted: half an answer may be on its way
            self._stop()
            raise
        finally:
            timer.cancel()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            environment = os.environ | {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
            # -P: nothing is imported from the folder in which the user happens to be.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        return self._process

    def _stop(self) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)  # where it has ended by itself, its own exit code tells why
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        return process.wait()

    def close(self) -> None:
        if os.getpid() == self.owner:
            self._stop()


_worker: _Worker | None = None
_making = threading.Lock()


def _of_this_process() -> _Worker:
    """Return the worker; a process that was forked from another gets its own."""
    global _worker
    with _making:
        if _worker is None or _worker.owner != os.getpid():
            _worker = _Worker()
            atexit.register(_worker.close)
        return _worker


def _here() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None


def _error(answer: dict[str, Any], path: str) -> PeakscapeError:
    kind = getattr(errors, str(answer["error"]), None)
    if kind is MissingExtra:
        return MissingExtra(str(answer["package"]), str(answer["extra"]))
    if isinstance(kind, type) and issubclass(kind, PeakscapeError):
        return kind(str(answer["message"]))
    reason = f"{answer['error']}: {answer['message']}"[:150]
    return FormatError(f"{path}: cannot be read ({reason}); export it as .xy or .csv")


# What goes through the pipes: the length of a header, the header as JSON, then the bytes of the arrays it describes.


def _send(pipe: IO[bytes], told: dict[str, Any], arrays: Arrays) -> None:
    plain = [np.ascontiguousarray(array) for array in arrays]
    header = json.dumps(told | {"arrays": [[array.dtype.str, array.shape] for array in plain]}).encode()
    pipe.write(_SIZE.pack(len(header)) + header)
    for array in plain:
        pipe.write(array.reshape(-1).view(np.uint8).data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> tuple[dict[str, Any], Arrays]:
    (length,) = _SIZE.unpack(_exactly(pipe, _SIZE.size))
    if length > _MOST_HEADER:
        raise ValueError("the header is too long")
    told = json.loads(_exactly(pipe, length))
    arrays = []
    for form, shape in told.pop("arrays"):
        dtype = np.dtype(form)
        if dtype.kind not in "biufc":
            raise ValueError("only numbers are sent")
        n_bytes = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if not 0 <= n_bytes <= MEMORY_BYTES:
            raise ValueError("more is announced than can be sent")
        # A bytearray, so that the array can be written to.
        arrays.append(np.frombuffer(_exactly(pipe, n_bytes), dtype=dtype).reshape(shape))
    return told, arrays


def _exactly(pipe: IO[bytes], n_bytes: int) -> bytearray:
    found = bytearray(n_bytes)
    view, place = memoryview(found), 0
    while place < n_bytes:
        got = pipe.readinto(view[place:])  # type: ignore[attr-defined]
        if not got:
            raise EOFError("the pipe has ended")
        place += got
    return found


# The worker's side.


def serve() -> None:
    """Answer calls until the pipe ends; this is the worker's whole life."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which ends its worker itself
    pipe_in, pipe_out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What libraries print must not get between the answers.
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    limited = False
    while True:
        try:
            request, _ = _receive(pipe_in)
        except (EOFError, OSError):
            return
        function = _imported(request["function"])
        if not limited:  # after the imports, whose size differs from machine to machine
            _limit_memory()
            limited = True
        with contextlib.suppress(OSError, TypeError):
            os.chdir(request["at"])
        _limit_time(request["seconds"])
        answer, arrays = _answer(function, request["path"], request["options"])
        _send(pipe_out, answer, arrays)


def answer_to(function: str, path: str, options: dict[str, Any]) -> tuple[dict[str, Any], Arrays]:
    """Return what the worker would answer to a call, made in this process: for campaigns, which bring their own limits.

    Examples
    --------
    >>> answer_to("peakscape.isolation:_echo", "some.h5", {"word": "yes"})
    ({'told': ['some.h5', 'yes'], 'warnings': []}, [array([1., 2.])])
    """
    return _answer(_imported(function), path, options)


def _imported(function: str) -> Any:
    try:
        return _resolved(function)
    except Exception as error:
        return error


def _answer(function: Any, path: str, options: dict[str, Any]) -> tuple[dict[str, Any], Arrays]:
    arrays: Arrays = []
    answer: dict[str, Any]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if isinstance(function, Exception):
                raise function
            told, arrays = function(Path(path), **options)
            answer = {"told": told}
        except MissingExtra as error:
            answer = {"error": "MissingExtra", "package": error.package, "extra": error.extra}
        except MemoryError:
            text = f"{path}: needs more than {MEMORY_BYTES / 2**30:.0f} GiB of memory to be read"
            answer = {"error": "FormatError", "message": f"{text}; is the file damaged?"}
        except RecursionError:
            answer = {"error": "FormatError", "message": f"{path}: is nested too deep to be read"}
        except Exception as error:
            answer = {"error": type(error).__name__, "message": " ".join(str(error).split())}
    answer["warnings"] = [str(one.message) for one in caught if issubclass(one.category, PeakscapeWarning)]
    return answer, arrays


def _limit_memory() -> None:
    """Let the worker take so much more than it has now; where the system knows no such limit, none is set."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        return


def _limit_time(seconds: float) -> None:
    """Let the system end the worker after so much more of the processor's time, wherever it is then."""
    try:
        import resource

        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds) + 1, hard))
    except (ImportError, OSError, ValueError):
        return
