"""A settings object that every short-lived handler is given: handed around by thousands, owned by one.

args: 3000
expect: none
"""

import sys


class Settings:
    def __init__(self):
        self.values = {"option_%d" % i: [i, str(i * 7)] for i in range(2000)}

    def get(self, number):
        return self.values["option_%d" % (number % 2000)]


class Handler:
    def __init__(self, settings, number):
        self.settings = settings
        self.number = number

    def run(self):
        return self.settings.get(self.number)[0]


settings = Settings()
print(sum(Handler(settings, i).run() for i in range(int(sys.argv[1]))))
