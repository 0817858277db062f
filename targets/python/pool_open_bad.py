"""An archive whose open() reads the index, for each request.

expect: finding kind=pool class=Archive evidence.set_up_in=open
expect: only
"""

import json
import zlib

INDEX = zlib.compress(json.dumps({"f%d" % i: [i, i * 3, "m%d" % (i % 5)] for i in range(900)}).encode())


class Archive:
    def __init__(self, name):
        self.name = name
        self.index = None

    def open(self):
        self.index = json.loads(zlib.decompress(INDEX))

    def look_up(self, number):
        return self.index["f%d" % (number % 900)][0]

    def close(self):
        self.index = None


def request(number):
    archive = Archive("main")
    archive.open()
    try:
        return archive.look_up(number)
    finally:
        archive.close()


print(sum(request(number) for number in range(120)))
