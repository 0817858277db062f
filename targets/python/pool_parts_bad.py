"""Three that are built again and again, with their parts.

A client waits in its constructor and builds parts there through map(), each from arguments of its own: each call of the
client's constructor is timed, whichever way its parts are called. An engine gets rules that a class method reads from
the same text each time: new objects, alike. A session is set up by a coroutine, five in turn, with a schema that is
dear itself: one finding, for the whole.

expect: finding kind=pool class=Client evidence.built=120 evidence.timed_calls>=118
expect: finding kind=pool class=Engine evidence.built=120 evidence.set_up_in=read
expect: finding kind=pool class=Session evidence.built=120 evidence.set_up_in=connect
expect: only
"""

import asyncio
import itertools
import json
import time

numbers = itertools.count()
RULES = json.dumps([{"id": n, "words": ["w%d" % k for k in range(n % 9)]} for n in range(900)])
TYPES = json.dumps({"type%d" % n: {"field%d" % k: "text" for k in range(6)} for n in range(400)})


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


class Engine:
    def __init__(self, rules, version):
        self.rules = rules
        self.version = version
        self.words = {w: r["id"] for r in rules for w in r["words"]}

    @classmethod
    def read(cls):
        return cls(json.loads(RULES), 3)

    def find(self, number):
        return self.words.get("w%d" % (number % 9), 0)


class Schema:
    def __init__(self, text):
        self.types = {name: sorted(fields) for name, fields in json.loads(text).items()}


class Session:
    def __init__(self, number):
        self.number = number
        self.schema = None

    async def connect(self):
        await asyncio.sleep(0)
        self.schema = Schema(TYPES)
        await asyncio.sleep(0)

    def fields(self):
        return len(self.schema.types["type%d" % (self.number % 400)])


async def session(number):
    s = Session(number)
    await s.connect()
    return s.fields()


async def sessions():
    total = 0
    for i in range(0, 120, 5):
        total += sum(await asyncio.gather(*(session(i + k) for k in range(5))))
    return total


print(sum(Client("host%d" % (i % 4)).ask(i) for i in range(120)))
print(sum(Engine.read().find(i) for i in range(120)))
print(asyncio.run(sessions()))
