# What the interpreter holds at its end, as one JSON text (docs/census.md): the first look.
#
# Runs inside the traced program, after its last atexit function or at a peak of its memory, with nothing that
# it allocates recorded.  It must leave no mark: it prints nothing, imports only modules that are built in, calls
# no code of the program (no attribute, comparison, repr or len that a class could define itself), and
# stops when its time is up.
#
# All parts share one namespace.  To compile them all takes some milliseconds, more than most scripts need to
# start, so each is compiled when something needs it: need(name).
#
# The recorder provides: now() in seconds of CPU and tenths of real ones, allowed() of them, emit(text), need(part),
# type_table() -> [(type, class id, instances built, alive, [some of them])], cache_table() -> [wrappers of
# functools.lru_cache], layout(object) -> (object, dict, values, keys bytes, dict seen), dict_of(object) -> its
# attributes or None, and BOUND, the type of bound methods.

import sys
import gc
import posix
import _weakref

BUDGET_SECONDS = max(0.05, allowed())
MAX_ATTRIBUTES, MAX_LISTED, MAX_TEXT = 512, 200, 1 << 20

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


# Of a static type that was never made ready (unicodedata.UCD in 3.8) both are None.
def namespace(cls):
    return TYPE['__dict__'].__get__(cls) or {}


def text(value):
    return value if type(value) is str else ''


def module_of(cls):
    if not tget(cls, '__flags__') & HEAP:
        return text(tget(cls, '__module__'))
    return text(namespace(cls).get('__module__'))


def mro(cls):
    return tget(cls, '__mro__') or (cls,)


def is_heap(cls):
    return bool(tget(cls, '__flags__') & HEAP)


def type_name(cls):
    module = module_of(cls)
    name = text(tget(cls, '__qualname__'))
    return name if module in ('builtins', '') else module + '.' + name


# No interpreter starts without its encodings.
_encodings = sys.modules.get('encodings')
_file = text(MODULE.__dict__['__dict__'].__get__(_encodings).get('__file__')) if type(_encodings) is MODULE else ''
stdlib_folder = _file.rpartition('/')[0].rpartition('/')[0] + '/' if '/' in _file else '\0'
STDLIB_NAMES = set(getattr(sys, 'stdlib_module_names', ())) | set(sys.builtin_module_names) | {'ast', 'functools'}
origins = {}
installed = {}  # by folder
applications = set()  # installed packages that are the program itself


def started_from():
    """Top package of the module that `python -m` runs, or that a console script takes its main() from."""
    names = MODULE.__dict__['__dict__'].__get__(sys.modules['__main__'])
    spec = names.get('__spec__')
    if spec is not None:
        yield text((dict_of(spec) or {}).get('name'))
    elif text(names.get('__file__')).rpartition('/')[0].endswith('/bin'):
        for value in list(names.values()):
            if type(value) is FUNCTION:
                yield text(value.__module__)


def named_by_arguments():
    """Modules that the command line names, as for servers: package.module:object."""
    for word in list(sys.argv)[1:20] if type(sys.argv) is list else ():
        if type(word) is str and word.partition(':')[0] in sys.modules:
            yield word.partition(':')[0]


def find_applications():
    """An installed program is the user's when no module from elsewhere runs in it."""
    if any(name != '__main__' and origin_of(name) == 'user' for name in list(sys.modules) if type(name) is str):
        return
    for found in named_by_arguments, started_from:
        applications.update(name.partition('.')[0] for name in found() if origin_of(name) == 'site')
        if applications:
            break
    origins.clear()


def is_installed(module, path):
    """By pip into a folder of another name (--target, PYTHONPATH): distributions are noted there.  The program's
    own folder may have some beside it."""
    file = path.rpartition('/')
    for _ in range(module.count('.') + (file[2] == '__init__.py')):
        file = file[0].rpartition('/')
    main = text(MODULE.__dict__['__dict__'].__get__(sys.modules['__main__']).get('__file__'))
    folder = file[0]
    if not folder.startswith('/') or folder == main.rpartition('/')[0]:
        return False
    if folder not in installed:
        try:
            installed[folder] = any(name.endswith('.dist-info') for name in posix.listdir(folder))
        except OSError:
            installed[folder] = False
    return installed[folder]


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
    elif 'site-packages/' in path or 'dist-packages/' in path or (
            not path.startswith(stdlib_folder) and is_installed(module, path)):
        known = 'user' if module.partition('.')[0] in applications else 'site'
    elif path.startswith(stdlib_folder) or not path and (
            loaded is not None or module.partition('.')[0] in STDLIB_NAMES):
        known = 'stdlib'
    else:
        known = 'user'
    origins[module] = known
    return known


# Functions that make classes at run time name this module instead of their caller's: types.new_class() and
# make_dataclass() before 3.12, exec() without a __name__.
LENDERS = {'types', 'builtins', 'dataclasses', 'typing', 'abc', 'collections', 'enum'}


def is_stdlib_file(file):
    return file.startswith(stdlib_folder) or file.startswith('<frozen ')


def origin_of_class(cls):
    module = module_of(cls)
    origin = origin_of(module)
    if module not in LENDERS or not is_heap(cls):
        return origin
    owner = sys.modules.get(module)
    names = MODULE.__dict__['__dict__'].__get__(owner) if type(owner) is MODULE else {}
    first, _, rest = text(tget(cls, '__qualname__')).partition('.')
    if names.get(first) is cls or rest and first in names:
        return origin
    functions = (function_in(value) for value in list(namespace(cls).values()))
    files = [f.__code__.co_filename for f in functions if f is not None]
    return origin if files and all(map(is_stdlib_file, files)) else 'user'


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


# ---- the classes ----

find_applications()
groups = []          # a record for each class that is listed: the class and the sample of its instances


def choose_classes():
    for cls, class_id, built, live, found in type_table():
        if not live and built < 64:
            continue
        origin = origin_of_class(cls)
        if origin == 'stdlib' and live < 1000 or origin == 'site' and live < 2 and built < 64:
            continue
        if type in mro(cls):
            continue
        groups.append(RECORD(cls=cls, id=class_id, built=built, live=live, sample=found, report=None))
    groups.sort(key=lambda g: (-g.live, -g.built, module_of(g.cls), text(tget(g.cls, '__qualname__'))))


# ---- the whole ----

gc_stats, gc_threshold = gc.get_stats(), list(gc.get_threshold())
choose_classes()
report = {
    'schema': 'pooltrace-census-1',
    'python': '%d.%d.%d' % sys.version_info[:3],
    'pickle_loaded': 'pickle' in sys.modules or '_pickle' in sys.modules,
    'gc_stats': [{k: s.get(k, 0) for k in ('collections', 'collected', 'uncollectable')} for s in gc_stats],
    'gc_threshold': gc_threshold,
    'classes': [], 'caches': [],
}
if groups:
    need('classes')
    describe_all()
wrappers = cache_table()
if wrappers:
    need('caches')
    report['caches'] = cache_reports()
report['classes'] = [group.report for group in groups if group.report]
need('json')
emit_report()
