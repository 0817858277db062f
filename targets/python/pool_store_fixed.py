"""The store of pool_store_bad.py, opened once and cleared after each request.

args: 120
expect: none
"""

import sys

from shared.store import ItemStore

store = ItemStore(":memory:")
total = 0
for i in range(int(sys.argv[1])):
    total += int(store.put(i))
    store.clear()
print(total)
