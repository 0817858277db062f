"""Marks and regions, sent to the recorder in this process when there is one."""
import os
from contextlib import ContextDecorator
from typing import Any, Callable, Optional


def _recorder() -> Optional[Any]:
    """The library in this process, None without one. Looks at the environment first: ctypes costs time."""
    if "libpooltrace" not in os.environ.get("LD_PRELOAD", ""):
        return None
    import ctypes

    process = ctypes.CDLL(None)
    try:
        process.pooltrace_mark.argtypes = [ctypes.c_char_p]
        process.pooltrace_mark.restype = None
        process.pooltrace_region_begin.argtypes = [ctypes.c_char_p]
        process.pooltrace_region_begin.restype = ctypes.c_uint64
        process.pooltrace_region_end.argtypes = [ctypes.c_uint64]
        process.pooltrace_region_end.restype = None
    except AttributeError:
        return None
    return process


_process = _recorder()


def is_recording() -> bool:
    """True while a recorder writes a trace of this process."""
    return _process is not None and bool(_process.pooltrace_is_recording())


def mark(name: str) -> None:
    """Puts a named moment into the trace."""
    if _process is not None:
        _process.pooltrace_mark(name.encode("utf-8", "replace"))


def snapshot() -> bool:
    """Asks for a picture of who holds what now. False where the recorder takes none on request."""
    take = getattr(_process, "pooltrace_snapshot", None) if _process is not None else None
    if take is None:
        return False
    return bool(take())


class region(ContextDecorator):
    """A named stretch of one thread's work: a context manager and a decorator.

    One object may be entered many times, nested and from several threads, and serve as a decorator of
    ordinary functions. Coroutines are decorated, too: the region then lasts until the coroutine ends.
    """

    def __init__(self, name: str) -> None:
        self._name = name.encode("utf-8", "replace")
        self._open: "list[int]" = []

    def _recreate_cm(self) -> "region":
        return self if _process is None else region(self._name.decode("utf-8"))

    def __call__(self, function: Callable) -> Callable:
        import functools
        import inspect

        if not inspect.iscoroutinefunction(function):
            return super().__call__(function)

        @functools.wraps(function)
        async def inner(*args: Any, **kwargs: Any) -> Any:
            with self._recreate_cm():
                return await function(*args, **kwargs)

        return inner

    def __enter__(self) -> "region":
        if _process is not None:
            self._open.append(_process.pooltrace_region_begin(self._name))
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._open:
            _process.pooltrace_region_end(self._open.pop())
