#!/usr/bin/env python3
"""What a fleet's rows cost to store and to scan, from measured ones.

    size.py ROWS SQL-DIRECTORY ROWS.parquet...

Makes ROWS rows out of the given ones on pretended hosts and moments, writes them as one sorted Parquet file (zstd), and times each
query over it in DuckDB.  Needs the package duckdb.
"""
import glob
import os
import sys
import tempfile
import time

import duckdb


def main(wanted, directory, files):
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE measured AS SELECT * FROM read_parquet({files!r})")
    n = connection.execute("SELECT count(*) FROM measured").fetchall()[0][0]
    written = sum(os.path.getsize(f) for f in files)
    print(f"measured: {n} rows in {len(files)} files of pooltrace, {written / n:.0f} bytes a row (gzip)")

    copies = -(-wanted // n)
    with tempfile.TemporaryDirectory() as temporary:
        path = os.path.join(temporary, "fleet.parquet")
        connection.execute(f"""
            COPY (SELECT m.* REPLACE (
                      concat('host-', CAST(c.i % 10000 AS VARCHAR)) AS host,
                      pid + c.i AS pid,
                      window_start_unix_ns + c.i * 60000000000 AS window_start_unix_ns,
                      window_end_unix_ns + c.i * 60000000000 AS window_end_unix_ns,
                      allocs + c.i % 97 AS allocs,
                      allocated_bytes + 64 * (c.i % 97) AS allocated_bytes)
                  FROM measured AS m, range({copies}) AS c(i)
                  ORDER BY place, host)
            TO '{path}' (FORMAT parquet, COMPRESSION zstd)""")
        rows = n * copies
        print(f"simulated: {rows} rows on {min(copies, 10000)} hosts, {os.path.getsize(path) / rows:.1f} bytes a row (sorted, zstd)")
        connection.execute(f"CREATE VIEW pooltrace_rows AS SELECT * FROM read_parquet('{path}')")
        for name in sorted(glob.glob(os.path.join(directory, "*.sql"))):
            start = time.process_time()
            connection.execute(open(name).read()).fetchall()
            print(f"{os.path.basename(name)}: {time.process_time() - start:.1f} s of CPU")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
