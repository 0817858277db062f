class CLASS:
    __slots__ = ()
