"""What the interpreter still holds at its end, as one JSON text: see docs/census.md.

Run inside the traced program, at exit, in a namespace of its own.  take(class_id, layout) returns the
text: class_id(cls) is the number of the class in the trace (0 none), layout(obj) the bytes of an instance's
(object, dict, values, keys) as its blocks have them, or None.

It must not run the program's code: attributes of its objects and classes are read through the types of
the interpreter, nothing is called, compared, hashed or printed that a class of the program could define.
The collector is off meanwhile, so that no finalizer runs either.  Everything has a bound.
"""

import gc
import sys
import time

SECONDS = 2.0
MAX_OBJECTS = 4000000
MAX_VISITED = 400000
MAX_CLASSES = 500
MAX_ENTRIES = 200
MAX_ATTRIBUTES = 512
MAX_SAMPLE = 1000
MAX_OWNED_SAMPLE = 50
MAX_PATH_SAMPLE = 8
MAX_PATH_NODES = 8
MAX_CLOSURE = 3000
MAX_ELEMENTS = 10000
STDLIB_MIN_LIVE = 1000
HEAP_TYPE = 1 << 9

get_type_dict = type.__dict__["__dict__"].__get__
get_type_mro = type.__dict__["__mro__"].__get__
get_type_name = type.__dict__["__name__"].__get__
get_type_qualname = type.__dict__["__qualname__"].__get__
get_type_flags = type.__dict__["__flags__"].__get__
get_type_basic = type.__dict__["__basicsize__"].__get__
get_type_item = type.__dict__["__itemsize__"].__get__
get_type_dictoffset = type.__dict__["__dictoffset__"].__get__
get_type_weakoffset = type.__dict__["__weakrefoffset__"].__get__
Function = type(lambda: 0)
Code = type((lambda: 0).__code__)


def _method_type():
    class Probe:
        def method(self):
            pass

    return type(Probe().method)


Method = _method_type()
Module = type(sys)
Frame = type(sys._getframe())
Property = property


# ---- text ----

