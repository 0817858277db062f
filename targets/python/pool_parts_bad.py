"""A client that waits in its constructor and builds parts there through map(), each part from arguments of its own.

Each call of the client's constructor is timed, whichever way its parts are called.

expect: finding kind=pool class=Client evidence.built=120 evidence.timed_calls>=118
expect: only
"""

import itertools
import time

numbers = itertools.count()


class Part:
    def __init__(self, number):
        self.number = number
        self.sum = sum(range(2000))


class Client:
    def __init__(self, host):
        self.host = host
        self.parts = list(map(Part, itertools.islice(numbers, 3)))
        time.sleep(0.002)

    def ask(self, number):
        return number + self.parts[number % 3].sum


print(sum(Client("host%d" % (i % 4)).ask(i) for i in range(120)))
