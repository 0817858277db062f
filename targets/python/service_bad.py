"""A worker that builds its service again for every message: slow to build, tied into cycles, needed by a few threads.

The arguments: messages, workers, organisations, milliseconds to build one.

args: 200 4 10 10
expect: finding kind=pool verdict=win class=ProcessingService evidence.built=200 evidence.needed_at_once=4
expect: finding kind=pool evidence.gc_freed_share>=0.9 sketch~ProcessingService
expect: only
expect: class name=ProcessingService built=200
"""

import sys

from shared.service import ProcessingService, make_messages, run_workers

n_messages, n_workers, n_orgs, build_ms = (int(a) for a in sys.argv[1:5])


def handle(message):
    service = ProcessingService(message["org_id"], build_seconds=build_ms / 1000)
    service.hydrate(message)
    result = service.process()
    service.reset()
    return result


print(run_workers(make_messages(n_messages, n_orgs), n_workers, handle))
