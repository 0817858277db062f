# Who holds what: a walk over the heap from its roots.

need('attributes')

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
    targets += methods
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
    if list in lines:
        i = index_of(holder, held)
        return '[%d]' % i if i >= 0 else ''
    for sequence in (tuple, deque):
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


def add_all_paths():
    for group in groups.values():
        if group.report and time_left(0.92):
            add_paths(group)
