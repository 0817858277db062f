# Wrappers of functools.lru_cache, and the instances that their keys keep.

need('classes')
need('sizes')


def cached_instances(wrapper):
    """{id: [instance, references from this cache's keys]}"""
    found = {}
    cache_dicts = [r for r in referents(wrapper) if type(r) is dict and r is not dict_of(wrapper)]
    for cache in cache_dicts:
        for i, key in enumerate(dict.keys(cache)):
            parts = [key] if is_heap(type(key)) and tuple not in mro(type(key)) and list not in mro(type(key)) else \
                referents(key) if type(key) not in PLAIN else []
            for part in parts:
                kind = type(part)
                if is_heap(kind) and type not in mro(kind) and origin_of_class(kind) != 'stdlib':
                    found.setdefault(id(part), [part, 0])[1] += 1
                    kind = part = None
            parts = key = part = None
            if i > 100000:
                break
    return found


def cache_kind(wrapper, at_class):
    raw = at_class.get(id(wrapper))
    if raw is not None:
        return raw
    wrapped = LRU_DICT(wrapper).get('__wrapped__')
    return ('instance' if type(wrapped) is BOUND else 'function'), None


def instance_summary(found):
    by_class = {}
    entries = list(found.values())
    found.clear()
    counts = counted_refs([e[0] for e in entries])
    for (value, inside), refs in zip(entries, counts):
        mine = by_class.setdefault(type(value), [0, 0, 0, 0, value])
        mine[0] += 1
        # Each is held by the entry's list, and by the list that was counted.
        if refs - NO_REFS - 1 <= inside:
            mine[1] += 1
            if mine[2] < MAX_OWNED and time_left(0.97):
                owned = owned_by(value)
                if owned is not None:
                    mine[2] += 1
                    mine[3] += size_of(value) + sum(s for _, s in owned)
    reports = []
    for cls, (n, only, sampled, size, _) in by_class.items():
        reports.append({'id': class_ids.get(id(cls), 0), 'qualname': text(tget(cls, '__qualname__')),
                        'module': module_of(cls), 'n': n, 'n_only': only,
                        'owned_bytes': size * only // sampled if sampled else 0})
    reports.sort(key=lambda r: (-r['n'], r['module'], r['qualname']))
    return reports


def cache_reports(classes):
    at_class = {}
    for cls in classes:
        for value in list(namespace(cls).values()):
            if type(value) is LRU:
                at_class[id(value)] = ('method', cls)
            elif type(value) in (classmethod, staticmethod):
                inner = type(value).__dict__['__func__'].__get__(value)
                if type(inner) is LRU:
                    at_class[id(inner)] = (type(value).__name__, cls)
    reports = []
    for wrapper in wrappers:
        hits, misses, maxsize, currsize = LRU.cache_info(wrapper)
        function = function_in(wrapper)
        wrapped = LRU_DICT(wrapper).get('__wrapped__')
        if function is None and type(wrapped) is BOUND and type(wrapped.__func__) is FUNCTION:
            function = wrapped.__func__
        if function is None:
            continue
        if origin_of(text(function.__module__)) == 'stdlib' and currsize < 1000:
            continue
        kind, cls = cache_kind(wrapper, at_class)
        reports.append({'function': text(function.__qualname__), 'module': text(function.__module__),
                        'file': function.__code__.co_filename, 'line': function.__code__.co_firstlineno,
                        'kind': kind, 'class': class_ref(cls) if cls else None, 'maxsize': maxsize,
                        'currsize': currsize, 'hits': hits, 'misses': misses,
                        'instances': instance_summary(cached_instances(wrapper))})
        if not time_left(0.97):
            cut.add('time')
            break
    reports.sort(key=lambda r: (-r['currsize'], r['module'], r['function']))
    if len(reports) > MAX_LISTED:
        cut.add('caches')
    return reports[:MAX_LISTED]
