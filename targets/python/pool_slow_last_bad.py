"""A service for each message whose constructor waits at its end, after its last allocation, and another that only
computes: the same table from the same text each time.

No method changes either, so one for each kind of arguments is enough, and one alone of the second.

args: 120 3
expect: finding kind=pool class=Client evidence.built=120 evidence.remedy=one-per-key evidence.distinct_arguments=4 evidence.waiting_share>=0.5
expect: finding kind=pool class=Rules evidence.built=120 evidence.remedy=share-one evidence.distinct_arguments=1
expect: only
"""

import sys
import time

n_messages, wait_ms = (int(a) for a in sys.argv[1:3])
TEXT = " ".join("rule%d=%d" % (i % 40, i) for i in range(4000))


class Client:
    def __init__(self, host):
        self.host = host
        self.ready = True
        time.sleep(wait_ms / 1000)

    def ask(self, number):
        return number + len(self.host)


class Rules:
    def __init__(self, text):
        self.rules = {}
        for word in text.split():
            name, _, value = word.partition("=")
            self.rules[name] = max(int(value), self.rules.get(name, 0))

    def limit(self, number):
        return self.rules["rule%d" % (number % 40)]


total = 0
for i in range(n_messages):
    total += Client("host%d" % (i % 4)).ask(i) + Rules(TEXT).limit(i)
print(total)
