"""Pooled services that remember every message they ever handled: the pool turned an object into a leak.

args: 4000 2 1
expect: finding kind=pooled-state-growth class=RememberingService function~process
expect: only
"""

import sys

from shared.object_pool import ObjectPool
from shared.service import ProcessingService, make_messages, run_workers

n_messages, n_workers, build_ms = (int(a) for a in sys.argv[1:4])


class RememberingService(ProcessingService):
    def __init__(self, org_id):
        super().__init__(org_id, build_seconds=build_ms / 1000, work_seconds=0)
        self._history = []

    def process(self):
        self._history.append({"id": self._message["id"], "seen": [self._org_id, len(self._history) + 1000]})
        return super().process()


pool = ObjectPool(lambda: RememberingService("org_000"), max_size=n_workers)


def handle(message):
    with pool.acquire() as service:
        service.hydrate(message)
        result = service.process()
        service.reset()
        return result


print(run_workers(make_messages(n_messages, 1), n_workers, handle))
