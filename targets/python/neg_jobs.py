"""Jobs that do their work in a method without arguments, the same for each, and hand out what they made.

expect: none
"""

import json

DOCUMENT = json.dumps({"f%d" % i: [i, i * 3, "m%d" % (i % 5)] for i in range(900)})


class Job:
    def __init__(self, number):
        self.number = number
        self.done = False

    def run(self):
        found = json.loads(DOCUMENT)
        self.done = True
        return sorted(found, key=lambda name: found[name][0] ^ self.number)


def work(number):
    job = Job(number)
    names = job.run()
    return len(names) + job.done


print(sum(work(number) for number in range(120)))
