"""Keys derived from passwords, and digests of pictures: slow to build, gone at once, and each from its own input.

A pool would have none of it ready: what is slow is the work on the input.

args: 60
expect: none
"""

import hashlib
import sys
import zlib

n = int(sys.argv[1])


class Key:
    def __init__(self, password):
        self.key = hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 1500)

    def sign(self, text):
        return hashlib.sha256(self.key + text).hexdigest()


class Digest:
    def __init__(self, packed):
        raw = zlib.decompress(packed)
        self.counts = [raw.count(value) for value in range(24)]
        self.sum = 0
        for _ in range(30):
            self.sum ^= zlib.crc32(raw)

    def total(self):
        return sum(self.counts) + self.sum % 2


pictures = [zlib.compress(bytes(i * k % 256 for k in range(20000))) for i in range(n)]
print(len({Key("password%d" % i).sign(b"text") for i in range(n)}), sum(Digest(p).total() for p in pictures * 2) > 0)
