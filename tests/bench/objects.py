# Hundreds of thousands of small instances, strings and tuples.
class Point:
    def __init__(self, i):
        self.x = i
        self.label = str(i)
        self.pair = (i, i + 1)


for _ in range(8):
    points = [Point(i) for i in range(100000)]
print(len(points))
