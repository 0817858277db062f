"""Tasks that are pickled with their dictionary as state: slots change what pickle sees.

args: 60000
expect: finding kind=slots class=Task evidence.pitfall_pickle~. advice~pickle
expect: only
"""

import pickle
import sys


class Task:
    def __init__(self, number):
        self.number = number % 100
        self.name = "task"
        self.priority = 1
        self.payload = None


tasks = [Task(i) for i in range(int(sys.argv[1]))]
copies = pickle.loads(pickle.dumps(tasks[:100], protocol=2))
print(sum(t.number for t in tasks), sum(c.number for c in copies))
