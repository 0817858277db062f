"""The wrapper of api_wrapper_bad.py with its data local to the call.

args: 5000
expect: none
expect: class name=APIWrapper built=5000 peak_live<=2
"""

import sys


def decode(page):
    """What the server would answer."""
    return {"page": page, "name": "item %d" % page, "tags": ["new", "page %d" % page]}


class APIWrapper:
    def fetch_data(self, page):
        data = {"page": page, "items": []}
        data["items"].append(decode(page))
        return len(data["items"])


longest = 0
for page in range(int(sys.argv[1])):
    longest = max(longest, APIWrapper().fetch_data(page))
print("longest", longest)
