# Containers at classes, and what is in them.

need('classes')
need('sizes')
need('holders')


def held_report(value):
    """(bytes held through a container, types of its elements)."""
    kind = type(value)
    if kind is bytearray:
        return 0, {}
    n = kind.__len__(value)
    items = list(dict.values(value)) if kind is dict else list(kind.__iter__(value))
    items = items[::max(1, n // MAX_ELEMENTS)][:MAX_ELEMENTS]
    total, types, seen = 0, {}, set()
    for item in items:
        types[type(item)] = types.get(type(item), 0) + 1
        todo = [item]
        for _ in range(20):
            if not todo:
                break
            one = todo.pop()
            if id(one) in seen or one is None or type in mro(type(one)) or type(one) in (MODULE, FUNCTION, bool):
                continue
            seen.add(id(one))
            total += size_of(one)
            if type(one) not in PLAIN:
                todo.extend(referents(one)[:20])
        if not time_left(0.95):
            cut.add('time')
            break
    if items:
        total = total * n // len(items)
    best = sorted(types.items(), key=lambda k: (-k[1], type_name(k[0])))[:4]
    return total, {type_name(t): c * n // max(1, len(items)) for t, c in best}


def containers_in(name, value, depth):
    if type(value) in MUTABLE:
        yield name, value
        if type(value) is dict and depth < 2 and len(value) <= 64:
            for key, inner in list(value.items()):
                for found in containers_in(name + key_text(key), inner, depth + 1):
                    yield found


def container_reports(at_classes):
    found = []
    for cls, attribute, value in at_classes:
        for expression, container in containers_in(attribute, value, 0):
            if type(container).__len__(container):
                found.append((type(container).__len__(container), cls, attribute, expression, container))
    found.sort(key=lambda f: (-f[0], module_of(f[1]), text(tget(f[1], '__qualname__')), f[3]))
    if len(found) > MAX_LISTED:
        cut.add('containers')
    reports = []
    for length, cls, attribute, expression, container in found[:MAX_LISTED]:
        held, types = held_report(container)
        group = groups.get(id(cls))
        shadow = sum(1 for v in group.sample if attribute in (dict_of(v) or ())) if group else 0
        reports.append({'class': class_ref(cls), 'attribute': attribute, 'expression': expression,
                        'type': type_name(type(container)), 'length': length, 'bytes': sys.getsizeof(container, 0),
                        'held_bytes': held, 'element_types': types, 'shadowed_by': shadow})
    return reports
