"""An archive opened for each message that carries one: dear to open, one at a time, and never the same twice.

The class is the program's own, its constructor the library's, which reads the archive's directory in it.

args: 80 40
expect: none
"""

import io
import sys
import zipfile


class Parcel(zipfile.ZipFile):
    def n_bytes(self):
        return sum(info.file_size for info in self.infolist())


def packed(number, n_entries):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for i in range(n_entries):
            archive.writestr("%03d/%03d.txt" % (number, i), b"x" * (i % 7))
    return raw.getvalue()


n_messages, n_entries = (int(a) for a in sys.argv[1:3])
messages = [packed(i, n_entries) for i in range(n_messages)]
print(sum(Parcel(io.BytesIO(message)).n_bytes() for message in messages))
