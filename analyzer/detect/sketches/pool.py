import queue

pool = queue.LifoQueue(maxsize=N_NEEDED)

def lend():
    try:
        return pool.get_nowait()
    except queue.Empty:
        return CLASS()

def give_back(obj):
    obj.reset()
    try:
        pool.put_nowait(obj)
    except queue.Full:
        obj.close()
