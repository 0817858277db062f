"""The worker of service_bad.py with a pool for each organisation: known as such, and nothing to advise.

args: 200 4 10 10
expect: no-finding kind=pool
expect: finding kind=already-pooled verdict=info class=ProcessingService
expect: only
expect: class name=ProcessingService built>=10 built<=40
"""

import sys

from shared.object_pool import ObjectPool
from shared.service import ProcessingService, make_messages, run_workers

n_messages, n_workers, n_orgs, build_ms = (int(a) for a in sys.argv[1:5])


def make_pool(org_id):
    return ObjectPool(lambda: ProcessingService(org_id, build_seconds=build_ms / 1000), max_size=n_workers)


pools = {"org_%03d" % i: make_pool("org_%03d" % i) for i in range(n_orgs)}


def handle(message):
    with pools[message["org_id"]].acquire() as service:
        service.hydrate(message)
        result = service.process()
        service.reset()
        return result


print(run_workers(make_messages(n_messages, n_orgs), n_workers, handle))
