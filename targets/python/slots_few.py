"""A configuration object and a dozen handlers, with many attributes each: too few for slots to matter.

expect: none
"""

from shared.records import attribute_names, fill

NAMES = attribute_names(100)


class Config:
    def __init__(self):
        fill(self, NAMES)


class Handler:
    def __init__(self):
        fill(self, NAMES)


config = Config()
handlers = [Handler() for _ in range(12)]
print(config.attr_5, sum(h.attr_5 for h in handlers))
