"""The queue of method_queue_bad.py with plain data: the name instead of the model.

args: 4 5
expect: none
expect: class name=Model built=4 peak_live=1
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


finished = collections.deque()


def serve(number):
    model = Model("model %d" % number)
    finished.append(("done", model.name))
    return model.run()


print(sum(serve(i) for i in range(n_models)) >> 20, len(finished))
