# What the census says of a class.

need('attributes')


def place_of(cls):
    """File and line of a class, as far as its functions tell."""
    file, line = '', 0
    names = namespace(cls)
    for value in list(names.values()):
        function = function_in(value)
        if function is not None:
            code = function.__code__
            if not file or code.co_firstlineno < line:
                file, line = code.co_filename, code.co_firstlineno
    first = names.get('__firstlineno__')
    return file, first if type(first) is int else line


INTERESTING = ('__getattr__', '__getattribute__', '__setattr__', '__delattr__', '__getstate__', '__setstate__',
               '__reduce__', '__reduce_ex__', '__getnewargs__', '__copy__', '__del__', '__enter__', '__call__', 'close',
               'reset')


def slots_of(cls):
    slots = namespace(cls).get('__slots__')
    if slots is None:
        return None
    if type(slots) is str:
        return [slots]
    if type(slots) in (tuple, list):
        return [s for s in slots if type(s) is str]
    if type(slots) is dict:
        return [s for s in slots if type(s) is str]
    return []


def base_report(base):
    flags = tget(base, '__flags__')
    parent = tget(base, '__base__')
    offsets = ('__dictoffset__', '__weakrefoffset__')
    own = [tget(base, o) != 0 and (parent is None or tget(parent, o) == 0) for o in offsets]
    return {'name': text(tget(base, '__name__')), 'module': module_of(base), 'origin': origin_of_class(base),
            'heap': bool(flags & HEAP), 'slots': slots_of(base), 'dict': own[0], 'weakref': own[1],
            'has_dict': tget(base, '__dictoffset__') != 0,
            'basic_bytes': tget(base, '__basicsize__'),
            'init': type(namespace(base).get('__init__')) is FUNCTION}


def dataclass_report(cls):
    names = namespace(cls)
    fields, params = names.get('__dataclass_fields__'), names.get('__dataclass_params__')
    module = sys.modules.get('dataclasses')
    if type(fields) is not dict or params is None or type(module) is not MODULE:
        return None
    missing = MODULE.__dict__['__dict__'].__get__(module).get('MISSING')
    defaults = [name for name, field in fields.items()
                if dict(instance_values(field)).get('default', missing) is not missing]
    return {'defaults': defaults, 'frozen': bool(dict(instance_values(params)).get('frozen')),
            'slots': '__slots__' in names}


# Those of the standard library that leave the attributes of an instance alone.
PLAIN_METACLASSES = {'type', 'abc.ABCMeta', 'typing._ProtocolMeta', 'typing.GenericMeta'}


def foreign_metaclass(cls):
    """The first metaclass that neither the program nor PLAIN_METACLASSES has."""
    for kind in mro(type(cls)):
        name = type_name(kind)
        if kind is object or name in PLAIN_METACLASSES:
            continue
        if origin_of_class(kind) != 'user':
            return name
    return ''


def attrs_report(cls):
    fields = namespace(cls).get('__attrs_attrs__')
    if tuple not in mro(type(fields)):
        return None
    return {'frozen': '__setattr__' in namespace(cls)}


def descriptors_named(heap, attributes):
    """Attributes of instances whose name a descriptor of a class has: one that keeps its value in the dictionary."""
    found = []
    for base in heap:
        for name, value in list(namespace(base).items()):
            kinds = mro(type(value))
            if name in attributes and name not in found and type(value) is not MEMBER and any(
                    '__get__' in namespace(k) or '__set__' in namespace(k) for k in kinds):
                found.append(name)
    return found


def subclass_reports(cls):
    return [{'name': text(tget(s, '__name__')), 'module': module_of(s), 'n_bases': len(tget(s, '__bases__'))}
            for s in type.__subclasses__(cls)][:32]


def layout_report(group):
    total, seen = [0, 0, 0, 0], 0
    for value in group.sample:
        parts = layout(value)
        for i in range(4):
            total[i] += parts[i]
        seen += parts[4]
    return {'n': len(group.sample), 'object_bytes': total[0], 'dict_bytes': total[1], 'values_bytes': total[2],
            'keys_bytes': total[3]}, seen


def describe(group):
    cls = group.cls
    file, line = place_of(cls)
    flags = tget(cls, '__flags__')
    bases = [b for b in mro(cls)[1:] if b is not object]
    heap = [b for b in mro(cls) if is_heap(b)]
    sizes, dict_seen = layout_report(group)
    weakrefs = sum(1 for value in group.sample if _weakref.getweakrefcount(value))
    attributes, n_sets, source = attribute_list(group)
    cached = [text(name) for base in heap for name, value in list(namespace(base).items())
              if type_name(type(value)) == 'functools.cached_property']
    mine = {a['name'] for a in attributes}
    shadowed = []
    for base in heap:
        for name, value in list(namespace(base).items()):
            kind = type(value)
            if name in mine and not any('__get__' in namespace(k) for k in mro(kind)):
                shadowed.append({'name': name, 'class': text(tget(base, '__qualname__')), 'type': type_name(kind)})
    report = {
        'id': group.id, 'name': text(tget(cls, '__name__')), 'qualname': text(tget(cls, '__qualname__')),
        'module': module_of(cls), 'file': file, 'line': line, 'origin': origin_of_class(cls),
        'live': group.live, 'built': group.built, 'sampled': len(group.sample),
        'attributes': attributes, 'attributes_from': source, 'n_attribute_sets': n_sets,
        'slots': slots_of(cls), 'bases': [base_report(b) for b in bases],
        'solid_base': type_name(next(b for b in mro(cls) if not is_heap(b))),
        'subclasses': subclass_reports(cls), 'dict': tget(cls, '__dictoffset__') != 0,
        'basic_bytes': tget(cls, '__basicsize__'), 'item_bytes': tget(cls, '__itemsize__'),
        'header_bytes': header_bytes(flags),
        'defines': [n for n in INTERESTING if any(n in namespace(b) for b in heap)],
        'weakrefs': weakrefs, 'dict_users': dict_users(cls), 'dict_seen': dict_seen, 'cached_properties': cached,
        'dataclass': dataclass_report(cls), 'attrs': attrs_report(cls), 'shadowed': shadowed,
        'descriptors': descriptors_named(heap, mine), 'layout': sizes,
    }
    if type(cls) is not type:
        report['metaclass'] = type_name(type(cls))
        report['metaclass_foreign'] = foreign_metaclass(cls)
    return report


def header_bytes(flags):
    if not flags & 1 << 14:
        return 0
    pre = 0 if _minor < 11 else 1 << 4 if _minor == 11 else 3 << 3
    return 32 if flags & pre else 16


def name_alone(group):
    """Whose the class is must be known of each."""
    return {'id': group.id, 'name': text(tget(group.cls, '__name__')), 'module': module_of(group.cls),
            'qualname': text(tget(group.cls, '__qualname__')), 'origin': origin_of_class(group.cls),
            'live': group.live, 'built': group.built, 'sampled': 0}


def describe_all():
    for group in groups:
        if time_left(0.8):
            group.report = describe(group)
        else:
            cut.add('time')
            group.report = name_alone(group)
