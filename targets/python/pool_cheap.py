"""A cheap object without cycles, at a low rate: building it is all there is to do, and a pool would only add code.

args: 2000
expect: none
"""

import sys
import time


class Envelope:
    __slots__ = ("sender", "body")

    def __init__(self, sender, body):
        self.sender = sender
        self.body = body


total = 0
for i in range(int(sys.argv[1])):
    envelope = Envelope(i % 10, "hello")
    total += envelope.sender + len(envelope.body)
    if i % 100 == 0:
        time.sleep(0.005)
print(total)
