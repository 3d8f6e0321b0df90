"""Writes Delta tables into the folder that is named, and what DuckDB reads of each as Parquet into its folder expected.

Most are written by delta-rs. What it does not write (deletion vectors, column mapping, changes of types) is made by hand."""

import datetime as dt
import decimal
import importlib.metadata
import json
import os
import struct
import sys
import uuid
import zlib

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

root = sys.argv[1]
os.makedirs(os.path.join(root, "expected"))


def at(name):
    return os.path.join(root, name)


def rows(first, last):
    n = range(first, last)
    utc = dt.timezone.utc
    return pa.table({
        "id": pa.array(n, pa.int64()),
        "day": pa.array([dt.date(2024, 1, 1 + i % 5) if i % 7 else None for i in n], pa.date32()),
        "amount": pa.array([decimal.Decimal(i) / 4 if i % 3 else None for i in n], pa.decimal128(12, 2)),
        "wide": pa.array([decimal.Decimal(i) * 10**20 for i in n], pa.decimal128(30, 3)),
        "name": pa.array([f"n{i % 11} é/=%" for i in n]),
        "at": pa.array([dt.datetime(2024, 1, 1, tzinfo=utc) + dt.timedelta(milliseconds=i * 1001) for i in n], pa.timestamp("us", "UTC")),
        "local": pa.array([dt.datetime(1969, 1, 1) + dt.timedelta(seconds=i) for i in n], pa.timestamp("us")),
        "ok": pa.array([bool(i % 2) for i in n]),
        "x": pa.array([i / 7 for i in n]),
        "f": pa.array([i / 8 for i in n], pa.float32()),
        "tags": pa.array([[f"t{i}", None] if i % 4 else [] for i in n]),
        "pos": pa.array([{"lat": i / 2, "lon": {"deg": i}} if i % 5 else None for i in n]),
        "props": pa.array([[("a", i)] for i in n], pa.map_(pa.string(), pa.int64())),
        "small": pa.array([i % 100 for i in n], pa.int8()),
    })


def append(name, first, last, **options):
    write_deltalake(at(name), rows(first, last), mode="append", **options)


def delta_rs():
    for i in range(4):
        append("appended", i * 50, i * 50 + 50)
    append("overwritten", 0, 60)
    write_deltalake(at("overwritten"), rows(60, 100), mode="overwrite")
    append("partitioned", 0, 80, partition_by=["day", "name"])
    append("partitioned", 80, 90, partition_by=["day", "name"])
    append("by_all_kinds", 0, 10, partition_by=["at", "local", "amount", "wide", "ok", "x", "f", "small"])
    append("deleted", 0, 200)
    DeltaTable(at("deleted")).delete("id % 3 = 0")
    DeltaTable(at("deleted")).update(predicate="id = 5", updates={"name": "'five'"})
    append("merged", 0, 50)
    DeltaTable(at("merged")).merge(rows(40, 60), "s.id = t.id", source_alias="s", target_alias="t") \
        .when_matched_update({"name": "'merged'"}).when_not_matched_insert_all().when_not_matched_by_source_delete("t.id < 5").execute()
    append("evolved", 0, 20)
    more = rows(20, 30).append_column("extra", pa.array(range(10), pa.int32())).drop_columns(["f"])
    write_deltalake(at("evolved"), more, mode="append", schema_mode="merge")
    for i in range(3):
        append("checkpointed", i * 10, i * 10 + 10, partition_by=["day"])
    DeltaTable(at("checkpointed")).create_checkpoint()
    DeltaTable(at("checkpointed")).delete("id = 3")
    append("checkpointed", 50, 55, partition_by=["day"])
    append("vacuumed", 0, 30)
    write_deltalake(at("vacuumed"), rows(0, 40), mode="overwrite")
    DeltaTable(at("vacuumed")).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    for i in range(5):
        append("optimized", i * 10, i * 10 + 10)
    DeltaTable(at("optimized")).optimize.compact()
    append("restored", 0, 30)
    write_deltalake(at("restored"), rows(0, 40), mode="overwrite")
    DeltaTable(at("restored")).restore(0)
    append("emptied", 0, 5)
    DeltaTable(at("emptied")).delete()
    append("with_features", 0, 100, configuration={"delta.enableDeletionVectors": "true"})
    DeltaTable(at("with_features")).delete("id % 3 = 0")


