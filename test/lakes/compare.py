"""Computes with pandas, from a lake's files alone, what questions ask, and compares it with the answers: sums, means and
quantiles to 1e-9, all else exactly. Prints each difference.

compare.py QUESTIONS.json ANSWERS.json
"""
import decimal, json, math, pathlib, sys, uuid

import deltalake
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def read(lake, source):
    """Returns the rows of a source: a file, a Delta table as delta-rs reads it, or a folder of parts whose folders' names are columns (Hive)."""
    for path in (pathlib.Path(lake, source + ".parquet"), pathlib.Path(lake, source)):
        if path.is_file():
            return pq.ParquetFile(path).read()
        if (path / "_delta_log").is_dir():
            return deltalake.DeltaTable(path).to_pyarrow_table()
        if path.is_dir():
            parts = []
            for file in sorted(path.rglob("*")):
                within = file.relative_to(path).parts
                if not file.is_file() or any(p[0] in "._" for p in within) or "." in file.name and not file.name.endswith((".parquet", ".parq", ".pq")):
                    continue
                part = pq.ParquetFile(file).read()
                for folder in within[:-1]:
                    name, _, value = folder.partition("=")
                    value = None if value == "__HIVE_DEFAULT_PARTITION__" else value
                    column = pa.array([value] * part.num_rows, pa.string())
                    at = part.schema.get_field_index(name)
                    part = part.append_column(name, column) if at < 0 else part.set_column(at, name, column)
                parts.append(part)
            return pa.concat_tables(parts, promote_options="permissive")
    raise SystemExit(f"{lake} has no {source}")


def column(table, name):
    """Returns a column by its name, else by its path through structs."""
    if name in table.column_names:
        return table.column(name)
    first, rest = None, None
    for i, c in enumerate(name):
        if c == "." and name[:i] in table.column_names:
            first, rest = name[:i], name[i + 1 :]
    values = table.column(first).combine_chunks()
    return column(pa.table(dict(zip([f.name for f in values.type], values.flatten()))), rest)


def values(table, field):
    """Returns a column's values as those of the field's kind, None for null."""
    array, kind = column(table, field["column"]), field["kind"]
    if isinstance(array.type, pa.BaseExtensionType):
        array = array.cast(array.type.storage_type)
    t = array.type
    if pa.types.is_nested(t) or pa.types.is_duration(t):
        return None  # JSON and ISO 8601 texts, which gold/lake compares itself
    if kind == "time":
        per_ms = {"ms": 1, "us": 10**3, "ns": 10**6}
        whole = array.cast(pa.timestamp("ms")) if t.unit == "s" else array  # times are milliseconds, cut
        return [None if v is None else v // per_ms.get(t.unit, 1) for v in whole.cast(pa.int64()).to_pylist()]
    list_ = array.to_pylist()
    if kind == "date":
        convert = lambda v: (v if isinstance(v, str) else v.isoformat())
    elif kind == "text" and pa.types.is_time(t):
        convert = lambda v: v.isoformat()
    elif kind == "text" and pa.types.is_fixed_size_binary(t):
        convert = lambda v: str(uuid.UUID(bytes=v))
    elif kind == "text" and pa.types.is_binary(t):
        convert = lambda v: v.decode()
    else:
        convert = {"int": int, "double": float, "decimal": decimal.Decimal, "text": str, "bool": bool}[kind]
    return [None if v is None else convert(v) for v in list_]


def answered(column, v, singles):
    """Returns a value of an answer as values has it; FLOATs are shown by their shortest decimal."""
    kind = column["kind"]
    if v is None:
        return None
    if column["column"] in singles:
        return float(np.float32(v))
    if kind == "time":
        return pd.Timestamp(v).value // 10**6
    return {"int": int, "double": float, "decimal": decimal.Decimal, "text": str, "bool": bool, "date": str}[kind](v)


def near(a, b):
    if a is None or b is None:
        return a is b
    return math.isclose(float(a), float(b), rel_tol=1e-9, abs_tol=1e-9)


def measure(function, series):
    rows = [v for v in series if v is not None]
    if function == "count":
        return len(rows)
    if function == "count_distinct":
        return len(set(rows))
    if function == "sum":
        return math.fsum(rows) if rows and isinstance(rows[0], float) else sum(rows)  # of none: 0, as pandas has it
    if not rows:
        return None
    if function == "avg":
        return (math.fsum(rows) if isinstance(rows[0], float) else sum(rows)) / len(rows)
    if function == "median":
        return float(np.median(np.array([float(v) for v in rows])))
    return {"min": min, "max": max}[function](rows)


def expected(columns, rows, question):
    """Returns the measures of each group, by its key."""
    groups = question["groups"] or []
    places = {}
    for i, key in enumerate(zip(*(columns[g["column"]] for g in groups)) if groups else [()] * rows):
        places.setdefault(key, []).append(i)
    if not groups and not rows:
        places[()] = []
    want = {key: {} for key in places}
    for m in question["measures"]:
        source = columns.get(m.get("column"))
        for key, at in places.items():
            want[key][m["name"]] = len(at) if source is None else measure(m["function"], [source[i] for i in at])
    return want


def compare(want, question, answer, singles):
    """Yields what differs."""
    groups = question["groups"] or []
    got = {}
    for row in answer:
        key = tuple(answered(g, row[g["name"]], singles) for g in groups)
        if key in got:
            yield f"group {key} twice"
        got[key] = row
    if set(got) != set(want):
        yield f"groups {sorted(map(str, set(got) ^ set(want)))[:4]}: {len(got)} answered, {len(want)} in the files"
        return
    for key, measures in want.items():
        for m in question["measures"]:
            given, right = got[key][m["name"]], measures[m["name"]]
            if not (answered(m, given, singles) == right if m["function"] in ("min", "max") else near(given, right)):
                yield f"{m['function']}({m.get('column', '')}) of {key}: {given} answered, {right} in the files"
                return


def main():
    lakes = json.load(open(sys.argv[1]))
    answers = json.load(open(sys.argv[2]), parse_float=decimal.Decimal)
    compared = 0
    for lake in lakes:
        for dataset in lake["datasets"]:
            table = read(lake["folder"], dataset["source"])
            singles = {f["column"] for f in dataset["fields"] if pa.types.is_float32(column(table, f["column"]).type)}
            columns = {f["column"]: values(table, f) for f in dataset["fields"]}
            for question in dataset["questions"] or []:
                used = [c["column"] for c in (question["groups"] or []) + question["measures"] if "column" in c]
                if any(columns[c] is None for c in used):
                    continue
                want = expected(columns, table.num_rows, question)
                for store, answer in answers[question["id"]].items():
                    for difference in compare(want, question, answer, singles):
                        print(f"{lake['name']}, {dataset['source']}, {store}: {question['url']}: {difference}")
                    compared += 1
    print(f"compared {compared}", file=sys.stderr)


main()
