"""A scheduler keeps an event with a bound method for each upload that has ended.

expect: finding kind=pinned-by-bound-method class=Upload evidence.instances=90
expect: only
"""

import sched
import time

SCHEDULER = sched.scheduler(time.monotonic, time.sleep)


class Upload:
    def __init__(self, number):
        self.chunk = bytearray(40_000)
        SCHEDULER.enter(3600 + number, 1, self.expire)

    def expire(self):
        self.chunk = None

    def run(self):
        return len(self.chunk)


print(sum(Upload(number).run() for number in range(90)))
