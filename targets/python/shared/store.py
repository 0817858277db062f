"""A store whose constructor opens a database and makes and fills its tables: it waits for nothing, it only works."""

import sqlite3

FILL = """insert into t0 with recursive n(i) as (select 1 union all select i + 1 from n where i < 6000)
          select i, 'x', i from n"""


class ItemStore:
    def __init__(self, path):
        self.database = sqlite3.connect(path)
        for i in range(12):
            self.database.execute("create table t%d (id integer primary key, name text, value real)" % i)
        self.database.execute(FILL)
        self.columns = {"t%d" % i: ["id", "name", "value"] for i in range(12)}

    def put(self, value):
        self.database.execute("insert into t1 (name, value) values (?, ?)", ("x", value))
        return self.database.execute("select sum(value) from t1").fetchone()[0]

    def clear(self):
        self.database.execute("delete from t1")
