"""Four workers, each slow to build and tied into a cycle, built once and used to the end.

args: 200
expect: no-finding kind=pool
expect: no-finding kind=incomplete-close
expect: no-finding kind=slots
"""

import sys

from shared.service import ProcessingService, make_messages

workers = [ProcessingService("org_%03d" % i, build_seconds=0.005, work_seconds=0) for i in range(4)]
total = 0
for i, message in enumerate(make_messages(int(sys.argv[1]), 4)):
    worker = workers[i % 4]
    worker.hydrate(message)
    total += worker.process()
    worker.reset()
print(total)