def commit(name, version, *actions):
    folder = os.path.join(at(name), "_delta_log")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, f"{version:020d}.json"), "w") as f:
        f.write("\n".join(json.dumps(a) for a in actions))


def protocol(*features):
    return {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features, "writerFeatures": features}}


def metadata(name, fields, partitions=(), **configuration):
    return {"metaData": {
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), "format": {"provider": "parquet", "options": {}}, "partitionColumns": partitions,
        "schemaString": json.dumps({"type": "struct", "fields": fields}), "configuration": configuration, "createdTime": 1}}


def add(name, path, table, partition=None, vector=None, **options):
    file = os.path.join(at(name), path)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    if not os.path.exists(file):
        pq.write_table(table, file, **options)
    return {"add": {"path": path, "partitionValues": partition or {}, "size": os.path.getsize(file), "modificationTime": 1, "dataChange": True,
                    "stats": json.dumps({"numRecords": table.num_rows}), **({"deletionVector": vector} if vector else {})}}


def remove(action):
    a = action["add"]
    return {"remove": {k: a[k] for k in ("path", "deletionVector") if k in a} | {"dataChange": True, "deletionTimestamp": 1}}


DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def z85(data):
    text = ""
    for i in range(0, len(data), 4):
        n = int.from_bytes(data[i:i + 4], "big")
        text += "".join(DIGITS[n // 85**k % 85] for k in (4, 3, 2, 1, 0))
    return text


def bitmap(numbers):
    """Numbers below 2^16 as a portable 64-bit bitmap: one bucket with one container, an array or the bits."""
    if len(numbers) <= 4096:
        content = b"".join(struct.pack("<H", n) for n in sorted(numbers))
    else:
        content = sum(1 << n for n in numbers).to_bytes(8192, "little")
    return struct.pack("<IQIIIHHI", 1681511377, 1, 0, 12346, 1, 0, len(numbers) - 1, 16) + content


def inline(numbers):
    data = bitmap(numbers)
    return {"storageType": "i", "pathOrInlineDv": z85(data + b"\0" * (-len(data) % 4)), "sizeInBytes": len(data), "cardinality": len(numbers)}


def in_file(name, prefix, *vectors):
    """A file of vectors, in a folder of its own where there is a prefix."""
    id = uuid.uuid5(uuid.NAMESPACE_DNS, name + prefix)
    content, found = b"\1", []
    for numbers in vectors:
        data = bitmap(numbers)
        found.append({"storageType": "u", "pathOrInlineDv": prefix + z85(id.bytes), "offset": len(content), "sizeInBytes": len(data), "cardinality": len(numbers)})
        content += struct.pack(">I", len(data)) + data + struct.pack(">I", zlib.crc32(data))
    folder = os.path.join(at(name), prefix)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, f"deletion_vector_{id}.bin"), "wb") as f:
        f.write(content)
    return found


def field(name, type, **metadata):
    return {"name": name, "type": type, "nullable": True, "metadata": metadata}


def vectors():
    fields = [field("id", "long"), field("name", "string"), field("tags", {"type": "array", "elementType": "string", "containsNull": True})]
    t = rows(0, 20_000).select(["id", "name", "tags"])
    few = rows(0, 30).select(["id", "name", "tags"])
    name = "with_vectors"
    far, near = in_file(name, "ab", {0, 1, 2, 4_999, 5_000, 19_999}, set(range(3, 19_000, 2)))
    a = add(name, "a.parquet", t, row_group_size=5_000, data_page_size=512)
    b = add(name, "b.parquet", t.slice(0, 10_000))
    commit(name, 0, protocol("deletionVectors"), metadata(name, fields), a, b, add(name, "c.parquet", few), add(name, "d.parquet", few))
    commit(name, 1, remove(a), add(name, "a.parquet", t, vector=far))
    commit(name, 2, remove(add(name, "a.parquet", t, vector=far)), add(name, "a.parquet", t, vector=near), remove(add(name, "c.parquet", few)),
           add(name, "c.parquet", few, vector=inline({0, 7, 29})), remove(add(name, "d.parquet", few)), add(name, "d.parquet", few, vector=inline(set(range(30)))))


