#!/usr/bin/env python3
"""Run SQL files over Parquet files of pooltrace in one of three engines.

    query.py duckdb|clickhouse|spark ROWS.parquet... -- QUERY.sql...

The files see one table, pooltrace_rows.  Prints each answer as tab-separated lines under the file's name.  Needs the packages
duckdb, chdb, or pyspark (and Java).
"""
import os
import sys


def run_duckdb(files, queries):
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW pooltrace_rows AS SELECT * FROM read_parquet({files!r})")
    for query in queries:
        cursor = connection.cursor()
        cursor.execute(query)
        yield [column[0] for column in cursor.description], cursor.fetchall()


def run_clickhouse(files, queries):
    import json

    from chdb import session

    with session.Session() as s:
        parts = " UNION ALL ".join(f"SELECT * FROM file('{os.path.abspath(f)}', Parquet)" for f in files)
        s.query(f"CREATE DATABASE fleet")
        s.query(f"CREATE VIEW fleet.pooltrace_rows AS {parts}")
        s.query("USE fleet")
        for query in queries:
            # As standard SQL has it: NULL over no rows, a column before an alias; and plain numbers in the JSON.
            options = " SETTINGS aggregate_functions_null_for_empty = 1, prefer_column_name_to_alias = 1, output_format_json_quote_64bit_integers = 0"
            answer = json.loads(str(s.query(query.rstrip().rstrip(";") + options, "JSONCompact")))
            real = ["Float" in column["type"] for column in answer["meta"]]
            rows = [tuple(float(x) if is_real and x is not None else x for x, is_real in zip(row, real)) for row in answer["data"]]
            yield [column["name"] for column in answer["meta"]], rows


def run_spark(files, queries):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "2").config("spark.ui.showConsoleProgress", "false")
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    spark.read.parquet(*files).createOrReplaceTempView("pooltrace_rows")
    for query in queries:
        frame = spark.sql(query)
        yield frame.columns, [tuple(row) for row in frame.collect()]
    spark.stop()


ENGINES = {"duckdb": run_duckdb, "clickhouse": run_clickhouse, "spark": run_spark}


def text_of(value):
    if isinstance(value, float) or type(value).__name__ == "Decimal":
        return f"{float(value):.6g}"
    return "" if value is None else str(value)


def main(engine, *rest):
    files, names = rest[:rest.index("--")], rest[rest.index("--") + 1:]
    queries = [open(name).read() for name in names]
    for name, (columns, rows) in zip(names, ENGINES[engine](list(files), queries)):
        print(f"## {os.path.basename(name)}")
        print("\t".join(columns))
        for row in rows:
            print("\t".join(text_of(value) for value in row))


if __name__ == "__main__":
    if len(sys.argv) < 4 or "--" not in sys.argv or sys.argv[1] not in ENGINES:
        sys.exit(__doc__)
    main(*sys.argv[1:])
