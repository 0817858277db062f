"""A base class that notes its subclasses in a class-level dictionary: as long as there are classes, no longer.

expect: none
"""


class Command:
    known = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        Command.known[cls.__name__] = cls

    def run(self):
        return type(self).__name__


for n in range(40):
    type("Command%d" % n, (Command,), {})
print(sum(len(cls().run()) for cls in Command.known.values() for _ in range(50)))
