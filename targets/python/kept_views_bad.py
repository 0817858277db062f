"""A list of headers: eight bytes of each packet, which keep the packet.

expect: finding kind=pinned-by-view title~"small views" evidence.keepers=100
expect: only
"""

HEADERS = []


def receive(number):
    packet = bytearray(60_000)
    packet[:8] = b"%08d" % number
    HEADERS.append(memoryview(packet)[:8])


for number in range(100):
    receive(number)
print(len(HEADERS))
