"""Writes lakes of random tables as pandas, Polars, DuckDB and pyarrow write them: random_lakes.py FOLDER SEED LAKES"""
import datetime, decimal, pathlib, random, sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

out, r = pathlib.Path(sys.argv[1]), random.Random(int(sys.argv[2]))
COLUMNS = ["id", "Id", "promo", "Promo", "a.b", "prix (€)", "größe", "x__y", "_z", "2nd", "日本", "mois", "client_id", "it's", "a: b", "null", "order", "select"]


def column(kind, n):
    some = r.choice([2, 5, 12, n + 1, 4 * n + 1])
    pick = lambda f: [f(r.randrange(some)) for _ in range(n)]
    values, of = {
        "int": lambda: (pick(lambda i: i - 3), pa.int64()),
        "small": lambda: (pick(lambda i: i % 100), pa.int8()),
        "unsigned": lambda: (pick(lambda i: i * 7), pa.uint32()),
        "text": lambda: (pick(lambda i: ["", "no", "é'x", "a: b", "0123", "[x]", "null", "\n", "2011-12", 'say "so"', "a,b"][i % 11] + str(i)), pa.string()),
        "word": lambda: (pick(lambda i: ["no", "null", "a, b", "'", "\U0001f600", "É"][i % 6]), pa.string()),
        "month": lambda: (pick(lambda i: "%04d-%02d" % (2000 + i % 40, 1 + i % 12)), pa.string()),
        "day": lambda: (pick(lambda i: datetime.date(1999, 12, 30) + datetime.timedelta(i % 800)), pa.date32()),
        "time": lambda: (pick(lambda i: datetime.datetime(2000, 1, 1) + datetime.timedelta(hours=i % 9000, milliseconds=i)), pa.timestamp("us")),
        "instant": lambda: (pick(lambda i: datetime.datetime(2011, 3, 27, tzinfo=datetime.UTC) + datetime.timedelta(minutes=i)), pa.timestamp("ms", "UTC")),
        "float": lambda: (pick(lambda i: i / 7 - 1), pa.float64()),
        "single": lambda: (pick(lambda i: i / 3), pa.float32()),
        "bool": lambda: (pick(lambda i: i % 2 == 0), pa.bool_()),
        "decimal": lambda: (pick(lambda i: decimal.Decimal(i * 7 - 100) / 100), pa.decimal128(9, 2)),
        "wide": lambda: (pick(lambda i: decimal.Decimal(f"{i * 10**15}.{i:09}") - 7), pa.decimal128(38, 10)),
    }[kind]()
    if r.random() < 0.3:
        values = [None if r.random() < 0.2 else v for v in values]
    return pa.array(values, of)


def write(table, path, writer):
    if writer == "polars":
        pl.from_arrow(table).write_parquet(path)
    elif writer == "duckdb":
        duckdb.sql("set timezone = 'UTC'")
        duckdb.from_arrow(table).write_parquet(str(path))
    elif writer == "pandas":
        table.to_pandas(types_mapper=pd.ArrowDtype).to_parquet(path)
    else:
        pq.write_table(table, path, row_group_size=50, compression=r.choice(["snappy", "zstd", "none"]), data_page_version=r.choice(["1.0", "2.0"]))


for lake in range(int(sys.argv[3])):
    for name in r.sample(["clients", "fact_orders", "dim_x", "docs", "Orders 2", "événements"], 2):
        n = r.choice([1, 7, 60, 300])
        kinds = [r.choice(["int", "small", "unsigned", "text", "word", "month", "day", "time", "instant", "float", "single", "bool", "decimal", "wide"]) for _ in range(r.randrange(1, 6))]
        table = pa.table([column(k, n) for k in kinds], names=r.sample(COLUMNS, len(kinds)))
        folder = out / str(lake)
        folder.mkdir(exist_ok=True)
        writer = r.choice(["polars", "duckdb", "pandas", "pyarrow", "pyarrow"])
        if r.random() < 0.3 and n > 10:
            (folder / name).mkdir()
            parts = [table.slice(0, n // 3), table.slice(n // 3)]
            if r.random() < 0.5:
                parts[1] = parts[1].select(list(reversed(parts[1].column_names)))
            for i, part in enumerate(parts):
                write(part, folder / name / f"part-{i}.parquet", "pyarrow")
        else:
            write(table, folder / (name + ".parquet"), writer)
