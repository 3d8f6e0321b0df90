"""Writes Iceberg tables into the folder that is named, and what DuckDB reads of each as Parquet into its folder expected.

They are written by pyiceberg. What it does not write (delete files, deletion vectors) is made by hand with its writers of manifests."""

import datetime as dt
import decimal
import glob
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
from pyiceberg import manifest as m
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, TruncateTransform
from pyiceberg.typedef import Record
from pyiceberg.types import DecimalType, DoubleType, LongType, StringType

root = sys.argv[1]
os.makedirs(os.path.join(root, "expected"))
os.makedirs(os.path.join(root, "lake"))
catalog = SqlCatalog("c", uri=f"sqlite:///{root}/catalog.db", warehouse=f"file://{root}/lake")
catalog.create_namespace("n")


def rows(first, last):
    n = range(first, last)
    utc = dt.timezone.utc
    return pa.table({
        "id": pa.array(n, pa.int64()),
        "small": pa.array([i % 100 for i in n], pa.int32()),
        "day": pa.array([dt.date(2024, 1, 1 + i % 5) if i % 7 else None for i in n], pa.date32()),
        "amount": pa.array([decimal.Decimal(i) / 4 if i % 3 else None for i in n], pa.decimal128(12, 2)),
        "wide": pa.array([decimal.Decimal(i) * 10**20 for i in n], pa.decimal128(30, 3)),
        "name": pa.array([f"n{i % 11} é/=%" for i in n]),
        "at": pa.array([dt.datetime(2024, 1, 1, tzinfo=utc) + dt.timedelta(milliseconds=i * 1001) for i in n], pa.timestamp("us", "UTC")),
        "local": pa.array([dt.datetime(1969, 1, 1) + dt.timedelta(seconds=i) for i in n], pa.timestamp("us")),
        "clock": pa.array([dt.time(i % 24, 1, 2, i) for i in n], pa.time64("us")),
        "ok": pa.array([bool(i % 2) for i in n]),
        "x": pa.array([i / 7 for i in n]),
        "f": pa.array([i / 8 for i in n], pa.float32()),
        "tags": pa.array([[f"t{i}", None] if i % 4 else [] for i in n]),
        "pos": pa.array([{"lat": i / 2, "lon": {"deg": i}} if i % 5 else None for i in n]),
        "props": pa.array([[("a", i)] for i in n], pa.map_(pa.string(), pa.int64())),
    })


def create(name, like=None, spec=None, version="2"):
    like = like or rows(0, 8)
    table = catalog.create_table(f"n.{name}", like.schema, location=f"file://{root}/lake/{name}", properties={"format-version": version})
    if spec:
        with table.update_spec() as update:
            for column, transform in spec:
                update.add_field(column, transform)
    return table


def pyiceberg():
    table = create("appended")
    for i in range(4):
        table.append(rows(i * 50, i * 50 + 50))
    table = create("overwritten")
    table.append(rows(0, 60))
    table.overwrite(rows(60, 100))
    table = create("version_1", version="1")
    table.append(rows(0, 30))
    table.append(rows(30, 50))
    table = create("partitioned", spec=[("day", IdentityTransform()), ("name", IdentityTransform())])
    table.append(rows(0, 80))
    table.append(rows(80, 90))
    table = create("transformed", spec=[("at", DayTransform()), ("id", BucketTransform(4)), ("name", TruncateTransform(2))])
    table.append(rows(0, 40))
    table = create("respecified")
    table.append(rows(0, 20))
    with table.update_spec() as update:
        update.add_field("small", IdentityTransform())
    table.append(rows(20, 30))
    with table.update_spec() as update:
        update.remove_field("small")
        update.add_field("ok", IdentityTransform())
    table.append(rows(30, 40))
    table = create("deleted")
    table.append(rows(0, 200))
    table.delete("id < 20 or id > 150")
    table = create("evolved")
    table.append(rows(0, 20))
    with table.update_schema() as update:
        update.rename_column("name", "called")
        update.delete_column("f")
        update.add_column("extra", LongType())
        update.add_column("f", StringType())
        update.add_column(("pos", "alt"), DoubleType())
        update.update_column("small", LongType())
        update.update_column("amount", DecimalType(20, 2))
        update.move_first("x")
    more = rows(20, 30).rename_columns({"name": "called"}).drop_columns(["f", "pos"])
    more = more.set_column(1, "small", more["small"].cast(pa.int64())).set_column(3, "amount", more["amount"].cast(pa.decimal128(20, 2)))
    more = more.append_column("extra", pa.array(range(10), pa.int64())).append_column("f", pa.array(["text"] * 10))
    more = more.append_column("pos", pa.array([{"lat": 1.0, "lon": {"deg": i}, "alt": 2.5} for i in range(10)]))
    table.append(more)
    table = create("empty")
    table = create("added_files")  # without field ids, by a name mapping
    plain = f"{root}/lake/added_files/data/plain.parquet"
    os.makedirs(os.path.dirname(plain), exist_ok=True)
    pq.write_table(rows(0, 25), plain)
    table.add_files([f"file://{plain}"])
    table = create("compressed")
    with table.transaction() as change:
        change.set_properties({"write.metadata.compression-codec": "gzip"})
    table.append(rows(0, 10))


