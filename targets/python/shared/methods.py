"""Collects the functions of an object's class by kind, for registries of tasks.

Static and class methods come as plain functions; instance methods come bound to the object, which
they then keep alive.
"""


def kind_of(cls, name):
    for owner in cls.__mro__:
        if name in owner.__dict__:
            raw = owner.__dict__[name]
            if isinstance(raw, staticmethod):
                return "static"
            if isinstance(raw, classmethod):
                return "class"
            return "instance" if callable(raw) else "data"
    return "data"


def collect(obj, kinds=("instance",), wanted=lambda name: True):
    cls = type(obj)
    found = []
    for name in dir(cls):
        kind = "data" if name.startswith("_") else kind_of(cls, name)
        if kind not in kinds or not wanted(name):
            continue
        method = getattr(obj, name)
        found.append(method.__func__ if kind == "class" else method)
    return found
