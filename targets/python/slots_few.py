"""A configuration object and a dozen handlers, with many attributes each: too few for slots to matter.

expect: none
"""

from shared.records import attribute_names, fill

NAMES = attribute_names(100)


class Config:
    def __init__(self):
        fill(self, NAMES, 1)


class Handler:
    def __init__(self, number):
        fill(self, NAMES, number)


config = Config()
handlers = [Handler(i) for i in range(12)]
print(config.attr_0, sum(h.attr_0 for h in handlers))
