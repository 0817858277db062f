"""A pool of interchangeable objects: made on demand up to a bound, lent to one user at a time."""

import threading


class Loan:
    """One object of a pool, for the time of a with statement."""

    __slots__ = ("_pool", "_obj")

    def __init__(self, pool):
        self._pool = pool

    def __enter__(self):
        self._obj = self._pool._take()
        return self._obj

    def __exit__(self, *problem):
        self._pool._give_back(self._obj)


class ObjectPool:
    def __init__(self, factory, max_size):
        self._factory = factory
        self._max_size = max_size
        self._idle = []
        self._n_out = 0
        self._changed = threading.Condition()
        self.n_built = 0

    def acquire(self):
        return Loan(self)

    def resize(self, max_size):
        with self._changed:
            self._max_size = max_size
            surplus = self._idle[max_size:]
            del self._idle[max_size:]
            self._changed.notify_all()
        for obj in surplus:
            obj.close()

    def shutdown(self):
        with self._changed:
            idle, self._idle = self._idle, []
        for obj in idle:
            obj.close()

    def _take(self):
        with self._changed:
            while not self._idle and self._n_out >= self._max_size:
                self._changed.wait()
            self._n_out += 1
            if self._idle:
                return self._idle.pop()
            self.n_built += 1
        return self._factory()

    def _give_back(self, obj):
        with self._changed:
            self._n_out -= 1
            if self._n_out + len(self._idle) < self._max_size:
                self._idle.append(obj)
                obj = None
            self._changed.notify()
        if obj is not None:
            obj.close()
