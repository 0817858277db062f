"""The queue of method_queue_bad.py with static functions: the models go.

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

    @staticmethod
    def done():
        return "done"


callbacks = collections.deque()


def serve(number):
    model = Model("model %d" % number)
    callbacks.append(model.done)
    return model.run()


print(sum(serve(i) for i in range(n_models)) >> 20, len(callbacks))
