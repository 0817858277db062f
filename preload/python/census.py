# What the interpreter holds at its end, as one JSON text (docs/census.md).
#
# Runs inside the traced program, after its last atexit function, with nothing that it allocates
# recorded.  It must leave no mark: it prints nothing, imports only modules that are built in, calls
# no code of the program (no attribute, comparison, repr or len that a class could define itself), and
# stops when its time is up.  The recorder provides: now() in seconds of CPU and tenths
# of real ones, emit(text), type_table() ->
# [(type, class id, instances built)], layout(object) -> (object, dict, values, keys bytes, dict
# seen), dict_of(object) -> its attributes or None, walk(), chain_of() and reached() of reach.h, and
# BOUND, the type of bound methods.

import sys
import gc
import _weakref
from _collections import _count_elements, deque

BUDGET_SECONDS = 2.0
MAX_CLASSES, MAX_ATTRIBUTES, MAX_SAMPLES, MAX_OWNED, MAX_PATHS = 500, 512, 1000, 50, 8
MAX_NODES, MAX_LISTED, MAX_TEXT, MAX_ELEMENTS = 8, 200, 1 << 20, 10000

started = now()
cut = set()


def time_left(share=1.0):
    return now() - started < BUDGET_SECONDS * share


# ---- looking at types without running their code ----

# No class is made here: it would be garbage for the collector after we are gone.
FUNCTION, MODULE, CODE = type(time_left), type(sys), type(time_left.__code__)
MEMBER = type(FUNCTION.__dict__['__closure__'])
RECORD = type(sys.implementation)
TYPE = type.__dict__
HEAP = 1 << 9
PLAIN = {int, float, complex, bool, str, bytes, type(None)}


def tget(cls, name):
    return TYPE[name].__get__(cls)


def namespace(cls):
    return TYPE['__dict__'].__get__(cls)


def text(value):
    return value if type(value) is str else ''


def module_of(cls):
    if not tget(cls, '__flags__') & HEAP:
        return text(tget(cls, '__module__'))
    return text(namespace(cls).get('__module__'))


def mro(cls):
    return tget(cls, '__mro__')


def is_heap(cls):
    return bool(tget(cls, '__flags__') & HEAP)


def is_sub(value, cls):
    return cls in mro(type(value))


def type_name(cls):
    module = module_of(cls)
    name = text(tget(cls, '__qualname__'))
    return name if module in ('builtins', '') else module + '.' + name


os_module = sys.modules.get('os')
os_file = text(MODULE.__getattribute__(os_module, '__file__')) if type(os_module) is MODULE else ''
stdlib_folder = os_file.rpartition('/')[0] + '/' if '/' in os_file else '\0'
STDLIB_NAMES = set(getattr(sys, 'stdlib_module_names', ())) | set(sys.builtin_module_names) | {'ast', 'functools'}
origins = {}


def origin_of(module):
    known = origins.get(module)
    if known:
        return known
    loaded = sys.modules.get(module)
    path = ''
    if type(loaded) is MODULE:
        path = text(MODULE.__dict__['__dict__'].__get__(loaded).get('__file__'))
    if module == '__main__':
        known = 'user'
    elif 'site-packages/' in path or 'dist-packages/' in path:
        known = 'site'
    elif path.startswith(stdlib_folder) or not path and (
            loaded is not None or module.partition('.')[0] in STDLIB_NAMES):
        known = 'stdlib'
    else:
        known = 'user'
    origins[module] = known
    return known


def function_in(value):
    """The plain function that an entry of a class dictionary wraps, or None."""
    for _ in range(4):
        kind = type(value)
        if kind is FUNCTION:
            return value
        if kind is property:
            value = property.__dict__['fget'].__get__(value)
        elif kind is staticmethod or kind is classmethod:
            value = kind.__dict__['__func__'].__get__(value)
        elif kind is LRU:
            value = LRU_DICT(value).get('__wrapped__')
        else:
            return None
    return None


LRU = None
for _value in (sys.modules.get('functools'),):
    if type(_value) is MODULE:
        LRU = MODULE.__dict__['__dict__'].__get__(_value).get('_lru_cache_wrapper')


def LRU_DICT(wrapper):
    return dict_of(wrapper) or {}


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


# ---- JSON ----

def quote(s):
    s = s[:256]
    out = []
    for c in s:
        o = ord(c)
        if c == '"' or c == '\\':
            out.append('\\' + c)
        elif o < 32 or 0x7f <= o < 0xa0 or 0xd800 <= o < 0xe000:
            out.append('\\u%04x' % o)
        else:
            out.append(c)
    return '"' + ''.join(out) + '"'


