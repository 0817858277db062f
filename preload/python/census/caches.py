# Wrappers of functools.lru_cache: what their bounds are, and how often they hit.


def cached_function(wrapper):
    """The plain function below the wrapper, or None."""
    function = function_in(wrapper)
    wrapped = LRU_DICT(wrapper).get('__wrapped__')
    if function is None and type(wrapped) is BOUND and type(wrapped.__func__) is FUNCTION:
        return wrapped.__func__
    return function


def cache_reports():
    reports = []
    for wrapper in wrappers:
        function = cached_function(wrapper)
        if function is None or not time_left(0.9):
            continue
        hits, misses, maxsize, currsize = LRU.cache_info(wrapper)
        if origin_of(text(function.__module__)) == 'stdlib' and currsize < 1000:
            continue
        reports.append({'function': text(function.__qualname__), 'module': text(function.__module__),
                        'file': function.__code__.co_filename, 'line': function.__code__.co_firstlineno,
                        'maxsize': maxsize, 'currsize': currsize, 'hits': hits, 'misses': misses})
    reports.sort(key=lambda r: (-r['currsize'], r['module'], r['function']))
    if len(reports) > MAX_LISTED:
        cut.add('caches')
    return reports[:MAX_LISTED]
