"""Three hundred message classes made from a table when the program starts, each with its own name: no class twice.

args: 300
expect: none
"""

import sys


def message_class(name, number):
    def encode(self):
        return "%s:%d" % (type(self).__name__, self.number)

    return type(name, (), {"number": number, "encode": encode, "__slots__": ()})


classes = [message_class("Message%03d" % i, i) for i in range(int(sys.argv[1]))]
print(len({cls().encode() for cls in classes}))
