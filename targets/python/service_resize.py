"""A pool that is resized from 2 to 8 to 4 while four workers draw from it.

args: 400 8 10
expect: no-finding kind=pool
expect: no-finding kind=incomplete-close
expect: no-finding kind=pooled-state-growth
expect: finding kind=already-pooled verdict=info class=ProcessingService
expect: only
"""

import sys
import threading

from shared.object_pool import ObjectPool
from shared.service import ProcessingService, make_messages, run_workers

n_messages, n_workers, build_ms = (int(a) for a in sys.argv[1:4])
pool = ObjectPool(lambda: ProcessingService("org_000", build_seconds=build_ms / 1000), max_size=2)
lock = threading.Lock()
n_handled = 0


def handle(message):
    global n_handled
    with pool.acquire() as service:
        service.hydrate(message)
        result = service.process()
        service.reset()
    with lock:
        n_handled += 1
        at = n_handled
    if at == n_messages // 4:
        pool.resize(8)
    elif at == n_messages // 2:
        pool.resize(4)
    return result


print(run_workers(make_messages(n_messages, 1), n_workers, handle))
pool.shutdown()
