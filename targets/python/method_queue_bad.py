"""Bound methods wait in a long-lived queue, and each keeps a model of several MiB alive.

The arguments: models, MiB of each.

args: 4 5
expect: finding kind=pinned-by-bound-method class=Model evidence.function~Model.done evidence.instances=4
expect: finding kind=pinned-by-bound-method evidence.container~deque evidence.held_bytes>=20971520
expect: only
expect: class name=Model built=4 peak_live=4
"""

import collections
import sys

n_models, mib = int(sys.argv[1]), int(sys.argv[2])


class Model:
    def __init__(self, name):
        self.name = name
        self.weights = bytearray(mib << 20)

    def run(self):
        return len(self.weights)

    def done(self):
        return self.name


callbacks = collections.deque()


def serve(number):
    model = Model("model %d" % number)
    callbacks.append(model.done)
    return model.run()


print(sum(serve(i) for i in range(n_models)) >> 20, len(callbacks))
