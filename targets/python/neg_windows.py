"""Windows with their widgets, tied into cycles of parents and children, opened now and then.

Only the collector frees them, which is said; a pool of windows would have to give each new widgets anyway.
The arguments: windows, widgets of one, milliseconds between them.

args: 60 100 5
expect: finding kind=collected-only verdict=info class=Widget
expect: only
"""

import sys
import time

n_windows, n_widgets, idle_ms = (int(a) for a in sys.argv[1:4])


class Widget:
    def __init__(self, parent, label):
        self.parent = parent
        self.label = label
        self.children = []
        self.style = {"font": label, "size": len(label) + 1000, "margin": [1, 2, 3, 4]}
        self.handlers = {"click": self.on_click}
        parent.children.append(self)

    def on_click(self):
        return self.label


class Window:
    def __init__(self, title):
        self.parent = None
        self.title = title
        self.children = []
        for i in range(n_widgets):
            Widget(self, "%s, widget %d" % (title, i))

    def show(self):
        return sum(len(child.on_click()) for child in self.children)


total = 0
for i in range(n_windows):
    total += Window("window %03d" % i).show()
    time.sleep(idle_ms / 1000)
print(total)
