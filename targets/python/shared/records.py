"""Values and names for record classes: five kinds in turn, as rows of a table have them."""

import gc


def attribute_names(n):
    return ["attr_%d" % i for i in range(n)]


def mixed_value(i):
    """The i-th attribute of a record: int, float, short string, bool or small tuple."""
    kind = i % 5
    if kind == 0:
        return i * 7
    if kind == 1:
        return i * 3.1415
    if kind == 2:
        return "val_%d" % i
    if kind == 3:
        return i % 2 == 0
    return (i, i + 1, i + 2)


def fill(record, names):
    for i, name in enumerate(names):
        setattr(record, name, mixed_value(i))


def total(records, name):
    """A figure that depends on every record, so that all of them are read once."""
    return sum(getattr(record, name) for record in records)


def count_instances(cls):
    """Instances that the interpreter still holds after a full collection."""
    gc.collect()
    return sum(1 for obj in gc.get_objects() if type(obj) is cls)