def mapped(mode):
    # Not partitioned: of partition columns that are mapped, DuckDB 1.5.5 reads nulls.
    name = "mapped_by_" + mode

    def column(id, name, type):
        return field(name, type, **{"delta.columnMapping.id": id, "delta.columnMapping.physicalName": f"col-{id}"})

    def struct_of(*fields):
        return {"type": "struct", "fields": list(fields)}

    def list_of(type):
        return {"type": "array", "elementType": type, "containsNull": True}

    def pa_field(id, type):
        return pa.field(f"col-{id}", type, metadata={"PARQUET:field_id": str(id)})

    old = [column(1, "id", "long"), column(2, "gone", "string"), column(3, "was", "string"),
           column(4, "pos", struct_of(column(5, "lat", "double"), column(6, "lost", "long"))),
           column(7, "items", list_of(struct_of(column(8, "n", "long"), column(9, "dropped", "string"))))]
    new = [column(3, "now", "string"), column(1, "id", "long"), column(11, "gone", "string"),
           column(4, "place", struct_of(column(12, "alt", "double"), column(5, "latitude", "double"))),
           column(7, "things", list_of(struct_of(column(13, "m", "string"), column(8, "number", "long"))))]
    n = range(20)
    first = pa.Table.from_arrays([
        pa.array(n, pa.int64()), pa.array(["old"] * 20), pa.array([f"w{i}" for i in n]),
        pa.array([{"col-5": i / 2, "col-6": i} if i % 3 else None for i in n],
                 pa.struct([pa_field(5, pa.float64()), pa_field(6, pa.int64())])),
        pa.array([[(i, "d"), (None, None)] if i % 4 else [] for i in n], pa.list_(pa.struct([pa_field(8, pa.int64()), pa_field(9, pa.string())]))),
    ], schema=pa.schema([
        pa_field(1, pa.int64()), pa_field(2, pa.string()), pa_field(3, pa.string()),
        pa_field(4, pa.struct([pa_field(5, pa.float64()), pa_field(6, pa.int64())])),
        pa_field(7, pa.list_(pa.struct([pa_field(8, pa.int64()), pa_field(9, pa.string())]))),
    ]))
    second = pa.Table.from_arrays([pa.array(range(20, 25), pa.int64()), pa.array(["new"] * 5)], schema=pa.schema([pa_field(1, pa.int64()), pa_field(11, pa.string())]))
    options = {"delta.columnMapping.mode": mode, "delta.columnMapping.maxColumnId": "13"}
    commit(name, 0, protocol("columnMapping"), metadata(name, old, **options), add(name, "aa/1.parquet", first))
    commit(name, 1, metadata(name, new, **options), add(name, "bb/2.parquet", second))


def widened():
    name = "widened"

    def changed(name, type, *changes):
        steps = [{"fromType": a, "toType": b} for a, b in changes]
        return field(name, type, **{"delta.typeChanges": steps})

    t = pa.table({"a": pa.array([1, None, -3], pa.int8()), "b": pa.array([1, 2, 3], pa.int32()), "c": pa.array([1.5, 2.5, None], pa.float32()),
                  "d": pa.array([decimal.Decimal("1.25")] * 3, pa.decimal128(6, 2)), "e": pa.array([1, 2, 3], pa.int32())})
    commit(name, 0, protocol("typeWidening", "timestampNtz"), metadata(name, [
        changed("a", "long", ("byte", "integer"), ("integer", "long")), changed("b", "double", ("integer", "double")), changed("c", "double", ("float", "double")),
        changed("d", "decimal(12,4)", ("decimal(6,2)", "decimal(12,4)")), changed("e", "decimal(12,2)", ("integer", "decimal(12,2)"))]),
        add(name, "1.parquet", t))


