import collections, queue

pools = collections.defaultdict(lambda: queue.LifoQueue(maxsize=N_NEEDED))

def lend(key):
    try:
        return pools[key].get_nowait()
    except queue.Empty:
        return CLASS(key)

def give_back(key, obj):
    obj.reset()
    try:
        pools[key].put_nowait(obj)
    except queue.Full:
        obj.close()
