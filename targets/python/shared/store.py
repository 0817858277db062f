"""A store whose constructor opens a database and makes its tables: it waits for nothing, it only works."""

import sqlite3

SCHEMA = "".join("create table t%d (id integer primary key, name text, value real);"
                 "create index by_name_%d on t%d (name);" % (i, i, i) for i in range(24))


class ItemStore:
    def __init__(self, path):
        self.database = sqlite3.connect(path)
        self.database.executescript(SCHEMA)
        self.columns = {"t%d" % i: ["id", "name", "value"] for i in range(12)}

    def put(self, value):
        self.database.execute("insert into t1 (name, value) values (?, ?)", ("x", value))
        return self.database.execute("select sum(value) from t1").fetchone()[0]

    def clear(self):
        self.database.execute("delete from t1")