def write(value, out):
    kind = type(value)
    if value is None:
        out.append('null')
    elif kind is bool:
        out.append('true' if value else 'false')
    elif kind is int:
        out.append('%d' % value)
    elif kind is str:
        out.append(quote(value))
    elif kind is dict:
        out.append('{')
        for i, key in enumerate(value):
            out.append((',' if i else '') + quote(key) + ':')
            write(value[key], out)
        out.append('}')
    else:
        out.append('[')
        for i, item in enumerate(value):
            if i:
                out.append(',')
            write(item, out)
        out.append(']')


# ---- the objects ----

groups = {}          # id(class) -> its record: the class and the sample of its instances
class_ids = {}       # id(class) -> class id of the trace
wrappers, methods = [], []


def choose_classes(counts):
    table = type_table()
    keep = []
    for cls, class_id, built in table:
        class_ids[id(cls)] = class_id
        live = counts.get(id(cls), 0)
        if not live and built < 64:
            continue
        origin = origin_of(module_of(cls))
        if origin == 'stdlib' and live < 1000:
            continue
        if type in mro(cls):
            continue
        keep.append(RECORD(cls=cls, id=class_id, built=built, live=live, stride=1, skip=0, sample=[], report=None))
    keep.sort(key=lambda g: (-g.live, -g.built, module_of(g.cls), text(tget(g.cls, '__qualname__'))))
    if len(keep) > MAX_CLASSES:
        cut.add('classes')
    for rank, group in enumerate(keep[:MAX_CLASSES]):
        most = MAX_SAMPLES if rank < 50 else 100
        group.stride = max(1, -(-group.live // most))
        groups[id(group.cls)] = group


def look_at_objects():
    objects = gc.get_objects()
    counts = {}
    _count_elements(counts, map(id, map(type, objects)))
    choose_classes(counts)
    find, dice = groups.get, 1
    lru, bound = id(LRU), id(BOUND)
    for i, value in enumerate(objects):
        kind = id(type(value))
        group = find(kind)
        if group is not None:
            if group.skip == 0 and len(group.sample) < MAX_SAMPLES:
                group.sample.append(value)
                # By uneven steps: what repeats with the instances' number must not fall in step.
                dice = (dice * 1103515245 + 12345) & 0x7fffffff
                group.skip = 1 + (dice >> 8) % (2 * group.stride - 1)
            group.skip -= 1
        elif kind == lru:
            wrappers.append(value)
        elif kind == bound:
            if len(methods) < 100000:
                methods.append(value)
        if not i & 0xffff and not time_left(0.4):
            cut.add('objects')
            break
    return len(objects)


# ---- attributes ----

_minor = sys.version_info[1]
# STORE_ATTR, EXTENDED_ARG, those that push one local, those that push two, LOAD_DEREF
OPCODES = {
    8: (95, 144, (124,), (), 136), 9: (95, 144, (124,), (), 136), 10: (95, 144, (124,), (), 136),
    11: (95, 144, (124,), (), 137), 12: (95, 144, (124, 127), (), 137),
    13: (108, 71, (85, 87), (88, 111), 84), 14: (110, 69, (84, 88, 86), (89, 87, 113), 83),
}


def stored_attributes(function):
    """Names that the function assigns on its first argument, in order."""
    store, extended, one, two, deref = OPCODES[_minor]
    code = function.__code__
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


# ---- sizes ----

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
    todo = [v for v in gc.get_referents(value) if v is not own]
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
                    queue.append((at, gc.get_referents(target)))
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
    for value in group.sample[::max(1, len(group.sample) // MAX_OWNED)][:MAX_OWNED]:
        if not time_left(0.6):
            cut.add('time')
            break
        owned = owned_by(value)
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
            for target in gc.get_referents(source):
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


# ---- a class ----

INTERESTING = ('__getattr__', '__getattribute__', '__setattr__', '__delattr__', '__getstate__', '__setstate__',
               '__reduce__', '__reduce_ex__', '__getnewargs__', '__copy__', '__del__', '__enter__', 'close', 'reset')


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
    return {'name': text(tget(base, '__name__')), 'module': module_of(base), 'origin': origin_of(module_of(base)),
            'heap': bool(flags & HEAP), 'slots': slots_of(base), 'dict': own[0], 'weakref': own[1],
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


def class_ref(cls):
    file, line = place_of(cls)
    return {'id': class_ids.get(id(cls), 0), 'qualname': text(tget(cls, '__qualname__')), 'module': module_of(cls),
            'origin': origin_of(module_of(cls)), 'file': file, 'line': line}


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
    owned = owned_report(group)
    weakrefs = sum(1 for value in group.sample if _weakref.getweakrefcount(value))
    some = group.sample[:20]
    cycle = sum(1 for value in some if reaches_itself(value))
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
        'module': module_of(cls), 'file': file, 'line': line, 'origin': origin_of(module_of(cls)),
        'live': group.live, 'built': group.built, 'sampled': len(group.sample),
        'attributes': attributes, 'attributes_from': source, 'n_attribute_sets': n_sets,
        'slots': slots_of(cls), 'bases': [base_report(b) for b in bases],
        'solid_base': type_name(next(b for b in mro(cls) if not is_heap(b))),
        'subclasses': subclass_reports(cls), 'dict': tget(cls, '__dictoffset__') != 0,
        'basic_bytes': tget(cls, '__basicsize__'), 'item_bytes': tget(cls, '__itemsize__'),
        'header_bytes': header_bytes(flags),
        'defines': [n for n in INTERESTING if any(n in namespace(b) for b in heap)],
        'weakrefs': weakrefs, 'dict_seen': dict_seen, 'cached_properties': cached,
        'dataclass': dataclass_report(cls), 'shadowed': shadowed, 'layout': sizes, 'owned': owned,
        'cycle': cycle if len(some) == len(group.sample) else cycle * len(group.sample) // max(1, len(some)),
        'paths': [],
    }
    if type(cls) is not type:
        report['metaclass'] = type_name(type(cls))
    return report


def header_bytes(flags):
    if not flags & 1 << 14:
        return 0
    pre = 0 if _minor < 11 else 1 << 4 if _minor == 11 else 3 << 3
    return 32 if flags & pre else 16


# ---- who holds what: a walk over the heap from its roots ----

modules = {}   # id(module's dictionary) -> its name


def walk_roots():
    early, late = [], []
    for name, module in list(sys.modules.items()):
        if type(module) is MODULE and type(name) is str:
            names = MODULE.__dict__['__dict__'].__get__(module)
            modules[id(names)] = name
            (late if origin_of(name) == 'stdlib' else early).append(names)
    for frame in sys._current_frames().values():
        while frame is not None:
            if frame.f_globals is not globals():
                early.append(frame)
            frame = frame.f_back
    return early + late


def some_of(group):
    return group.sample[::max(1, len(group.sample) // MAX_PATHS)][:MAX_PATHS]


def walk_run():
    """Who holds the instances whose paths are told, and the bound methods."""
    targets = [value for group in groups.values() if group.report for value in some_of(group)]
    targets += [method for method in methods if of_user_class(method)]
    own = [globals(), groups, wrappers, methods, class_ids]
    left = BUDGET_SECONDS * 0.85 - (now() - started)
    if targets and walk(walk_roots(), own, list(PLAIN), targets, max(0, int(left * 1000))):
        cut.add('paths')


CELL = type((lambda x: lambda: x)(0).__closure__[0])
FRAME = type(sys._getframe())
CONTAINERS = (list, dict, set, frozenset, tuple, deque)


def length_of(value):
    for kind in CONTAINERS:
        if kind in mro(type(value)):
            return kind.__len__(value)
    return 0


def key_text(key):
    if type(key) is str:
        return "['%s']" % key[:60]
    if type(key) in (int, bool, float):
        return '[%r]' % key
    return '[%s]' % type_name(type(key))


def edge_of(holder, held):
    kind = type(holder)
    lines = mro(kind)
    if dict in lines:
        for i, (key, value) in enumerate(dict.items(holder)):
            if value is held:
                return key_text(key)
            if key is held:
                return 'key'
            if i > 100000:
                break
        return ''
    for sequence in (list, tuple, deque):
        if sequence in lines:
            for i, value in enumerate(sequence.__iter__(holder)):
                if value is held:
                    return '[%d]' % i
                if i > 100000:
                    break
            return ''
    if kind is FRAME:
        return ''
    if is_heap(kind):
        for name, value in instance_values(holder):
            if value is held:
                return '.' + name
    return ''


def qualname_of(code):
    return getattr(code, 'co_qualname', code.co_name)


def function_name(value):
    function = value if type(value) is FUNCTION else function_in(value)
    return text(function.__qualname__) if function is not None else ''


def node_of(value):
    kind = type(value)
    node = {'kind': 'object', 'type': type_name(kind), 'name': '', 'edge': ''}
    if id(value) in modules:
        node.update(kind='module', type='module', name=modules[id(value)])
    elif type in mro(kind):
        node.update(kind='class', type=type_name(kind), name=text(tget(value, '__qualname__')), module=module_of(value))
    elif kind is LRU:
        node.update(kind='lru_cache', name=function_name(value))
    elif kind is FRAME:
        node.update(kind='frame', name=qualname_of(value.f_code))
    elif kind is FUNCTION:
        node.update(kind='function', name=text(value.__qualname__))
    elif kind is BOUND:
        node.update(kind='method', name=function_name(value.__func__))
    elif any(c in mro(kind) for c in CONTAINERS) or type_name(kind).startswith('queue.'):
        node.update(kind='container', length=length_of(value))
    elif type_name(kind) == 'threading.Thread':
        node.update(kind='thread', name=text(dict(instance_values(value)).get('_name')))
    elif is_heap(kind):
        node.update(kind='instance', name=text(tget(kind, '__qualname__')), module=module_of(kind))
    return node


ROOT_KINDS = ('module', 'class', 'lru_cache', 'frame', 'thread')


def path_of(value):
    chain = chain_of(value)
    if not chain:
        return [{'kind': 'unknown', 'type': '', 'name': '', 'edge': ''}, node_of(value)]
    nodes = []
    for i, holder in enumerate(chain):
        following = chain[i + 1] if i + 1 < len(chain) else None
        inside = i > 0 and type(holder) is dict and (
            type in mro(type(chain[i - 1])) or is_heap(type(chain[i - 1])) and dict_of(chain[i - 1]) is holder)
        if type(holder) is CELL:
            continue
        edge = edge_of(holder, following) if following is not None else ''
        if inside or id(holder) in modules:
            edge = '.' + edge[2:-2] if edge.startswith("['") else edge
        if inside and nodes:
            nodes[-1]['edge'] = edge
            continue
        node = node_of(holder)
        node['edge'] = edge
        if node['kind'] in ROOT_KINDS and following is not None:
            nodes = []
        nodes.append(node)
    if len(nodes) > MAX_NODES:
        nodes = nodes[:MAX_NODES // 2] + nodes[-(MAX_NODES // 2):]
    return nodes


def add_paths(group):
    found = {}
    some = some_of(group)
    for value in some:
        path = path_of(value)
        shape = tuple((n['kind'], n['type'], n['name']) for n in path)
        if shape in found:
            found[shape][0] += 1
        else:
            found[shape] = [1, path]
    best = sorted(found.values(), key=lambda f: -f[0])[:3]
    group.report['paths'] = [{'n': n, 'of': len(some), 'path': path} for n, path in best]


# ---- class-level containers ----

MUTABLE = (list, dict, set, deque, bytearray)


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
                todo.extend(gc.get_referents(one)[:20])
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


def container_reports(classes):
    found = []
    for cls in classes:
        for attribute, value in list(namespace(cls).items()):
            if type(attribute) is not str or attribute.startswith('__') or attribute in ('_abc_impl',):
                continue
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


# ---- caches ----

def cached_instances(wrapper):
    """{id: [instance, references from this cache's keys]}"""
    found = {}
    cache_dicts = [r for r in gc.get_referents(wrapper) if type(r) is dict and r is not dict_of(wrapper)]
    for cache in cache_dicts:
        for i, key in enumerate(dict.keys(cache)):
            parts = [key] if is_heap(type(key)) and tuple not in mro(type(key)) and list not in mro(type(key)) else \
                gc.get_referents(key) if type(key) not in PLAIN else []
            for part in parts:
                kind = type(part)
                if is_heap(kind) and type not in mro(kind) and origin_of(module_of(kind)) != 'stdlib':
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


# ---- bound methods ----

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


def of_user_class(method):
    """Is it a Python function bound to an instance of a class of the program?"""
    kind = type(method.__self__)
    return is_heap(kind) and type not in mro(kind) and origin_of(module_of(kind)) != 'stdlib' and \
        function_in(method.__func__) is not None


def bound_reports():
    mine = {}
    selves = {}
    for method in methods:
        if not of_user_class(method):
            continue
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
        for target in gc.get_referents(todo.pop()):
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


# ---- the whole ----

def pickled():
    return 'pickle' in sys.modules or '_pickle' in sys.modules


gc_stats, gc_threshold = gc.get_stats(), list(gc.get_threshold())
n_objects = look_at_objects()
own_refs()
for group in groups.values():
    if not time_left(0.65):
        cut.add('time')
        group.report = None
        continue
    group.report = describe(group)
user_classes = [cls for cls, _, _ in type_table() if origin_of(module_of(cls)) != 'stdlib']
caches = cache_reports(user_classes) if LRU is not None else []
walk_run()
for group in groups.values():
    if group.report and time_left(0.92):
        add_paths(group)
bound = finish_bound(*bound_reports())
containers = container_reports(user_classes)
report = {
    'schema': 'pooltrace-census-1',
    'python': '%d.%d.%d' % sys.version_info[:3],
    'n_objects': n_objects,
    'pickle_loaded': pickled(),
    'gc_stats': [{k: s.get(k, 0) for k in ('collections', 'collected', 'uncollectable')} for s in gc_stats],
    'gc_threshold': gc_threshold,
    'classes': [g.report for g in groups.values() if g.report],
    'containers': containers,
    'caches': caches,
    'bound': bound,
}
out = []
while True:
    report['cut'] = sorted(cut)
    del out[:]
    write(report, out)
    if sum(map(len, out)) <= MAX_TEXT or not report['classes']:
        break
    cut.add('classes')
    del report['classes'][len(report['classes']) // 2:]
emit(''.join(out))
