"""Pictures that a class method decodes, each from bytes of its own: equal sizes, the same steps, another result.

expect: none
"""

import zlib


def encoded(number):
    return zlib.compress(bytes((number * k) % 251 for k in range(20000)))


class Picture:
    def __init__(self, small, counts):
        self.small = small
        self.counts = counts
        self.sum = zlib.adler32(small)
        for _ in range(8):
            self.sum ^= zlib.crc32(small)

    @classmethod
    def decode(cls, data):
        raw = zlib.decompress(data)
        return cls(bytes(raw[::8]), [raw.count(b) for b in range(24)])


inputs = [encoded(i) for i in range(60)]
print(sum(Picture.decode(data).sum % 7 for data in inputs * 3))