class DeleteManifest(m.ManifestWriterV2):
    format = 2

    def content(self):
        return m.ManifestContent.DELETES

    @property
    def version(self):
        return self.format

    @property
    def _meta(self):
        return {**super()._meta, "content": "deletes"}


class DeleteManifest3(DeleteManifest):
    format = 3

    def new_writer(self):
        return m.AvroOutputFile(
            output_file=self._output_file, file_schema=self._with_partition(3), record_schema=self._with_partition(3), schema_name="manifest_entry", metadata=self._meta)


def with_deletes(name, files, version=2):
    """Adds a snapshot with files of deletes to the newest metadata of a table, by hand."""
    table = catalog.load_table(f"n.{name}")
    old = table.metadata
    snapshot, sequence = uuid.uuid4().int >> 66, old.last_sequence_number + 1
    folder = f"file://{root}/lake/{name}/metadata"
    output = table.io.new_output(f"{folder}/deletes-{snapshot}.avro")
    writer = (DeleteManifest3 if version == 3 else DeleteManifest)(table.spec(), table.schema(), output, snapshot, "deflate")
    with writer:
        for arguments in files:
            file = m.DataFile.from_args(
                _table_format_version=version, file_format=arguments.pop("file_format", m.FileFormat.PARQUET), column_sizes={}, value_counts={},
                null_value_counts={}, nan_value_counts={}, lower_bounds={}, upper_bounds={}, split_offsets=None, sort_order_id=None, **arguments)
            writer.add_entry(m.ManifestEntry.from_args(
                _table_format_version=version, status=m.ManifestEntryStatus.ADDED, snapshot_id=snapshot, sequence_number=None, file_sequence_number=None, data_file=file))
    manifests = [*old.current_snapshot().manifests(table.io), writer.to_manifest_file()]
    listed = f"{folder}/snap-{snapshot}.avro"
    with m.write_manifest_list(2, table.io.new_output(listed), snapshot, old.current_snapshot_id, sequence, "deflate") as out:
        out.add_manifests(manifests)
    new = json.loads(old.model_dump_json())
    summary = {k: v for k, v in new["snapshots"][-1]["summary"].items() if k in ("total-records", "total-data-files")}
    new["snapshots"].append({
        "snapshot-id": snapshot, "parent-snapshot-id": old.current_snapshot_id, "sequence-number": sequence, "timestamp-ms": old.last_updated_ms + 1,
        "manifest-list": listed, "summary": {"operation": "delete", **summary}, "schema-id": old.current_schema_id,
        **({"first-row-id": 0, "added-rows": 0} if version == 3 else {})})
    new.update({"current-snapshot-id": snapshot, "last-sequence-number": sequence, "last-updated-ms": old.last_updated_ms + 1})
    new["refs"]["main"]["snapshot-id"] = snapshot
    if version == 3:
        new.update({"format-version": 3, "next-row-id": 1000})
    newest = max(int(os.path.basename(f).split("-")[0]) for f in glob.glob(f"{root}/lake/{name}/metadata/*.metadata.json"))
    path = f"{folder}/{newest + 1:05d}-{uuid.uuid4()}.metadata.json"
    with open(path.removeprefix("file://"), "w") as out:
        json.dump(new, out)
    catalog.drop_table(f"n.{name}")
    catalog.register_table(f"n.{name}", path)


def stored(name, file, table):
    path = f"{root}/lake/{name}/data/{file}"
    pq.write_table(table, path)
    return {"file_path": f"file://{path}", "record_count": table.num_rows, "file_size_in_bytes": os.path.getsize(path)}


def ids(**columns):
    """A table whose columns have field ids: name=(id, values)."""
    fields = [pa.field(name, values.type, metadata={"PARQUET:field_id": str(i)}) for name, (i, values) in columns.items()]
    return pa.table([values for _, values in columns.values()], schema=pa.schema(fields))


def positions(files, at):
    return ids(file_path=(2147483546, pa.array(files)), pos=(2147483545, pa.array(at, pa.int64())))


