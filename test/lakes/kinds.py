"""Writes the tables of lakes of Parquet files as other kinds of lakes: kinds.py TARGET KINDS LAKE…

KINDS are separated by commas. The third lake becomes TARGET/2/KIND. What a kind has no type for becomes the text, or the wider type, that means the same."""
import pathlib
import sys
import uuid

import deltalake
import duckdb
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

db = duckdb.connect()
db.execute("SET timezone = 'UTC'")
PARQUET = (".parquet", ".parq", ".pq")


def tables(lake):
    """Yields the name of each table of a lake, and a query of its rows."""
    for path in sorted(lake.iterdir()):
        name = path.name.removesuffix(".parquet")
        if path.is_file() and path.suffix in PARQUET:
            yield name, f"FROM read_parquet({quoted(path)})"
        elif (path / "_delta_log").is_dir():
            rows = deltalake.DeltaTable(path).to_pyarrow_table()
            db.register(name, rows)
            yield name, f'FROM "{name}"'
        elif path.is_dir():
            files = [f for f in sorted(path.rglob("*")) if f.is_file() and not any(p[0] in "._" for p in f.relative_to(path).parts)
                     and ("." not in f.name or f.suffix in PARQUET)]
            if files:
                yield name, f"FROM read_parquet([{', '.join(map(quoted, files))}], hive_partitioning = true, union_by_name = true)"


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def csv(query, file):
    # Text is quoted, so that an empty one is no null.
    columns = db.execute(f"DESCRIBE {query}").fetchall()
    texts = ", ".join('"' + c[0].replace('"', '""') + '"' for c in columns if c[1] == "VARCHAR")
    force = f", FORCE_QUOTE ({texts})" if texts else ""
    db.execute(f"COPY ({query}) TO {quoted(file + '.csv.gz')} (FORMAT csv, HEADER, COMPRESSION gzip{force})")


def ndjson(query, file):
    db.execute(f"COPY ({query}) TO {quoted(file + '.ndjson.zst')} (FORMAT json, COMPRESSION zstd)")


def plain(table):
    """Returns rows in the types that Delta and Iceberg have."""
    def of(t):
        if pa.types.is_dictionary(t):
            return of(t.value_type)
        if pa.types.is_uint64(t):
            return pa.decimal128(20, 0)
        if pa.types.is_unsigned_integer(t):
            return pa.int64()
        if pa.types.is_timestamp(t):
            return pa.timestamp("us", t.tz and "UTC")
        return pa.string() if pa.types.is_time(t) else t

    columns = {}
    for field in table.schema:
        c = table.column(field.name)
        if isinstance(field.type, pa.BaseExtensionType):
            c = pa.array([v and str(v) for v in c.to_pylist()], pa.string())
        elif pa.types.is_time(field.type):
            c = pa.array([v and v.isoformat() for v in c.to_pylist()], pa.string())
        columns[field.name] = c.cast(of(c.type), safe=False)
    return pa.table(columns)


def delta(query, file):
    """Writes a table in two commits, with a file that is not in it any more."""
    rows = plain(db.sql(query).to_arrow_table())
    half = rows.num_rows // 2
    deltalake.write_deltalake(file, rows.slice(0, 1))
    deltalake.write_deltalake(file, rows.slice(0, half), mode="overwrite")
    deltalake.write_deltalake(file, rows.slice(half), mode="append")


catalog = SqlCatalog("lakes", uri="sqlite:///:memory:", warehouse="file:///nowhere")


def iceberg(query, file):
    """Writes a table in two snapshots more, with rows that are not in it any more."""
    rows = plain(db.sql(query).to_arrow_table())
    half = rows.num_rows // 2
    table = catalog.create_table(("lakes", str(uuid.uuid4())), rows.schema, location="file://" + file)
    table.append(rows.slice(0, 1))
    table.overwrite(rows.slice(0, half))
    table.append(rows.slice(half))


catalog.create_namespace("lakes")
for i, lake in enumerate(sys.argv[3:]):
    for kind in sys.argv[2].split(","):
        folder = pathlib.Path(sys.argv[1], str(i), kind)
        folder.mkdir(parents=True)
        for name, query in tables(pathlib.Path(lake)):
            {"csv": csv, "ndjson": ndjson, "delta": delta, "iceberg": iceberg}[kind](query, str(folder / name))
