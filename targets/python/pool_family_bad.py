"""A service class for each tenant, made from one base whose constructor is slow: few of each are built, many in all.

args: 30 2
expect: finding kind=pool title~^TenantService evidence.built=180
expect: only
"""

import sys
import time

n_each, wait_ms = (int(a) for a in sys.argv[1:3])


class TenantService:
    def __init__(self):
        self.limits = {"limit%d" % i: i for i in range(30)}
        time.sleep(wait_ms / 1000)
        self.last = None

    def handle(self, number):
        self.last = number
        return self.limits["limit%d" % (number % 30)]


kinds = [type(name + "Service", (TenantService,), {}) for name in ("Acme", "Bolt", "Cove", "Dune", "Elm", "Fir")]
print(sum(kinds[i % 6]().handle(i) for i in range(6 * n_each)))