def with_sidecars():
    """A V2 checkpoint in Parquet, whose files lie in sidecars, with statistics as columns alone; its commits are gone."""
    name = "with_sidecars"
    folder = os.path.join(at(name), "_delta_log")
    schema = metadata(name, [field("id", "long"), field("part", "string")], ["part"])
    actions = [add(name, f"{i}.parquet", pa.table({"id": range(i * 10, i * 10 + 10)}), {"part": f"p{i}" if i else None}, inline({0, i + 1}) if i % 2 else None) for i in range(4)]
    commit(name, 1, add(name, "new.parquet", pa.table({"id": [100]}), {"part": ""}), remove(actions[3]))
    os.makedirs(os.path.join(folder, "_sidecars"))
    vector = pa.struct([("storageType", pa.string()), ("pathOrInlineDv", pa.string()), ("offset", pa.int32()), ("sizeInBytes", pa.int32()), ("cardinality", pa.int64())])
    kind = pa.struct([("path", pa.string()), ("partitionValues", pa.map_(pa.string(), pa.string())), ("size", pa.int64()), ("modificationTime", pa.int64()),
                      ("dataChange", pa.bool_()), ("deletionVector", vector), ("stats_parsed", pa.struct([("numRecords", pa.int64())]))])
    files = [a["add"] | {"partitionValues": list(a["add"]["partitionValues"].items()), "stats_parsed": json.loads(a["add"]["stats"])} for a in actions]
    sidecars = []
    for i in range(2):
        side = f"side {i}.parquet"
        pq.write_table(pa.table({"add": pa.array([None] + files[i::2], kind)}), os.path.join(folder, "_sidecars", side))
        sidecars.append({"path": side.replace(" ", "%20"), "sizeInBytes": os.path.getsize(os.path.join(folder, "_sidecars", side)), "modificationTime": 1})
    strings = pa.list_(pa.string())
    options = pa.map_(pa.string(), pa.string())
    head = {"protocol": pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32()), ("readerFeatures", strings), ("writerFeatures", strings)]),
            "metaData": pa.struct([("id", pa.string()), ("format", pa.struct([("provider", pa.string()), ("options", options)])), ("schemaString", pa.string()),
                                   ("partitionColumns", strings), ("configuration", options), ("createdTime", pa.int64())]),
            "checkpointMetadata": pa.struct([("version", pa.int64())]),
            "sidecar": pa.struct([("path", pa.string()), ("sizeInBytes", pa.int64()), ("modificationTime", pa.int64())])}
    schema["metaData"]["format"]["options"], schema["metaData"]["configuration"] = [], []
    lines = [{"checkpointMetadata": {"version": 0}}, protocol("v2Checkpoint", "deletionVectors"), schema] + [{"sidecar": s} for s in sidecars]
    pq.write_table(pa.table({k: pa.array([line.get(k) for line in lines], t) for k, t in head.items()}),
                   os.path.join(folder, f"{0:020d}.checkpoint.{uuid.uuid5(uuid.NAMESPACE_DNS, name)}.parquet"))


delta_rs()
with_sidecars()
vectors()
mapped("name")
mapped("id")
widened()

duck = duckdb.connect()
extension = next(f.locate() for f in importlib.metadata.files("duckdb-extension-delta") if f.name == "delta.duckdb_extension")
duck.load_extension(str(extension))
for table in sorted(os.listdir(root)):
    if table != "expected":
        duck.execute(f"COPY (SELECT * FROM delta_scan('{at(table)}')) TO '{at('expected')}/{table}.parquet' (FORMAT parquet)")
        print(table)
