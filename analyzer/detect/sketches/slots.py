class CLASS:
    __slots__ = (SLOTS)
