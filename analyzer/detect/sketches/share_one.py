import functools

@functools.lru_cache(maxsize=1)
def the_one():
    return CLASS()
