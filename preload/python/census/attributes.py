# What attributes instances have: those seen in the sample, and those that methods assign.

_minor = sys.version_info[1]
# STORE_ATTR, EXTENDED_ARG, those that push one local, those that push two, LOAD_DEREF
OPCODES = {
    8: (95, 144, (124,), (), 136), 9: (95, 144, (124,), (), 136), 10: (95, 144, (124,), (), 136),
    11: (95, 144, (124,), (), 137), 12: (95, 144, (124, 127), (), 137),
    13: (108, 71, (85, 87), (88, 111), 84), 14: (110, 69, (84, 88, 86), (89, 87, 113), 83),
}


stored = {}  # id(code) -> what it assigns: classes of one base share its methods


def stored_attributes(function):
    """Names that the function assigns on its first argument, in order."""
    code = function.__code__
    found = stored.get(id(code))
    if found is None:
        found = stored[id(code)] = stored_by(code)
    return found


def stored_by(code):
    store, extended, one, two, deref = OPCODES[_minor]
    if not code.co_argcount:
        return []
    names, owner, wide = [], False, 0
    data = code.co_code
    cell = 0 if _minor >= 11 else -1
    if _minor < 11 and code.co_varnames[0] in code.co_cellvars:
        cell = code.co_cellvars.index(code.co_varnames[0])
    for i in range(0, len(data), 2):
        op, arg = data[i], data[i + 1] | wide << 8
        if op == 0 and _minor >= 11:
            continue
        if op == extended:
            wide = arg
            continue
        wide = 0
        if op == store and owner:
            name = code.co_names[arg]
            if name not in names:
                names.append(name)
        owner = (op in one and arg == 0 or op in two and arg & 15 == 0 or op == deref and arg == cell)
    return names


def methods_of(cls):
    for base in mro(cls):
        if base is object or not is_heap(base):
            continue
        for name, value in list(namespace(base).items()):
            function = function_in(value)
            if function is not None and type(value) is not staticmethod and type(value) is not classmethod:
                yield base, text(name), function


def slot_members(cls):
    """(name, member descriptor) of each slot of the class and its bases."""
    for base in reversed(mro(cls)):
        if is_heap(base):
            for name, value in list(namespace(base).items()):
                if type(value) is MEMBER and type(name) is str:
                    yield name, value


def instance_values(value):
    """[(name, attribute)] of an instance, as it stores them."""
    found = []
    for name, member in slot_members(type(value)):
        try:
            found.append((name, member.__get__(value)))
        except AttributeError:
            pass
    own = dict_of(value)
    if own is not None:
        for name in list(dict.keys(own)):
            if type(name) is str:
                found.append((name, dict.get(own, name)))
    return found


def dict_users(cls):
    """Methods of the program that take an instance's dictionary by name: vars() and __dict__."""
    found = []
    for base, name, function in methods_of(cls):
        names = function.__code__.co_names
        if ('__dict__' in names or 'vars' in names) and name not in found and \
                origin_of_class(base) == origin_of_class(cls):
            found.append(name)
    return found[:8]


def attribute_list(group):
    present, types, distinct, sets = {}, {}, {}, set()
    for value in group.sample:
        names = []
        for name, attribute in instance_values(value):
            names.append(name)
            present[name] = present.get(name, 0) + 1
            kinds = types.setdefault(name, {})
            kind = type(attribute)
            kinds[kind] = kinds.get(kind, 0) + 1
            if kind is str or kind is int:
                distinct.setdefault(name, set()).add(attribute)
        if len(sets) < 1000:
            names.sort()
            sets.add(tuple(names))
    assigned = {}
    for _, method, function in methods_of(group.cls):
        for name in stored_attributes(function):
            by = assigned.setdefault(name, [])
            if method not in by:
                by.append(method)
    descriptors = {name for base in mro(group.cls) for name, value in list(namespace(base).items())
                   if type(value) is property}
    names = list(present) + [n for n in assigned if n not in present and n not in descriptors]
    if len(names) > MAX_ATTRIBUTES:
        cut.add('attributes')
    report = []
    for name in names[:MAX_ATTRIBUTES]:
        kinds = sorted(types.get(name, {}).items(), key=lambda k: (-k[1], type_name(k[0])))[:4]
        report.append({'name': name, 'present': present.get(name, 0),
                       'types': {type_name(kind): n for kind, n in kinds},
                       'assigned_by': assigned.get(name, [])[:8]})
        if len(types.get(name, ())) == 1 and name in distinct:
            report[-1]['distinct'] = len(distinct[name])
    return report, len(sets), 'instances' if group.sample else 'code'
