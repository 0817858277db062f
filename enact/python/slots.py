# Classes that the plan names are created with __slots__.
#
# Runs once in the interpreter, before the program's first line, in a namespace of its own.  Defined there:
# `serving` (bit by finding of the plan).  builtins.__build_class__ is replaced by a function that does the same,
# and for a class of the plan adds the tuple to the class's namespace on its way to the metaclass.
# With POOLTRACE_EXPLAIN=1 such a class says which attribute it was not given a slot for.
import builtins
import os
import sys


def read_plan():
    wanted = {}
    with open(os.environ["POOLTRACE_PLAN"], "rb") as f:
        for line in f.read().decode("utf-8", "surrogateescape").split("\n"):
            words = line.split(" ")
            if words[0] == "slots":
                wanted[words[2], words[3]] = (int(words[1]), tuple(words[4:]))
    return wanted


def tell(number, text):
    directory = os.environ.get("POOLTRACE_ENACT_OUT")
    if directory:
        path = "%s/%d.text" % (directory, os.getpid())
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            os.write(fd, ("%d %s\n" % (number, text)).encode("utf-8", "backslashreplace"))
        finally:
            os.close(fd)


def explaining(number):
    """A __setattr__ that tells of an attribute without a slot, then raises as it would."""
    def __setattr__(self, name, value):
        try:
            object.__setattr__(self, name, value)
        except AttributeError:
            frame = sys._getframe(1)
            tell(number, "sets an attribute that the trace did not see: %s at %s:%d" %
                 (name, frame.f_code.co_filename, frame.f_lineno))
            raise
    return __setattr__


class Maker:
    """Stands for the metaclass in one call of __build_class__()."""

    def __init__(self, metaclass, number, names):
        self.metaclass, self.number, self.names = metaclass, number, names

    def __prepare__(self, name, bases, **keywords):
        prepare = getattr(self.metaclass, "__prepare__", None)
        return prepare(name, bases, **keywords) if prepare else {}

    def obstacle(self, namespace):
        if "__slots__" in namespace:
            return "has slots already"
        for name in self.names:
            if name in namespace:
                return "has a class variable of the name %s" % name
        return None

    def __call__(self, name, bases, namespace, **keywords):
        why = self.obstacle(namespace)
        if why is None and serving >> (self.number - 1) & 1:
            namespace["__slots__"] = self.names
            if os.environ.get("POOLTRACE_EXPLAIN") and "__setattr__" not in namespace:
                namespace["__setattr__"] = explaining(self.number)
            try:
                made = self.metaclass(name, bases, namespace, **keywords)
                tell(self.number, "was made with %d slots" % len(self.names))
                return made
            except (TypeError, ValueError) as problem:
                why = str(problem)
                del namespace["__slots__"]
        if why is not None:
            tell(self.number, "was left as it is: it %s" % why)
        return self.metaclass(name, bases, namespace, **keywords)


def metaclass_of(bases, given):
    """The metaclass that __build_class__() would choose; None: a base stands for others."""
    for base in bases:
        if not isinstance(base, type):
            return None
    found = given if given is not None else type(bases[0]) if bases else type
    if isinstance(found, type):
        for base in bases:
            if issubclass(type(base), found):
                found = type(base)
    return found


def install():
    wanted, original = read_plan(), builtins.__build_class__

    def __build_class__(function, name, *bases, **keywords):
        module = function.__globals__.get("__name__")
        entry = wanted.get((module, function.__qualname__)) or wanted.get((module, name))
        if entry is None:
            return original(function, name, *bases, **keywords)
        metaclass = metaclass_of(bases, keywords.get("metaclass"))
        if metaclass is None:
            tell(entry[0], "was left as it is: a base of it is no class")
            return original(function, name, *bases, **keywords)
        keywords["metaclass"] = Maker(metaclass, *entry)
        return original(function, name, *bases, **keywords)

    if wanted:
        builtins.__build_class__ = __build_class__


install()
