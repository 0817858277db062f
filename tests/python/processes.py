"""Threads, fork with _exit, and a pool of forked workers: each builds instances of one class."""
import multiprocessing
import os
import sys
import threading


class Built:
    def __init__(self):
        self.x = [1]


def work(_=None):
    return len([Built() for i in range(300)])


if __name__ == "__main__":
    threads = [threading.Thread(target=work) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        work()
        os._exit(3)
    print(os.waitpid(child, 0)[1] >> 8)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(sum(pool.map(work, range(4))))
