"""A wrapper of an API whose `data` is a mutable attribute of the class: it grows across instances.

args: 5000
expect: finding kind=class-level-growth class=APIWrapper evidence.attribute~data evidence.length=5000
expect: only
expect: class name=APIWrapper built=5000 peak_live<=2
"""

import sys


def decode(page):
    """What the server would answer."""
    return {"page": page, "name": "item %d" % page, "tags": ["new", "page %d" % page]}


class APIWrapper:
    data = {"page": 0, "items": []}

    def fetch_data(self, page):
        self.data["page"] = page
        self.data["items"].append(decode(page))
        return len(self.data["items"])


longest = 0
for page in range(int(sys.argv[1])):
    longest = max(longest, APIWrapper().fetch_data(page))
print("longest", longest)
