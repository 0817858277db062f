"""The service of the pooling story: slow to build, quick to use, and tied into cycles by its own callbacks.

What it builds costs memory and time as a real one's configuration does: a table of rules, compiled
handlers that capture the service, a registry that names it, and a wait for the "database".
"""

import random
import threading
import time


class ProcessingService:
    def __init__(self, org_id, build_seconds=0.01, work_seconds=0.0005):
        self._org_id = org_id
        self._work_seconds = work_seconds
        self._message = None
        self._rules = {"rule_%d" % i: [org_id, i, "limit_%d" % i] for i in range(12)}
        if build_seconds:
            time.sleep(build_seconds)
        self._handlers = [lambda event: self._handle(event), lambda event: self._audit(event)]
        self._connections = {"owner": self}
        self._logger = self
        self._ready = True

    def _handle(self, event):
        return event["id"] + self._org_id

    def _audit(self, event):
        return len(event["payload"])

    def hydrate(self, message):
        self._message = message

    def process(self):
        if not self._ready:
            raise RuntimeError("service is closed")
        if self._work_seconds:
            time.sleep(self._work_seconds)
        return sum(len(str(handler(self._message))) for handler in self._handlers)

    def reset(self):
        self._message = None

    def close(self):
        """Lets go of everything that leads back to the service: no collector needed."""
        self._ready = False
        self._handlers = []
        self._connections = {}
        self._logger = None


def make_messages(n_messages, n_orgs):
    rng = random.Random(20)
    return [
        {
            "id": "msg_%06d" % rng.randrange(10000),
            "org_id": "org_%03d" % (i % n_orgs if i < n_orgs else rng.randrange(n_orgs)),
            "payload": "%0128x" % rng.getrandbits(512),
        }
        for i in range(n_messages)
    ]


def run_workers(messages, n_workers, handle):
    """Gives each worker thread its share; returns the sum of the results, whatever their order."""
    share = (len(messages) + n_workers - 1) // n_workers
    totals = [0] * n_workers
    start = threading.Barrier(n_workers)

    def work(number):
        start.wait()
        for message in messages[number * share:(number + 1) * share]:
            totals[number] += handle(message)

    threads = [threading.Thread(target=work, args=(i,), name="worker-%d" % i) for i in range(n_workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(totals)
