"""Plugins kept on purpose in a registry for the whole run.

expect: none
"""

REGISTRY = {}


class Plugin:
    def __init__(self, name, weight):
        self.name = name
        self.weight = weight
        self.options = {"enabled": True, "level": weight % 3}

    def run(self, x):
        return x * self.weight + self.options["level"]


for n in range(300):
    REGISTRY["plugin %d" % n] = Plugin("plugin %d" % n, n)
print(sum(p.run(2) for p in REGISTRY.values()))
