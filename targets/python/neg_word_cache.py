"""A class-level table of words that short-lived lexers fill: soon it has all words there are, and stays so.

args: 1500
expect: none
"""

import re
import sys


class Lexer:
    known = {}
    pattern = re.compile(r"\w+|[-+*/=]")

    def __init__(self, text):
        self.text = text

    def lookup(self, word):
        entry = self.known.get(word)
        if entry is None:
            entry = self.known[word] = (word, word.upper(), [len(word)] * 20)
        return entry

    def tokens(self):
        for match in self.pattern.finditer(self.text):
            yield self.lookup(match.group())


words = ["w%d" % i for i in range(600)]
total = 0
for i in range(int(sys.argv[1])):
    text = " ".join(words[(i * 7 + k * 13) % 600] + " = %d" % (k % 10) for k in range(20))
    total += sum(len(token[0]) for token in Lexer(text).tokens())
print(total, len(Lexer.known))
