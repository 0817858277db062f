# A service object for each message, with closures, cycles and some state; as many of them as make the start of the
# interpreter, which is measured by itself, 2 % of the run.
class Service:
    def __init__(self, name):
        self.name = name
        self.table = {str(i): [i] for i in range(40)}
        self.handlers = [lambda s=self: s.name, lambda s=self: s.table]
        self.owner = {"self": self}

    def process(self, message):
        return sum(len(value) for value in self.table.values()) + len(message)


total = 0
for i in range(96000):
    total += Service("organisation %d" % (i % 10)).process("message %d" % i)
print(total)
