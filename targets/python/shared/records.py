"""Values and names for record classes: five kinds in turn, as rows of a table have them."""

import gc


def attribute_names(n):
    return ["attr_%d" % i for i in range(n)]


def mixed_value(i, row):
    """The i-th attribute of a record: int, float, short string, bool or small tuple."""
    kind = i % 5
    if kind == 0:
        return row * 7 + i
    if kind == 1:
        return (row + i) * 3.1415
    if kind == 2:
        return "val_%d" % (row + i)
    if kind == 3:
        return (row + i) % 2 == 0
    return (row, i, i + 2)


def fill(record, names, row):
    for i, name in enumerate(names):
        setattr(record, name, mixed_value(i, row))


def checksum(records, name):
    """A figure that depends on every record, so that all of them are read once."""
    total = 0
    for record in records:
        total = (total * 31 + hash(getattr(record, name))) % 1000003
    return total


def count_instances(cls):
    """Instances that the interpreter still holds after a full collection."""
    gc.collect()
    return sum(1 for obj in gc.get_objects() if type(obj) is cls)
