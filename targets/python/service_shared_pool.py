"""The worker of service_bad.py with one pool of as many services as workers: exactly that many are built.

args: 200 4 10 10
expect: no-finding kind=pool
expect: finding kind=already-pooled verdict=info class=ProcessingService
expect: only
expect: class name=ProcessingService built=4
"""

import sys
import threading

from shared.object_pool import ObjectPool
from shared.service import ProcessingService, make_messages, run_workers

n_messages, n_workers, n_orgs, build_ms = (int(a) for a in sys.argv[1:5])
pool = ObjectPool(lambda: ProcessingService("shared", build_seconds=build_ms / 1000), max_size=n_workers)
everyone_has_one = threading.Barrier(n_workers)
seen = threading.local()


def handle(message):
    with pool.acquire() as service:
        if not hasattr(seen, "first"):
            seen.first = everyone_has_one.wait()
        service.hydrate(message)
        result = service.process()
        service.reset()
        return result


print(run_workers(make_messages(n_messages, n_orgs), n_workers, handle))
