# Bound methods that containers hold.

need('classes')
need('sizes')
need('holders')


def outermost_container(chain):
    for i, holder in enumerate(chain):
        kind = type(holder)
        if id(holder) in modules or i and type(holder) is dict and (
                type in mro(type(chain[i - 1])) or is_heap(type(chain[i - 1])) and dict_of(chain[i - 1]) is holder):
            continue
        if any(c in mro(kind) for c in CONTAINERS) or type_name(kind).startswith('queue.'):
            return i
    return -1


def queue_length(value):
    inner = dict(instance_values(value)).get('queue') if is_heap(type(value)) else None
    return length_of(inner if inner is not None else value)


def bound_reports():
    mine = {}
    selves = {}
    for method in methods:
        instance, function = method.__self__, function_in(method.__func__)
        kind = type(instance)
        chain = chain_of(method)
        at = outermost_container(chain)
        if at < 0:
            continue
        key = (id(function), id(kind), id(chain[at]))
        entry = mine.get(key)
        if entry is None:
            if len(mine) >= MAX_LISTED:
                cut.add('bound')
                continue
            entry = mine[key] = [function, kind, chain[at], 0, {}]
        entry[3] += 1
        entry[4][id(instance)] = instance
        selves[id(instance)] = selves.get(id(instance), 0) + 1
    return mine, selves


def finish_bound(mine, selves):
    reports = []
    tables = {}  # id -> how many of our tables hold the instance
    for entry in mine.values():
        for key in entry[4]:
            tables[key] = tables.get(key, 0) + 1
    for function, kind, container, n, instances in mine.values():
        path = path_of(container)
        values = list(instances.values())
        for key in instances:
            tables[key] -= 1
        instances.clear()
        # Each is held by our list, and by the walk if it came by.
        only = owned = looked = 0
        for value, refs in zip(values, counted_refs(values)):
            ours = reached(value) + NO_REFS + tables[id(value)]
            if refs - ours > selves[id(value)]:
                continue
            only += 1
            if looked < MAX_OWNED and time_left(0.99):
                owned_bytes = owned_when_walked(value)
                looked += 1
                owned += owned_bytes
        code = function.__code__
        reports.append({'function': text(function.__qualname__), 'class': class_ref(kind), 'n': n,
                        'n_instances': len(values), 'n_only': only,
                        'owned_bytes': owned * only // looked if looked else 0,
                        'container': {'type': type_name(type(container)), 'length': queue_length(container)},
                        'path': path, 'file': code.co_filename, 'line': code.co_firstlineno})
    reports.sort(key=lambda r: (-r['owned_bytes'], r['class']['module'], r['function']))
    return reports


def owned_when_walked(value):
    """Bytes of an instance and of what it holds, one by one up to a bound."""
    total, seen, todo = size_of(value), {id(value)}, [value]
    while todo and len(seen) < 2000:
        for target in referents(todo.pop()):
            kind = type(target)
            if id(target) in seen or target is None or kind in _LEAF and kind not in PLAIN or type in mro(kind):
                continue
            if type(target) is dict and id(target) in modules:
                continue
            seen.add(id(target))
            if not (is_heap(type(value)) and dict_of(value) is target):
                total += size_of(target)
            if kind not in PLAIN:
                todo.append(target)
    return total
