"""A pipeline of generators and closures over a stream of rows: much is made, nothing stays.

args: 50000
expect: none
"""

import sys


def rows(n):
    for i in range(n):
        yield {"id": i, "name": "row %d" % i, "values": [i, i + 1, i + 2]}


def keep(stream, predicate):
    return (row for row in stream if predicate(row))


def scaled(stream, factor):
    return ([v * factor for v in row["values"]] for row in stream)


limit = int(sys.argv[1])
print(sum(sum(values) for values in scaled(keep(rows(limit), lambda row: row["id"] % 2), 3)))
