import functools

@functools.lru_cache(maxsize=N_KEYS)
def one_for(key):
    return CLASS(key)
