"""Reads the files of a folder with pandas, Polars, DuckDB, pyarrow and openpyxl, and compares every value and type with
expected.json: {"kinds": {field: kind}, "rows": [[text or null]]}, where a double is its 64 bits in hexadecimal and a
time its milliseconds. Prints a line for each reader; exits with 1 where one differs."""

import datetime
import decimal
import json
import struct
import sys

import duckdb
import openpyxl
import pandas
import polars
import pyarrow
import pyarrow.ipc
import pyarrow.parquet

folder = sys.argv[1] + "/"
expected = json.load(open(folder + "expected.json", encoding="utf-8"))
kinds = expected["kinds"]
names = list(kinds)
epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
failed = False


def fifteen(v):
    return format(float(v), ".15g")


def canonical(kind, v):
    """The text of a value, or its Python type's name where that is not one of the kind's."""
    if v is None or v is pandas.NaT or v is pandas.NA or (isinstance(v, float) and v != v):
        return None
    if hasattr(v, "item"):
        v = v.item()
    if isinstance(v, pandas.Timestamp):
        v = v.to_pydatetime()
    if kind == "bool" and isinstance(v, bool):
        return "true" if v else "false"
    if kind == "int" and isinstance(v, int):
        return str(v)
    if kind == "double" and isinstance(v, (float, int)):
        return struct.pack(">d", v).hex()
    if kind == "decimal" and isinstance(v, decimal.Decimal):
        return format(v, "f")
    if kind == "decimal" and isinstance(v, (float, int)):
        return fifteen(v)
    if kind == "text" and isinstance(v, str):
        return v
    if kind == "date" and isinstance(v, datetime.date):
        return v.isoformat()[:10]
    if kind == "time" and isinstance(v, datetime.datetime):
        v = v if v.tzinfo else v.replace(tzinfo=datetime.timezone.utc)
        return str((v - epoch) // datetime.timedelta(milliseconds=1))
    return f"a {type(v).__name__} {v!r}"


def check(reader, rows, want=lambda name, text: text):
    """Compares rows with the expected ones, which want may change to what a format or reader can hold."""
    global failed
    rows = [list(r) for r in rows]
    differences = [] if len(rows) == len(expected["rows"]) else [f"{len(rows)} rows, want {len(expected['rows'])}"]
    for i, (row, right) in enumerate(zip(rows, expected["rows"])):
        for name, v, text in zip(names, row, right, strict=True):
            got, text = canonical(kinds[name], v), want(name, text)
            if got != text:
                differences.append(f"row {i} {name}: {got!r:.80}, want {text!r:.80}")
    print(f"{reader}: {'; '.join(differences[:5]) or 'equal'}")
    failed |= bool(differences)


def fetch(query):
    duck = duckdb.connect()
    duck.execute("SET TimeZone = 'UTC'")
    duck.register("arrow", arrow)
    return duck.sql(query).to_arrow_table()


def columns(table):
    assert [f.name for f in table.schema] == names, table.schema
    return zip(*(c.to_pylist() for c in table.columns))


def frame(f):
    assert list(f.columns) == names, f.columns
    return zip(*(f[n].tolist() for n in names))


def typed(v, kind):
    """A value of a reader that gives texts, at its kind."""
    if v is None or kind in ("text", "int", "bool"):
        return v
    if kind == "double":
        return float(v)
    if kind == "decimal":
        return decimal.Decimal(v)
    if kind == "date":
        return datetime.date.fromisoformat(v)
    return datetime.datetime.fromisoformat(v)


def retyped(rows):
    return ([typed(v, kind) for v, kind in zip(r, kinds.values())] for r in rows)


# Arrow and Parquet carry their types: nothing is said to the readers.
with pyarrow.ipc.open_stream(folder + "x.arrow") as stream:
    arrow = stream.read_all()
parquet = pyarrow.parquet.read_table(folder + "x.parquet")
for table in (arrow, parquet):
    got = [str(f.type) for f in table.schema]
    assert got == expected["arrow"], got
    assert [f.nullable for f in table.schema] == expected["nullable"], table.schema
    assert table.schema.metadata[b"goldserve.release"] == b"retail/12", table.schema.metadata
assert arrow.schema.field("ca").metadata[b"unit"] == b"EUR", arrow.schema.field("ca").metadata
check("arrow pyarrow", columns(arrow))
check("arrow polars", polars.read_ipc_stream(folder + "x.arrow").rows())
check("arrow pandas", frame(arrow.to_pandas(types_mapper=pandas.ArrowDtype)))
check("arrow duckdb", columns(fetch("SELECT * FROM arrow")))
check("parquet pyarrow", columns(parquet))
check("parquet polars", polars.read_parquet(folder + "x.parquet").rows())
check("parquet pandas", frame(pandas.read_parquet(folder + "x.parquet", dtype_backend="pyarrow")))
check("parquet duckdb", columns(fetch(f"SELECT * FROM '{folder}x.parquet'")))

# Text formats carry no types: the readers are told them.
duck = {"bool": "BOOLEAN", "int": "BIGINT", "double": "DOUBLE", "decimal": "DECIMAL(18,2)", "text": "VARCHAR", "date": "DATE", "time": "TIMESTAMPTZ"}
struct_of = "{" + ", ".join(f"{n}: '{'DECIMAL(38,18)' if n == 'total' else duck[k]}'" for n, k in kinds.items()) + "}"
as_read = {"bool": polars.Boolean, "int": polars.Int64}
schema = {n: as_read.get(k, polars.String) for n, k in kinds.items()}
panda = {n: {"int": "int64", "bool": "boolean"}.get(k, "string") for n, k in kinds.items()}


def cents(name, text):
    """What text formats show of a field that is a multiple of 0.01."""
    if text is None or name != "ca":
        return text
    v = struct.unpack(">d", bytes.fromhex(text))[0]
    return struct.pack(">d", round(v, 2) if abs(round(v, 2) - v) < 1e-6 else v).hex()


def cents_no_empty_text(name, text):
    return cents(name, text) or None  # pandas takes "" for a missing value


def cents_of_doubles(name, text):
    """What readers of JSON that hold every number with a fraction as a double see."""
    return fifteen(text) if kinds[name] == "decimal" and text else cents(name, text)


check("csv polars", retyped(polars.read_csv(folder + "x.csv", schema=schema).rows()), cents)
read = pandas.read_csv(folder + "x.csv", dtype=panda, keep_default_na=False, na_values=[""]).astype(object)
check("csv pandas", retyped(frame(read.where(read.notna(), None))), cents_no_empty_text)
check("csv duckdb", columns(fetch(f"SELECT * FROM read_csv('{folder}x.csv', columns={struct_of}, header=true, delim=',', quote='\"', escape='\"', nullstr='', allow_quoted_nulls=false)")), cents)
struct_of = struct_of.replace("DECIMAL(18,2)", "DOUBLE").replace("DECIMAL(38,18)", "DOUBLE")
check("ndjson duckdb", columns(fetch(f"SELECT * FROM read_json('{folder}x.ndjson', format='newline_delimited', columns={struct_of})")), cents_of_doubles)
schema |= {n: polars.Float64 for n, k in kinds.items() if k in ("double", "decimal")}
rows = polars.read_ndjson(folder + "x.ndjson", schema=schema).rows()
check("ndjson polars", ([v if isinstance(v, float) else typed(v, k) for v, k in zip(r, kinds.values())] for r in rows), cents_of_doubles)
with open(folder + "x.ndjson", encoding="utf-8") as lines:
    rows = [json.loads(line, parse_float=str) for line in lines]
check("ndjson python", retyped([str(v) if kinds[n] in ("double", "decimal") and v is not None else v for n, v in r.items()] for r in rows), cents)

# A sheet holds fifteen digits and days from 1900-03-01 on; what it has no number for is text.
book = openpyxl.load_workbook(folder + "x.xlsx")
sheet = book["data"]
assert book.sheetnames == ["data", "about"], book.sheetnames
assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref.replace("$", "") == f"A1:I{len(expected['rows']) + 1}", (sheet.freeze_panes, sheet.auto_filter.ref)
assert [c.value for c in sheet[1]] == names
formats = dict(zip(names, (c.number_format for c in sheet[2])))
assert formats == {"id": "0", "ok": "General", "ca": "#,##0.00", "taux": "0.0%", "prix": "0.00", "nom": "@", "jour": "yyyy-mm-dd", "vu": "yyyy-mm-dd hh:mm:ss", "total": "0.000000000000000000"}, formats
notes = dict(row[:2] for row in book["about"].iter_rows(values_only=True) if row[0])
assert notes["release"] == "retail/12" and notes["as_of"] == "2011-12-09T12:50:00Z", notes
assert ("ca", "Revenue", "EUR", "Sum of all amounts.") in book["about"].iter_rows(values_only=True)


def in_sheet(row):
    for kind, v in zip(kinds.values(), row):
        if isinstance(v, str) and kind == "decimal":
            v = decimal.Decimal(v)  # of more than fifteen digits
        elif isinstance(v, str) and kind in ("int", "date", "time"):
            v = int(v) if kind == "int" else typed(v, kind)
        elif kind == "double" and v is not None:
            v = float(fifteen(v))
        elif kind == "text" and v is not None:
            v = v.replace("_x005F_", "_")  # as Excel reads it
        yield v


def of_sheet(name, text):
    if text and kinds[name] == "double":
        v = struct.unpack(">d", bytes.fromhex(text))[0]
        return struct.pack(">d", float(fifteen(v))).hex()
    if name == "total" and text and len(text.replace(".", "").strip("-0")) > 15:
        return text
    return fifteen(text) if kinds[name] == "decimal" and text else text


assert all(c.data_type != "f" for row in sheet.iter_rows() for c in row), "a text became a formula"
check("xlsx openpyxl", (in_sheet(row) for row in sheet.iter_rows(min_row=2, values_only=True)), of_sheet)
read = pandas.read_excel(folder + "x.xlsx", sheet_name="data", dtype=object, keep_default_na=False, na_values=[""])
check("xlsx pandas", (in_sheet(row) for row in frame(read.where(read.notna(), None))), lambda name, text: of_sheet(name, text) or None)
sys.exit(failed)
