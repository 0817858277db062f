# What instances weigh, with what only they keep alive.

def size_of(value):
    """Requested bytes of one object with the collector's head, without what it refers to."""
    kind = type(value)
    if is_heap(kind):
        return sum(layout(value)[:4])
    try:
        return sys.getsizeof(value, 0)
    except Exception:
        return 0


extra_refs = {}   # id -> references of ours to an object, besides those of the moment


def own_refs():
    for holder in [g.sample for g in groups.values()] + [wrappers, methods]:
        for value in holder:
            extra_refs[id(value)] = extra_refs.get(id(value), 0) + 1


def counted_refs(holder):
    return [sys.getrefcount(value) - extra_refs.get(id(value), 0) for value in holder]


NO_REFS = counted_refs([bytearray(1)])[0]   # what it says for an object that only the list holds
_LEAF = PLAIN | {FUNCTION, MODULE, CODE, type, type(len), property, type(sys._getframe())}


def owned_by(value, most=2000):
    """[(object, bytes)] that only this instance keeps alive, beyond its own layout."""
    own = dict_of(value)
    skip = {id(value), id(own)}
    found, index, inner, edges = [], {}, [], []
    todo = [v for v in referents(value) if v is not own]
    if own is not None:
        todo += dict.values(own)
    first = True
    queue = deque([(-1, todo)])
    del todo
    while queue:
        source, targets = queue.popleft()
        for target in targets:
            if id(target) in skip or target is None:
                continue
            kind = type(target)
            if kind in _LEAF and kind not in PLAIN or type in mro(kind):
                continue
            at = index.get(id(target))
            if at is None:
                if len(found) >= most:
                    return None
                at = index[id(target)] = len(found)
                found.append(target)
                inner.append(0)
                edges.append([])
                if kind not in PLAIN:
                    queue.append((at, referents(target)))
            inner[at] += 1
            if source >= 0:
                edges[source].append(at)
        del targets
        target = None
    counts = counted_refs(found)
    outside = [at for at in range(len(found)) if counts[at] - NO_REFS > inner[at]]
    held = set(outside)
    while outside:
        for at in edges[outside.pop()]:
            if at not in held:
                held.add(at)
                outside.append(at)
    return [(type(found[at]), size_of(found[at])) for at in range(len(found)) if at not in held]


def owned_report(group):
    n, total, types = 0, 0, {}
    chosen = group.sample[::max(1, len(group.sample) // MAX_OWNED)][:MAX_OWNED]
    # Of a few, each may be large: what long-lived objects gather over a run is what one asks for.
    most = min(20000, 100000 // len(chosen)) if chosen else 0
    for value in chosen:
        if not time_left(0.6):
            cut.add('time')
            break
        owned = owned_by(value, most)
        if owned is None:
            continue
        n += 1
        for kind, size in owned:
            total += size
            types[kind] = types.get(kind, 0) + size
    best = sorted(types.items(), key=lambda k: (-k[1], type_name(k[0])))[:8]
    return {'n': n, 'bytes': total, 'types': {type_name(kind): size for kind, size in best}}


def reaches_itself(value):
    seen, level, n = {id(value)}, [value], 0
    for _ in range(6):
        following = []
        for source in level:
            for target in referents(source):
                if target is value and n:
                    return True
                kind = type(target)
                if id(target) in seen or kind in PLAIN or kind is MODULE or type in mro(kind):
                    continue
                if kind is dict and '__builtins__' in target:
                    continue
                seen.add(id(target))
                n += 1
                if n > 300:
                    return False
                following.append(target)
        level = following
    return False


own_refs()
