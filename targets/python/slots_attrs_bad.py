"""Records made by attrs, which has a keyword of its own for slots; a tuple written by hand would raise ValueError.

needs: attr
args: 60000
expect: finding kind=slots class=Event evidence.attributes=4 evidence.pitfall_attrs~attrs sketch~slots=True
expect: only
"""

import sys

import attr


@attr.s
class Event:
    at = attr.ib()
    level = attr.ib()
    text = attr.ib()
    extra = attr.ib(default=None)


events = [Event(i % 100, i % 4, "text") for i in range(int(sys.argv[1]))]
print(sum(e.at for e in events))
