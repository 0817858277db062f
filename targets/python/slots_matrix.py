"""Objects that hold numpy matrices: their wrapper is noise beside what they own, so `__slots__` is not advised.

The arguments: number of objects, edge of the square matrices, matrices per object.

needs: numpy
args: 3000 20 3
expect: no-finding kind=slots
expect: class name=MatrixHolder built=3000 peak_live=3000
"""

import sys

import numpy

n_objects, edge, n_matrices = (int(a) for a in sys.argv[1:4])


class MatrixHolder:
    def __init__(self, number):
        for i in range(n_matrices):
            setattr(self, "matrix_%d" % i, numpy.full((edge, edge), float(number + i)))


holders = [MatrixHolder(i) for i in range(n_objects)]
print(len(holders), sum(h.matrix_0[0, 0] for h in holders))