def quoted(text):
    out = []
    for ch in text[:256]:
        if ch in '"\\':
            out.append("\\" + ch)
        elif ch < " " or ch > "~":
            code = ord(ch)
            if code > 0xFFFF:
                code -= 0x10000
                out.append("\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF)))
            else:
                out.append("\\u%04x" % code)
        else:
            out.append(ch)
    return '"%s"' % "".join(out)


def encoded(value):
    kind = type(value)
    if kind is dict:
        return "{%s}" % ",".join([quoted(k) + ":" + encoded(v) for k, v in value.items()])
    if kind is list or kind is tuple:
        return "[%s]" % ",".join([encoded(v) for v in value])
    if kind is str:
        return quoted(value)
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    return str(value)


# ---- classes and where they come from ----

def is_class(obj):
    return type in get_type_mro(type(obj))


def is_heap(cls):
    return bool(get_type_flags(cls) & HEAP_TYPE)


def is_instance_of_heap_class(obj):
    return is_heap(type(obj)) and not is_class(obj)


def text_in(mapping, key):
    value = mapping.get(key)
    return value if type(value) is str else ""


def module_of(cls):
    return text_in(get_type_dict(cls), "__module__")


def functions_of(cls):
    """Plain functions of a class, also below staticmethod, classmethod and property."""
    for name, value in list(get_type_dict(cls).items()):
        if type(value) in (staticmethod, classmethod):
            value = value.__func__
        elif type(value) is Property:
            value = value.fget
        if type(value) is Function and type(name) is str:
            yield name, value


class Origins:
    def __init__(self):
        here = getattr(sys.modules.get("os"), "__file__", None) or ""
        self.library = here[:here.rfind("/") + 1]
        self.known = {}

    def of_module(self, name):
        if name not in self.known:
            self.known[name] = self._look(name)
        return self.known[name]

    def _look(self, name):
        if name == "__main__":
            return "user"
        module = sys.modules.get(name)
        path = module.__dict__.get("__file__") if type(module) is Module else None
        if type(path) is not str:
            return "stdlib"
        return self.of_path(path)

    def of_class(self, cls):
        """By its module; of one that is not imported (any more, or by that name) by its functions."""
        name = module_of(cls)
        if name in sys.modules or not name:
            return self.of_module(name)
        path = class_line(cls)[0]
        return self.of_path(path) if path else "stdlib"

    def of_path(self, path):
        if "/site-packages/" in path or "/dist-packages/" in path:
            return "site"
        return "stdlib" if self.library and path.startswith(self.library) else "user"


def class_line(cls):
    best = ("", 0)
    for _, function in functions_of(cls):
        code = function.__code__
        if code.co_filename[:1] != "<" and (not best[0] or code.co_firstlineno < best[1]):
            best = (code.co_filename, code.co_firstlineno)
    return best


# ---- which names do methods assign to ----

def instructions(code):
    raw, extended = code.co_code, 0
    for i in range(0, len(raw), 2):
        yield raw[i], raw[i + 1]


def learn_opcodes():
    """STORE_ATTR, and what loads the first argument before it, of this version."""
    store = next(op for op, arg in instructions(compile("x.y = z", "", "exec")) if arg == 2)
    loads = set()
    space = {}
    exec("def one(a):\n a.b = None\ndef two(a, c):\n a.b = c", space)
    for name in ("one", "two"):
        before = None
        for op, arg in instructions(space[name].__code__):
            if op == store and before is not None:
                loads.add(before)
                break
            before = op
    return store, loads


STORE_ATTR, LOADS = learn_opcodes()


def assigned_names(function):
    code, before, names = function.__code__, (None, 0), []
    if not code.co_argcount:
        return names
    for op, arg in instructions(code):
        if op == STORE_ATTR and before[0] in LOADS and before[1] & 15 == 0 and arg < len(code.co_names):
            names.append(code.co_names[arg])
        before = (op, arg)
    return names


# ---- sizes and what an object owns ----

def shallow_bytes(obj):
    kind = type(obj)
    if is_heap(kind):
        return get_type_basic(kind) + (16 if gc.is_tracked(obj) else 0)
    try:
        return sys.getsizeof(obj)
    except Exception:
        return 0


STOP_TYPES = (Module, Function, Code, Frame, type)


def references(nodes, i):
    return sys.getrefcount(nodes[i])


# References to an object that are our own: in the list of nodes, and to the root of a closure as well.
# They differ from version to version, so they are counted once on objects that nobody else holds.
OWN_REFERENCES = references([[]], 0)
ROOT_REFERENCES = 0


def closure(root, extra, ours):
    """What dies with root: (objects with root first, references to root from elsewhere, root is in a cycle).

    Trial deletion over what root reaches: an object with a reference from elsewhere stays, and so does
    all that it reaches.  `root` is to be given as an element of a container of the caller; `extra` are
    further references to it that are not to count, `ours` maps ids to references that the census holds.
    """
    nodes, index = [root], {id(root): 0}
    inside, edges = [0], []
    i = 0
    while i < len(nodes):
        targets = []
        if i == 0 or not (type(nodes[i]) in STOP_TYPES or is_class(nodes[i])):
            for target in gc.get_referents(nodes[i]):
                if type(target) in STOP_TYPES or is_class(target):
                    continue
                at = index.get(id(target))
                if at is None:
                    if len(nodes) >= MAX_CLOSURE:
                        continue
                    at = index[id(target)] = len(nodes)
                    nodes.append(target)
                    inside.append(0)
                inside[at] += 1
                targets.append(at)
            target = None
        edges.append(targets)
        i += 1
    outside = [
        references(nodes, i) - OWN_REFERENCES - inside[i] - ours.get(id(nodes[i]), 0) for i in range(len(nodes))
    ]
    stays = [i for i in range(1, len(nodes)) if outside[i] > 0]
    kept = set(stays)
    while stays:
        for at in edges[stays.pop()]:
            if at and at not in kept:
                kept.add(at)
                stays.append(at)
    in_cycle = inside[0] > 0 and any(0 in edges[i] for i in range(len(nodes)) if i not in kept)
    owned = [nodes[i] for i in range(len(nodes)) if i not in kept]
    return owned, outside[0] - ROOT_REFERENCES - extra, in_cycle


def calibrate():
    table = [[]]
    return closure(table[0], 0, {})[1]


ROOT_REFERENCES = calibrate()


# ---- one look at all objects ----

class Census:
    def __init__(self, class_id, layout):
        self.class_id, self.layout = class_id, layout
        self.deadline = time.monotonic() + SECONDS
        self.origins = Origins()
        self.cut = []
        self.counts, self.samples = {}, {}
        self.class_list, self.wrappers, self.methods = [], [], []
        self.visited, self.parent, self.ours = [], {}, {}

    def late(self):
        if time.monotonic() < self.deadline:
            return False
        if "time" not in self.cut:
            self.cut.append("time")
        return True

    def collect(self):
        objects = gc.get_objects()
        self.n_objects = len(objects)
        if len(objects) > MAX_OBJECTS:
            self.cut.append("objects")
            del objects[MAX_OBJECTS:]
        wrapper_type = sys.modules["functools"].__dict__.get("_lru_cache_wrapper") if "functools" in sys.modules else None
        counts, heap = self.counts, {}
        for obj in objects:
            kind = type(obj)
            counts[kind] = counts.get(kind, 0) + 1
        for kind in counts:
            if is_heap(kind) and type not in get_type_mro(kind) and self.wanted(kind, counts[kind]):
                heap[kind] = [max(1, counts[kind] // MAX_SAMPLE), 0]
        for obj in objects:
            kind = type(obj)
            state = heap.get(kind)
            if state is not None:
                if state[1] % state[0] == 0 and len(self.samples.setdefault(kind, [])) < MAX_SAMPLE:
                    self.samples[kind].append(obj)
                state[1] += 1
            elif kind is Method:
                if len(self.methods) < 100000:
                    self.methods.append(obj)
            elif kind is wrapper_type:
                self.wrappers.append(obj)
            elif kind is type or is_class(obj):
                if is_heap(obj):
                    self.class_list.append(obj)

    def wanted(self, cls, n):
        return self.origins.of_class(cls) != "stdlib" or n >= STDLIB_MIN_LIVE

    def name(self, cls):
        file, line = class_line(cls)
        return {
            "id": self.class_id(cls),
            "name": get_type_name(cls),
            "qualname": get_type_qualname(cls),
            "module": module_of(cls),
            "origin": self.origins.of_class(cls),
            "file": file,
            "line": line,
        }

    # ---- a class ----

    def classes(self):
        chosen = {cls: self.counts.get(cls, 0) for cls in self.samples}
        for cls in self.class_list:
            if self.origins.of_class(cls) == "user":
                chosen.setdefault(cls, 0)
        ordered = sorted(chosen.items(), key=lambda x: (-x[1], module_of(x[0]), get_type_qualname(x[0])))
        if len(ordered) > MAX_CLASSES:
            self.cut.append("classes")
        out = []
        for cls, live in ordered[:MAX_CLASSES]:
            if self.late():
                break
            out.append(self.one_class(cls, live, self.samples.get(cls, [])))
        return out

    def one_class(self, cls, live, sample):
        entry = self.name(cls)
        own = get_type_dict(cls)
        mro = get_type_mro(cls)
        entry.update({"live": live, "sampled": len(sample)})
        self.add_layout(entry, sample)
        self.add_attributes(entry, cls, mro, sample)
        entry["slots"] = slot_names(own)
        entry["bases"] = [self.base(b, cls) for b in mro[1:] if b is not object]
        entry["solid_base"] = next((get_type_name(b) for b in mro if not is_heap(b)), "object")
        if type(cls) is not type:
            entry["metaclass"] = get_type_name(type(cls))
        entry["subclasses"] = [
            {"name": get_type_name(s), "module": module_of(s), "n_bases": len(type.__dict__["__bases__"].__get__(s))}
            for s in type.__subclasses__(cls)[:20]
        ]
        entry["dict"] = get_type_dictoffset(cls) != 0
        entry["basic_bytes"], entry["item_bytes"] = get_type_basic(cls), get_type_item(cls)
        entry["defines"] = defined_names(mro)
        entry["cached_properties"] = [
            n for c in mro for n, v in list(get_type_dict(c).items()) if get_type_name(type(v)) == "cached_property"
        ]
        entry["dataclass"] = dataclass_facts(own)
        attributes = {a["name"] for a in entry["attributes"]}
        entry["shadowed"] = [
            {"name": n, "class": get_type_qualname(cls), "type": get_type_name(type(v))}
            for n, v in list(own.items())
            if n in attributes and not any("__get__" in get_type_dict(c) for c in get_type_mro(type(v)))
        ]
        self.add_owned(entry, sample)
        self.add_paths(entry, sample)
        return entry

    def base(self, base, cls):
        above = get_type_mro(base)[1:]
        return {
            "name": get_type_qualname(base),
            "module": module_of(base),
            "origin": self.origins.of_class(base),
            "heap": is_heap(base),
            "slots": slot_names(get_type_dict(base)),
            "dict": get_type_dictoffset(base) != 0 and not any(get_type_dictoffset(b) for b in above),
            "weakref": get_type_weakoffset(base) != 0 and not any(get_type_weakoffset(b) for b in above),
            "basic_bytes": get_type_basic(base),
        }

    def add_layout(self, entry, sample):
        sums, n, seen = [0, 0, 0, 0], 0, 0
        for obj in sample:
            parts = self.layout(obj)
            if parts is not None:
                n += 1
                for i in range(4):
                    sums[i] += parts[i]
            if sys.version_info >= (3, 11):
                seen += any(type(r) is dict for r in gc.get_referents(obj))
        if n:
            entry["layout"] = {
                "n": n, "object_bytes": sums[0], "dict_bytes": sums[1], "values_bytes": sums[2], "keys_bytes": sums[3],
            }
        if sys.version_info >= (3, 11) and entry["sampled"]:
            entry["dict_seen"] = seen

    def add_attributes(self, entry, cls, mro, sample):
        found, sets = {}, set()
        weak = sys.modules.get("_weakref")
        count_weak = weak.getweakrefcount if weak else None
        n_weak = 0
        for obj in sample:
            if count_weak:
                n_weak += count_weak(obj) > 0
            attributes = instance_dict(obj)
            if attributes is None:
                continue
            names = tuple([n for n in attributes if type(n) is str])
            sets.add(frozenset(names))
            for name in names:
                facts = found.get(name)
                if facts is None:
                    if len(found) >= MAX_ATTRIBUTES:
                        continue
                    facts = found[name] = {"present": 0, "types": {}, "values": set()}
                facts["present"] += 1
                value = attributes[name]
                kind = type(value)
                facts["types"][kind] = facts["types"].get(kind, 0) + 1
                if facts["values"] is not None:
                    if kind is str or kind is int:
                        facts["values"].add(value)
                    else:
                        facts["values"] = None
        entry["weakrefs"] = n_weak
        entry["n_attribute_sets"] = len(sets)
        assigned = {}
        for c in reversed(mro):
            if is_heap(c):
                for method, function in functions_of(c):
                    for name in assigned_names(function):
                        by = assigned.setdefault(name, [])
                        if method not in by:
                            by.append(method)
        out = [self.attribute(name, facts, assigned.get(name, [])) for name, facts in found.items()]
        if get_type_dictoffset(cls):
            slots = {s for c in mro for s in slot_names(get_type_dict(c)) or ()}
            managed = {n for c in mro for n in list(get_type_dict(c)) if hasattr(type(get_type_dict(c)[n]), "__set__")}
            for name, by in assigned.items():
                if name not in found and name not in slots and name not in managed and len(out) < MAX_ATTRIBUTES:
                    out.append({"name": name, "present": 0, "types": {}, "assigned_by": by})
        entry["attributes"] = out
        entry["attributes_from"] = "instances" if sample else "code"

    @staticmethod
    def attribute(name, facts, by):
        types = sorted(facts["types"].items(), key=lambda x: (-x[1], get_type_name(x[0])))[:4]
        entry = {
            "name": name,
            "present": facts["present"],
            "types": {get_type_name(t): n for t, n in types},
            "assigned_by": by[:8],
        }
        if facts["values"] is not None:
            entry["distinct"] = len(facts["values"])
        return entry

    # ---- what instances own, and who holds them ----

    def add_owned(self, entry, sample):
        step = max(1, len(sample) // MAX_OWNED_SAMPLE)
        n, total, n_cyclic, types = 0, 0, 0, {}
        for i in range(0, len(sample), step):
            if n >= MAX_OWNED_SAMPLE or self.late():
                break
            owned, _, in_cycle = closure(sample[i], -1, self.ours)
            own_dict = instance_dict(sample[i])
            n += 1
            n_cyclic += in_cycle
            for obj in owned[1:]:
                if obj is own_dict:
                    continue
                size = shallow_bytes(obj)
                total += size
                kind = get_type_name(type(obj))
                types[kind] = types.get(kind, 0) + size
            owned = own_dict = obj = None
        if n:
            largest = sorted(types.items(), key=lambda x: (-x[1], x[0]))[:8]
            entry["owned"] = {"n": n, "bytes": total, "types": dict(largest)}
            entry["cycle"] = n_cyclic

    def add_paths(self, entry, sample):
        if entry["origin"] == "stdlib":
            return
        step = max(1, len(sample) // MAX_PATH_SAMPLE)
        found, n = {}, 0
        for i in range(0, len(sample), step):
            if n >= MAX_PATH_SAMPLE:
                break
            n += 1
            path = self.path_to(sample[i])
            shape = tuple((node["kind"], node["name"]) for node in path)
            if shape not in found:
                found[shape] = [0, path]
            found[shape][0] += 1
        ordered = sorted(found.values(), key=lambda x: -x[0])[:3]
        entry["paths"] = [{"n": count, "of": n, "path": path} for count, path in ordered]

    def search(self):
        """Breadth first from the roots: what was reached, and for each id from which of them."""
        visited, parent = [], {}
        mine = (self, self.__dict__, globals(), self.samples, self.methods, self.counts, self.class_list, self.wrappers)
        parent.update((id(o), -1) for o in mine)
        for module in list(sys.modules.values()):
            if type(module) is Module and module.__dict__ is not globals() and id(module) not in parent:
                parent[id(module)] = -1
                visited.append(module)
        for frame in sys._current_frames().values():
            while frame is not None:
                if frame.f_globals is not globals() and id(frame) not in parent:
                    parent[id(frame)] = -1
                    visited.append(frame)
                frame = frame.f_back
        i = 0
        while i < len(visited):
            if len(visited) > MAX_VISITED or (i % 4096 == 0 and self.late()):
                self.cut.append("paths")
                break
            if type(visited[i]) is not Code:
                for target in gc.get_referents(visited[i]):
                    if id(target) not in parent:
                        parent[id(target)] = i
                        if gc.is_tracked(target) or type(target) is tuple or type(target) is dict:
                            visited.append(target)
            i += 1
        self.visited, self.parent = visited, parent

    def count_ours(self):
        """References that the lists of the census itself hold."""
        ours = self.ours = {}
        for held in [self.visited, self.methods, self.class_list, self.wrappers] + list(self.samples.values()):
            for obj in held:
                ours[id(obj)] = ours.get(id(obj), 0) + 1

    def parent_of(self, obj):
        at = self.parent.get(id(obj), -1)
        return self.visited[at] if at >= 0 else None

    def chain_to(self, obj):
        chain = [obj]
        while len(chain) < 64:
            above = self.parent_of(chain[-1])
            if above is None:
                break
            chain.append(above)
        chain.reverse()
        return chain

    def path_to(self, obj):
        if id(obj) not in self.parent:
            return [{"kind": "unknown", "type": "", "name": "", "module": "", "edge": ""},
                    self.node(obj, None)]
        chain = self.chain_to(obj)
        # Roots that lie further in say more than the module they hang on.
        first = 0
        for i, link in enumerate(chain[:-1]):
            if node_kind(link) in ("module", "class", "lru_cache", "frame"):
                first = i
        chain = chain[first:]
        nodes, i = [], 0
        while i < len(chain):
            here = chain[i]
            following = chain[i + 1] if i + 1 < len(chain) else None
            # The dict of a module, class or instance is not a step of its own.
            if type(following) is dict and i + 2 < len(chain) and is_dict_of(here, following):
                node = self.node(here, None)
                node["edge"] = edge_of(following, chain[i + 2]).replace("['", ".").replace("']", "")
                i += 2
            else:
                node = self.node(here, following)
                i += 1
            nodes.append(node)
        if len(nodes) > MAX_PATH_NODES:
            nodes = nodes[:MAX_PATH_NODES - 1] + nodes[-1:]
        return nodes

    def node(self, obj, following):
        kind = node_kind(obj)
        node = {"kind": kind, "type": get_type_name(type(obj)), "name": node_name(kind, obj), "module": "", "edge": ""}
        if kind == "instance":
            node["module"] = module_of(type(obj))
        length = container_length(obj) if kind in ("container", "lru_cache") else None
        if length is not None:
            node["length"] = length
        if following is not None:
            node["edge"] = edge_of(obj, following)
        return node

    # ---- class-level containers ----

    def containers(self):
        out = []
        for cls in self.class_list:
            if self.origins.of_class(cls) == "stdlib" or self.late():
                continue
            for name, value in list(get_type_dict(cls).items()):
                if type(name) is str and name[:2] != "__":
                    self.container(cls, name, name, value, 0, out)
        out.sort(key=lambda e: (-e["held_bytes"], e["class"]["module"], e["class"]["qualname"], e["expression"]))
        return out[:MAX_ENTRIES]

    def container(self, cls, attribute, expression, value, depth, out):
        length = container_length(value) if node_kind(value) == "container" else None
        if length is None:
            return
        if length >= 8:
            out.append(self.container_entry(cls, attribute, expression, value, length))
        if type(value) is dict and depth < 2 and length <= 64:
            for key, inner in list(value.items()):
                if type(key) is str:
                    self.container(cls, attribute, "%s[%r]" % (expression, key), inner, depth + 1, out)

    def container_entry(self, cls, attribute, expression, value, length):
        types = {}
        for element in elements(value, 1000):
            kind = get_type_name(type(element))
            types[kind] = types.get(kind, 0) + 1
        common = sorted(types.items(), key=lambda x: (-x[1], x[0]))[:4]
        return {
            "class": self.name(cls),
            "attribute": attribute,
            "expression": expression,
            "type": get_type_name(type(value)),
            "length": length,
            "bytes": shallow_bytes(value),
            "held_bytes": held_bytes(value, length),
            "element_types": dict(common),
            "shadowed_by": sum(1 for o in self.samples.get(cls, ()) if attribute in (instance_dict(o) or ())),
        }

    # ---- caches ----

    def caches(self):
        owners = {}
        for cls in self.class_list:
            for value in list(get_type_dict(cls).values()):
                kind = "method"
                if type(value) in (staticmethod, classmethod):
                    kind = "staticmethod" if type(value) is staticmethod else "classmethod"
                    value = value.__func__
                owners.setdefault(id(value), (kind, cls))
        out = []
        for wrapper in self.wrappers:
            if self.late():
                break
            out.append(self.cache(wrapper, *owners.get(id(wrapper), ("function", None))))
        out.sort(key=lambda e: (-e["currsize"], e["module"], e["function"]))
        return out[:MAX_ENTRIES]

    def cache(self, wrapper, kind, cls):
        wrapped = wrapper.__dict__.get("__wrapped__")
        if type(wrapped) is Method:
            kind, wrapped = "instance", wrapped.__func__
        info = wrapper.cache_info()
        code = wrapped.__code__ if type(wrapped) is Function else None
        entry = {
            "function": wrapped.__qualname__ if code else "",
            "module": text_in(wrapped.__dict__, "__module__") or (wrapped.__module__ or "") if code else "",
            "file": code.co_filename if code else "",
            "line": code.co_firstlineno if code else 0,
            "kind": kind,
            "maxsize": info.maxsize,
            "currsize": info.currsize,
            "hits": info.hits,
            "misses": info.misses,
            "instances": self.cached_instances(wrapper, cls) if kind == "method" else [],
        }
        if cls is not None:
            entry["class"] = self.name(cls)
        return entry

    def cached_instances(self, wrapper, cls):
        """Instances of the class in the keys, with how many keys each is in."""
        held = {}
        for cache in gc.get_referents(wrapper):
            if type(cache) is not dict or cache is wrapper.__dict__:
                continue
            for key in list(cache):
                first = key[0] if type(key) is tuple and key else key
                if cls in get_type_mro(type(first)):
                    held.setdefault(id(first), [0, first])[0] += 1
            key = first = None
        cache = None
        by_class = {}
        for item in held.values():
            by_class.setdefault(type(item[1]), []).append(item)
        held = item = None
        out = []
        for kind, items in by_class.items():
            n, n_only, total, measured = len(items), 0, 0, 0
            for item in items[:2000]:
                # Besides the item here: the cache's keys.
                owned, outside, _ = closure(item[1], item[0], self.ours)
                measured += 1
                if outside <= 0:
                    n_only += 1
                    total += sum([shallow_bytes(o) for o in owned])
                owned = None
                if measured % 64 == 0 and self.late():
                    break
            entry = self.name(kind)
            entry.update({"n": n, "n_only": n_only * n // max(1, measured),
                          "owned_bytes": total * n // max(1, measured)})
            out.append(entry)
        return out

    # ---- bound methods ----

    def bound(self):
        groups = {}
        n_methods = {}
        for method in self.methods:
            n_methods[id(method.__self__)] = n_methods.get(id(method.__self__), 0) + 1
        for method in self.methods:
            owner = method.__self__
            if not is_instance_of_heap_class(owner) or id(method) not in self.parent:
                continue
            holder = self.holder_of(method)
            if holder is None or type(method.__func__) is not Function:
                continue
            key = (id(method.__func__), type(owner), id(holder))
            groups.setdefault(key, [holder, []])[1].append(method)
        owner = method = holder = None
        out = []
        for (_, cls, _), (holder, methods) in groups.items():
            if self.late() or len(out) >= 4 * MAX_ENTRIES:
                break
            entry = self.bound_entry(cls, holder, methods, n_methods)
            if entry["n_only"]:
                out.append(entry)
        out.sort(key=lambda e: (-e["owned_bytes"], e["function"]))
        return out[:MAX_ENTRIES]

    def holder_of(self, method):
        """The outermost of the containers around a method; None: an attribute or a variable holds it."""
        holder, obj = None, self.parent_of(method)
        while obj is not None and (node_kind(obj) == "container" or get_type_name(type(obj)) == "partial"):
            above = self.parent_of(obj)
            if type(obj) is dict and above is not None and is_dict_of(above, obj):
                name = get_type_qualname(type(above))
                return above if name in ("Queue", "SimpleQueue", "LifoQueue") else holder
            holder, obj = obj, above
        return holder

    def bound_entry(self, cls, holder, methods, n_methods):
        owners = {}
        for method in methods:
            owners.setdefault(id(method.__self__), method.__self__)
        method = methods[0]
        n_only, total = 0, 0
        for key in list(owners)[:1000]:
            # Besides our table: the methods.
            owned, outside, _ = closure(owners[key], n_methods[key], self.ours)
            if outside <= 0:
                n_only += 1
                total += sum([shallow_bytes(o) for o in owned])
            owned = None
        code = method.__func__.__code__
        return {
            "function": method.__func__.__qualname__,
            "class": self.name(cls),
            "n": len(methods),
            "n_instances": len(owners),
            "n_only": n_only,
            "owned_bytes": total,
            "container": {"type": type_path(holder), "length": container_length(holder) or 0},
            "path": self.path_to(holder),
            "file": code.co_filename,
            "line": code.co_firstlineno,
        }


# ---- helpers of the above ----

def instance_dict(obj):
    """The attributes of an instance, whatever its class defines; None: it has no dictionary."""
    if not get_type_dictoffset(type(obj)):
        return None
    try:
        found = object.__getattribute__(obj, "__dict__")
    except Exception:
        return None
    return found if type(found) is dict else None


def slot_names(own):
    if "__slots__" not in own:
        return None
    value = own["__slots__"]
    if type(value) is str:
        return [value]
    if type(value) in (tuple, list, dict):
        return [n for n in value if type(n) is str]
    return []


DEFINED = ("__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__getstate__", "__setstate__",
           "__reduce__", "__reduce_ex__", "__getnewargs__", "__copy__", "__del__", "__enter__", "close", "reset")


def defined_names(mro):
    return [n for n in DEFINED if any(is_heap(c) and n in get_type_dict(c) for c in mro)]


def dataclass_facts(own):
    fields, module = own.get("__dataclass_fields__"), sys.modules.get("dataclasses")
    if type(fields) is not dict or module is None:
        return None
    missing = module.__dict__.get("MISSING")
    parameters = own.get("__dataclass_params__")
    return {
        "defaults": [n for n, f in fields.items() if getattr(f, "default", missing) is not missing],
        "frozen": bool(getattr(parameters, "frozen", False)),
        "slots": "__slots__" in own,
    }


CONTAINERS = ("list", "dict", "set", "frozenset", "tuple", "deque", "bytearray", "OrderedDict", "defaultdict")


def container_length(obj):
    kind = type(obj)
    name = get_type_name(kind)
    if not is_heap(kind) and name in CONTAINERS:
        return len(obj)
    if name in ("deque", "OrderedDict", "defaultdict") and module_of(kind) == "collections":
        return len(obj)
    if name == "_lru_cache_wrapper":
        return obj.cache_info().currsize
    return None


def elements(value, limit):
    """Some elements of a container (of a dictionary its values), without running anyone's code."""
    out = []
    name = get_type_name(type(value))
    if name == "bytearray":
        return out
    source = value.values() if isinstance(value, dict) else value
    for element in source:
        if len(out) >= limit:
            break
        out.append(element)
    return out


def held_bytes(value, length):
    seen, queue = {id(value)}, elements(value, MAX_ELEMENTS)
    n_first = len(queue)
    total, i = 0, 0
    while i < len(queue) and i < 4 * MAX_ELEMENTS:
        obj = queue[i]
        i += 1
        if id(obj) in seen or type(obj) in STOP_TYPES or is_class(obj) or sys.getrefcount(obj) > 1000:
            continue
        seen.add(id(obj))
        total += shallow_bytes(obj)
        if gc.is_tracked(obj) or type(obj) in (tuple, dict):
            queue.extend(gc.get_referents(obj))
    if n_first and length > n_first:
        total = total * length // n_first
    return shallow_bytes(value) + total


def type_path(obj):
    kind = type(obj)
    module = module_of(kind)
    name = get_type_name(kind)
    if name == "deque":
        module = "collections"
    return "%s.%s" % (module, name) if module and module != "builtins" else name


def node_kind(obj):
    kind = type(obj)
    if kind is Module:
        return "module"
    if kind is Function:
        return "function"
    if kind is Method:
        return "method"
    if kind is Frame:
        return "frame"
    if is_class(obj):
        return "class"
    if get_type_name(kind) == "_lru_cache_wrapper":
        return "lru_cache"
    if container_length(obj) is not None:
        return "container"
    return "instance" if is_heap(kind) else "object"


def node_name(kind, obj):
    if kind == "module":
        return text_in(obj.__dict__, "__name__")
    if kind == "class":
        return get_type_qualname(obj)
    if kind == "instance":
        return get_type_qualname(type(obj))
    if kind == "frame":
        return obj.f_code.co_name
    if kind == "function":
        return obj.__qualname__
    if kind == "method":
        return getattr(obj.__func__, "__qualname__", "")
    if kind == "lru_cache":
        wrapped = obj.__dict__.get("__wrapped__")
        wrapped = wrapped.__func__ if type(wrapped) is Method else wrapped
        return wrapped.__qualname__ if type(wrapped) is Function else ""
    return ""


def is_dict_of(obj, mapping):
    if type(obj) is Module:
        return obj.__dict__ is mapping
    if is_class(obj):
        return True
    return is_heap(type(obj)) and instance_dict(obj) is mapping


def edge_of(obj, target):
    kind = type(obj)
    if isinstance(obj, dict):
        for i, (key, value) in enumerate(dict.items(obj)):
            if value is target:
                return "['%s']" % key[:40] if type(key) is str else "[%d]" % key if type(key) is int else "[...]"
            if key is target:
                return "key"
            if i > MAX_ELEMENTS:
                break
        return ""
    if kind in (list, tuple):
        for i, value in enumerate(obj[:MAX_ELEMENTS]):
            if value is target:
                return "[%d]" % i
    if kind is Module or is_class(obj):
        return edge_of(dict(get_type_dict(obj)) if is_class(obj) else obj.__dict__, target).replace("['", ".").replace("']", "")
    if kind is Frame:
        return "local"
    if is_heap(kind):
        attributes = instance_dict(obj)
        if attributes is not None:
            return edge_of(attributes, target).replace("['", ".").replace("']", "")
    return ""


def take(class_id, layout):
    enabled = gc.isenabled()
    gc.disable()
    try:
        census = Census(class_id, layout)
        census.collect()
        census.search()
        census.count_ours()
        text = {
            "schema": "pooltrace-census-1",
            "python": "%d.%d.%d" % sys.version_info[:3],
            "n_objects": census.n_objects,
            "pickle_loaded": "pickle" in sys.modules or "_pickle" in sys.modules,
            "gc_stats": [{k: int(s[k]) for k in ("collections", "collected", "uncollectable")} for s in gc.get_stats()],
            "gc_threshold": list(gc.get_threshold()),
            "bound": census.bound(),
            "caches": census.caches(),
            "containers": census.containers(),
            "classes": census.classes(),
            "cut": census.cut,
        }
        return encoded(text)
    finally:
        if enabled:
            gc.enable()