def paths(name, partition=None):
    tasks = catalog.load_table(f"n.{name}").scan().plan_files()
    return sorted((t.file for t in tasks), key=lambda f: f.file_path)


def by_hand():
    like = rows(0, 8).select(["id", "small", "name"])
    table = create("by_position", like)
    table.append(rows(0, 100).select(["id", "small", "name"]))
    table.append(rows(100, 150).select(["id", "small", "name"]))
    first, second = (f.file_path for f in paths("by_position"))
    with_deletes("by_position", [
        {"content": m.DataFileContent.POSITION_DELETES, "partition": Record(), "equality_ids": None,
         **stored("by_position", "p1.parquet", positions([first] * 3 + [second] * 2 + ["file:///elsewhere"], [0, 7, 49, 3, 4, 1]))},
        {"content": m.DataFileContent.POSITION_DELETES, "partition": Record(), "equality_ids": None,
         **stored("by_position", "p2.parquet", positions([first], [7]))}])
    catalog.load_table("n.by_position").append(rows(150, 160).select(["id", "small", "name"]))

    table = create("by_equality", like)
    table.append(rows(0, 100).select(["id", "small", "name"]))
    with_deletes("by_equality", [
        {"content": m.DataFileContent.EQUALITY_DELETES, "partition": Record(), "equality_ids": [1],
         **stored("by_equality", "e1.parquet", ids(id=(1, pa.array([3, 5, 500], pa.int64()))))},
        {"content": m.DataFileContent.EQUALITY_DELETES, "partition": Record(), "equality_ids": [2, 3],
         **stored("by_equality", "e2.parquet", ids(small=(2, pa.array([7, 8], pa.int32())), name=(3, pa.array(["n7 é/=%", "other"]))))}])
    catalog.load_table("n.by_equality").append(rows(0, 10).select(["id", "small", "name"]))  # newer: the deletes are not of them

    table = create("by_equality_in_partitions", like, [("small", IdentityTransform())])
    table.append(rows(0, 3).select(["id", "small", "name"]))
    table.append(rows(100, 103).select(["id", "small", "name"]))
    with_deletes("by_equality_in_partitions", [
        {"content": m.DataFileContent.EQUALITY_DELETES, "partition": Record(1), "equality_ids": [1],
         **stored("by_equality_in_partitions", "e.parquet", ids(id=(1, pa.array([1, 2, 100], pa.int64()))))}])

    table = create("by_vector", like)
    table.append(rows(0, 100).select(["id", "small", "name"]))
    (path,) = (f.file_path for f in paths("by_vector"))
    vector = puffin("by_vector", path, [0, 1, 2, 50, 99])
    with_deletes("by_vector", [vector], version=3)


def puffin(name, data, deleted):
    containers = struct.pack("<IIHHI", 12346, 1, 0, len(deleted) - 1, 16) + b"".join(struct.pack("<H", i) for i in deleted)
    bitmap = struct.pack("<I", 1681511377) + struct.pack("<Q", 1) + struct.pack("<I", 0) + containers
    blob = struct.pack(">I", len(bitmap)) + bitmap + struct.pack(">I", zlib.crc32(bitmap))
    footer = json.dumps({"blobs": [{
        "type": "deletion-vector-v1", "fields": [2147483546], "snapshot-id": -1, "sequence-number": -1, "offset": 4, "length": len(blob),
        "properties": {"referenced-data-file": data, "cardinality": str(len(deleted))}}]}).encode()
    path = f"{root}/lake/{name}/data/v.puffin"
    with open(path, "wb") as out:
        out.write(b"PFA1" + blob + b"PFA1" + footer + struct.pack("<II", len(footer), 0) + b"PFA1")
    return {"content": m.DataFileContent.POSITION_DELETES, "partition": Record(), "equality_ids": None, "file_format": m.FileFormat.PUFFIN,
            "file_path": f"file://{path}", "record_count": len(deleted), "file_size_in_bytes": os.path.getsize(path),
            "referenced_data_file": data, "content_offset": 4, "content_size_in_bytes": len(blob)}


pyiceberg()
by_hand()

duck = duckdb.connect()
for name in ("avro", "iceberg"):
    duck.load_extension(str(next(f.locate() for f in importlib.metadata.files(f"duckdb-extension-{name}") if f.name == f"{name}.duckdb_extension")))
for table in sorted(os.listdir(os.path.join(root, "lake"))):
    newest = catalog.load_table(f"n.{table}").metadata_location
    duck.execute(f"COPY (SELECT * FROM iceberg_scan('{newest.removeprefix('file://')}')) TO '{root}/expected/{table}.parquet' (FORMAT parquet)")
    print(table)
