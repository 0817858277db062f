"""The services of pool_close_bad.py with a close() that lets go of every reference to themselves.

args: 6 64
expect: no-finding kind=incomplete-close
expect: no-finding kind=pool
"""

import contextlib
import sys

from shared.object_pool import ObjectPool
from shared.service import ProcessingService, make_messages

n_rounds, width = int(sys.argv[1]), int(sys.argv[2])


class LoggedService(ProcessingService):
    def close(self):
        self._ready = False
        self._handlers = []
        self._connections = {}
        self._logger = None


pool = ObjectPool(lambda: LoggedService("org_000", build_seconds=0.001, work_seconds=0), max_size=width)
message = make_messages(1, 1)[0]
total = 0
for _ in range(n_rounds):
    pool.resize(width)
    with contextlib.ExitStack() as lent:
        for service in [lent.enter_context(pool.acquire()) for _ in range(width)]:
            service.hydrate(message)
            total += service.process()
            service.reset()
    pool.resize(1)
pool.shutdown()
print(total)
