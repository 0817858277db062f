"""Packets with a buffer of fixed size and a dozen numbers each: cheap to make, gone at once.

args: 2000
expect: none
expect: class name=Packet built=2000 peak_live<=2
"""

import sys


class Packet:
    def __init__(self, number):
        self.number = number
        self.payload = bytearray(4096)
        self.fields = [number + 1000 + i for i in range(12)]


total = 0
for i in range(int(sys.argv[1])):
    packet = Packet(i)
    packet.payload[0] = i & 255
    total += packet.payload[0] + packet.fields[3]
print(total)
