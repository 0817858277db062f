"""A store that opens its database and makes its tables for every request: it waits for nothing, it only works.

args: 120
expect: finding kind=pool class=ItemStore evidence.built=120 evidence.needed_at_once<=2
expect: only
expect: class name=ItemStore built=120 peak_live<=2
"""

import sys

from shared.store import ItemStore

total = 0
for i in range(int(sys.argv[1])):
    store = ItemStore(":memory:")
    total += int(store.put(i))
    store.clear()
print(total)
