"""Writes Delta, Iceberg and Parquet tables with Spark into tables.tar.gz, and what Spark reads of each into rows.json, both
beside this file: write.py DELTA_SPARK.jar DELTA_STORAGE.jar ICEBERG_SPARK_RUNTIME.jar. README.md says where these come from."""

import datetime as dt
import decimal
import json
import os
import pathlib
import sys
import tarfile
import tempfile
import time

from delta.tables import DeltaTable, IdentityGenerator
from pyspark.sql import Row, SparkSession
from pyspark.sql.types import DateType, IntegerType, LongType, StringType, TimestampType

os.environ["TZ"] = "UTC"
time.tzset()
here, root = pathlib.Path(__file__).parent, pathlib.Path(tempfile.mkdtemp(prefix="spark-tables-"))
settings = {
    "spark.jars": ",".join(sys.argv[1:]), "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1", "spark.databricks.delta.snapshotPartitions": "1", "spark.default.parallelism": "1",
    "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.databricks.delta.retentionDurationCheck.enabled": "false", "spark.sql.warehouse.dir": str(root / "warehouse"),
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension,org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.catalog.ice": "org.apache.iceberg.spark.SparkCatalog", "spark.sql.catalog.ice.type": "hadoop",
    "spark.sql.catalog.ice.warehouse": str(root),
}
builder = SparkSession.builder.master("local[1]")
for key, value in settings.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
expected = {}


def text(v):
    """Returns a value as rows.json has it: decimals, dates and times as text, times in UTC and cut to milliseconds."""
    if isinstance(v, Row):
        return {name: text(value) for name, value in v.asDict().items()}
    if isinstance(v, dict):
        return {key: text(value) for key, value in v.items()}
    if isinstance(v, list):
        return [text(each) for each in v]
    if isinstance(v, dt.datetime):
        return v.replace(microsecond=v.microsecond // 1000 * 1000).isoformat(timespec="milliseconds" if v.microsecond >= 1000 else "seconds") + "Z"
    if isinstance(v, dt.date):
        return v.isoformat()
    return format(v, "f") if isinstance(v, decimal.Decimal) else v


def keep(name, rows, **more):
    """Notes what Spark reads of a table, and what a reader must know to read the same."""
    listed = [[text(v) for v in row] for row in rows.collect()]
    expected[name] = {"columns": rows.columns, "rows": sorted(listed, key=json.dumps), **more}
    print(name, len(listed), flush=True)


def rows(first, last, columns="*"):
    return f"""SELECT {columns} FROM (SELECT id, date_add(DATE'2024-01-30', CAST(id % 3 AS INT)) AS day,
        CASE id % 5 WHEN 0 THEN 'Québec' WHEN 1 THEN 'a b/c=d%é' WHEN 2 THEN NULL WHEN 3 THEN 'NULL' ELSE 'it''s "so", {{x}}' END AS place,
        CAST(id * 1.25 - 3 AS DECIMAL(12, 2)) AS amount, CAST(CAST(id AS DECIMAL(20, 0)) / 7 AS DECIMAL(38, 18)) AS wide,
        TIMESTAMP'2024-03-31 00:59:59.123456' + make_dt_interval(0, CAST(id AS INT)) AS at,
        id / 7 AS x, CAST(id / 8 AS FLOAT) AS f, id % 2 = 0 AS ok, CAST(id % 100 AS TINYINT) AS tiny, CAST(id AS INT) AS whole,
        CASE id % 4 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE concat('n', id) END AS note FROM range({first}, {last}))"""


NONE, VECTORS = "AS " + rows(0, 0), "'delta.enableDeletionVectors' = 'true'"


def insert(first, last, columns="*"):
    return "INSERT INTO {T} " + rows(first, last, columns).replace("{x}", "{{x}}")


def make(t, name, using, definition, statements, read, more):
    """Makes a table, for whose name statements say {T}, and notes its rows."""
    for s in [f"CREATE TABLE {t} USING {using} {definition}".replace("{x}", "{{x}}"), *statements]:
        spark.sql(s.replace("{T}", t).replace("{{x}}", "{x}"))
    keep(name, spark.sql(read.replace("{T}", t)), **more)


def delta(name, definition, *statements, read="SELECT * FROM {T}", **more):
    make(f"delta.`{root}/delta/{name}`", "delta/" + name, "delta", definition, statements, read, more)


def iceberg(name, definition, *statements, read="SELECT * FROM {T}", **more):
    make(f"ice.iceberg.{name}", "iceberg/" + name, "iceberg", definition, statements, read, more)


# Structs are read as a column for each of their fields.
NESTED = "SELECT id, pos.p AS `pos.p`, pos.deep.d AS `pos.deep.d`, pos.deep.a AS `pos.deep.a`, tags, props FROM {T}"


def deltas():
    delta("partitioned", "PARTITIONED BY (place, day) " + NONE, insert(0, 12), insert(12, 20))
    delta("partitioned_by_times", "PARTITIONED BY (at, ok, amount, x) " + NONE, insert(0, 5))
    delta("deleted", f"TBLPROPERTIES ({VECTORS}) " + NONE, insert(0, 40), "DELETE FROM {T} WHERE id % 3 = 1",
          "UPDATE {T} SET amount = amount + 1000 WHERE id < 6", "DELETE FROM {T} WHERE id = 39",
          "MERGE INTO {T} t USING (SELECT id FROM range(36, 44)) s ON t.id = s.id WHEN MATCHED AND t.ok THEN DELETE "
          "WHEN MATCHED THEN UPDATE SET note = 'merged' WHEN NOT MATCHED THEN INSERT (id, note) VALUES (s.id, 'new')")
    delta("deleted_in_partitions", f"PARTITIONED BY (day) TBLPROPERTIES ({VECTORS}) " + NONE, insert(0, 30),
          "DELETE FROM {T} WHERE id % 2 = 0 AND day > DATE'2024-01-30'", "REORG TABLE {T} APPLY (PURGE)",
          "DELETE FROM {T} WHERE day = DATE'2024-02-01'", "DELETE FROM {T} WHERE id = 3")
    delta("mapped_by_name", f"TBLPROPERTIES ('delta.columnMapping.mode' = 'name', {VECTORS}) " + NONE, insert(0, 6),
          "ALTER TABLE {T} RENAME COLUMN amount TO `prix (€), net`", "ALTER TABLE {T} DROP COLUMN note", "ALTER TABLE {T} ADD COLUMN note INT AFTER id",
          insert(6, 9, "id, 7, day, place, amount, wide, at, x, f, ok, tiny, whole"), "DELETE FROM {T} WHERE id = 2")
    delta("mapped_by_id", "PARTITIONED BY (place) TBLPROPERTIES ('delta.columnMapping.mode' = 'id') " + NONE, insert(0, 6),
          "ALTER TABLE {T} RENAME COLUMN place TO `lieu d'achat`", "ALTER TABLE {T} RENAME COLUMN x TO X2", insert(6, 9))
    delta("checkpointed", "TBLPROPERTIES ('delta.checkpointInterval' = '3', 'delta.checkpoint.writeStatsAsStruct' = 'true') " + NONE,
          *(insert(i * 2, i * 2 + 2) for i in range(7)), "DELETE FROM {T} WHERE id = 3")
    for n in range(5):  # as the retention of logs does
        (root / f"delta/checkpointed/_delta_log/{n:020}.json").unlink()
    delta("checkpointed_v2", f"PARTITIONED BY (ok) TBLPROPERTIES ('delta.checkpointInterval' = '2', 'delta.checkpointPolicy' = 'v2', {VECTORS}) " + NONE,
          *(insert(i * 4, i * 4 + 4) for i in range(4)), "DELETE FROM {T} WHERE id IN (2, 9)")
    delta("widened", "TBLPROPERTIES ('delta.enableTypeWidening' = 'true', 'delta.feature.timestampNtz' = 'supported') AS " + rows(0, 4, "tiny, whole, f, CAST(id AS DECIMAL(5, 2)) AS price, day, place"),
          "ALTER TABLE {T} ALTER COLUMN tiny TYPE INT", "ALTER TABLE {T} ALTER COLUMN whole TYPE BIGINT", "ALTER TABLE {T} ALTER COLUMN f TYPE DOUBLE",
          "ALTER TABLE {T} ALTER COLUMN price TYPE DECIMAL(20, 4)", "ALTER TABLE {T} ALTER COLUMN day TYPE TIMESTAMP_NTZ",
          "INSERT INTO {T} VALUES (1000, 5000000000, 0.1D, 123456.7891, TIMESTAMP_NTZ'2024-02-29 12:00:00', 'later')")
    delta("evolved", "AS " + rows(0, 3, "id, day"), "ALTER TABLE {T} ADD COLUMNS (extra STRING FIRST, more DOUBLE)",
          "INSERT INTO {T} VALUES ('e', 10, DATE'2024-01-01', 0.5)", "ALTER TABLE {T} ALTER COLUMN extra AFTER day")
    delta("local_times", "AS " + rows(0, 4, "id, CAST(at AS TIMESTAMP_NTZ) AS local, at"),
          "INSERT INTO {T} VALUES (9, TIMESTAMP_NTZ'0001-01-01 00:00:00', TIMESTAMP'1899-12-31 23:59:59.999Z')")
    delta("nested", "AS " + rows(0, 4, "id, struct(place AS p, struct(day AS d, amount AS a) AS deep) AS pos, IF(id = 1, NULL, array(note, 'z')) AS tags, map('k', x) AS props"), read=NESTED)
    delta("optimized", NONE, *(insert(i, i + 1) for i in range(5)), "OPTIMIZE {T} ZORDER BY (x)", "VACUUM {T} RETAIN 0 HOURS")
    delta("clustered", "CLUSTER BY (place, id) TBLPROPERTIES ('delta.enableRowTracking' = 'true', 'delta.enableInCommitTimestamps' = 'true') " + NONE, insert(0, 9), "OPTIMIZE {T}")
    delta("changes_kept", "TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true') " + NONE, insert(0, 6), "UPDATE {T} SET note = 'u' WHERE id = 1", "DELETE FROM {T} WHERE id = 2")
    delta("restored", NONE, insert(0, 4), insert(4, 8), "DELETE FROM {T} WHERE id < 6", "RESTORE TABLE {T} TO VERSION AS OF 1")
    delta("replaced", "PARTITIONED BY (day) " + NONE, insert(0, 4),
          "CREATE OR REPLACE TABLE {T} USING delta PARTITIONED BY (b) AS SELECT CAST(id AS STRING) AS a, id AS b FROM range(3)",
          "INSERT OVERWRITE {T} SELECT 'o', id FROM range(5, 7)")
    delta("emptied", NONE, insert(0, 3), "DELETE FROM {T}")
    delta("as_of", NONE, insert(0, 3), insert(3, 6), "DELETE FROM {T} WHERE id < 5", read="SELECT * FROM {T} VERSION AS OF 2", version=2)
    delta("variant", "AS SELECT id, parse_json('{\"a\": 1}') AS v FROM range(2)", read="SELECT id FROM {T}", refused="variant")
    source = f"delta.`{root}/delta/optimized`"
    spark.sql(f"CREATE TABLE delta.`{root}/delta/cloned` SHALLOW CLONE {source}")
    keep("delta/cloned", spark.sql(f"SELECT * FROM {source}"), refused="outside")
    computed()


def computed():
    """Makes a Delta table whose columns are computed, numbered and defaulted, which its API alone can."""
    place = str(root / "delta/computed")
    (DeltaTable.create(spark).location(place)
     .addColumn("id", LongType(), generatedAlwaysAs=IdentityGenerator(start=5, step=-2)).addColumn("at", TimestampType())
     .addColumn("day", DateType(), generatedAlwaysAs="CAST(at AS DATE)").addColumn("year", IntegerType(), generatedAlwaysAs="YEAR(at)")
     .addColumn("note", StringType()).partitionedBy("year").execute())
    spark.sql(f"INSERT INTO delta.`{place}` (at, note) VALUES (TIMESTAMP'2023-12-31 23:30:00', 'a'), (TIMESTAMP'2024-01-01 00:30:00', NULL)")
    spark.sql(f"ALTER TABLE delta.`{place}` SET TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled')")
    spark.sql(f"ALTER TABLE delta.`{place}` ALTER COLUMN note SET DEFAULT 'none'")
    spark.sql(f"ALTER TABLE delta.`{place}` ADD CONSTRAINT recent CHECK (at > TIMESTAMP'2020-01-01 00:00:00')")
    spark.sql(f"INSERT INTO delta.`{place}` (at) VALUES (TIMESTAMP'2024-06-01 12:00:00')")
    keep("delta/computed", spark.read.format("delta").load(place))


def icebergs():
    merge = "'write.delete.mode' = 'merge-on-read', 'write.update.mode' = 'merge-on-read', 'write.merge.mode' = 'merge-on-read'"
    changes = ["DELETE FROM {T} WHERE id % 3 = 1", "UPDATE {T} SET amount = amount + 1000 WHERE id < 6", "DELETE FROM {T} WHERE id = 39",
               "MERGE INTO {T} t USING (SELECT id FROM range(36, 44)) s ON t.id = s.id WHEN MATCHED AND t.ok THEN DELETE "
               "WHEN MATCHED THEN UPDATE SET note = 'merged' WHEN NOT MATCHED THEN INSERT (id, note) VALUES (s.id, 'new')"]
    iceberg("partitioned", "PARTITIONED BY (days(at), bucket(3, id), truncate(2, place), day) " + NONE, insert(0, 8), insert(8, 12))
    iceberg("partitioned_by_values", "PARTITIONED BY (place, ok, amount, at) " + NONE, insert(0, 5))
    iceberg("deleted", f"TBLPROPERTIES ({merge}) " + NONE, insert(0, 40), *changes)
    iceberg("deleted_in_partitions", f"PARTITIONED BY (day) TBLPROPERTIES ({merge}) " + NONE, insert(0, 40), *changes)
    iceberg("copied_on_write", NONE, insert(0, 40), *changes)
    iceberg("compacted", f"TBLPROPERTIES ({merge}) " + NONE, insert(0, 20), "DELETE FROM {T} WHERE id % 2 = 0", insert(20, 30),
            "CALL ice.system.rewrite_data_files(table => 'iceberg.compacted', options => map('min-input-files', '1', 'delete-file-threshold', '1'))",
            "DELETE FROM {T} WHERE id = 21", "CALL ice.system.rewrite_manifests('iceberg.compacted')",
            "CALL ice.system.expire_snapshots(table => 'iceberg.compacted', older_than => TIMESTAMP '2999-01-01 00:00:00', retain_last => 1)")
    iceberg("repartitioned", "PARTITIONED BY (day) " + NONE, insert(0, 4), "ALTER TABLE {T} ADD PARTITION FIELD bucket(2, place)", insert(4, 8),
            "ALTER TABLE {T} DROP PARTITION FIELD day", insert(8, 10), "ALTER TABLE {T} REPLACE PARTITION FIELD bucket(2, place) WITH months(at)", insert(10, 12))
    iceberg("evolved", "AS " + rows(0, 4, "id, whole, f, CAST(id AS DECIMAL(5, 2)) AS price, note, place"), "ALTER TABLE {T} ALTER COLUMN whole TYPE BIGINT",
            "ALTER TABLE {T} ALTER COLUMN f TYPE DOUBLE", "ALTER TABLE {T} ALTER COLUMN price TYPE DECIMAL(20, 2)", "ALTER TABLE {T} RENAME COLUMN place TO lieu",
            "ALTER TABLE {T} DROP COLUMN note", "ALTER TABLE {T} ADD COLUMN note INT AFTER id", "ALTER TABLE {T} ALTER COLUMN lieu FIRST",
            "INSERT INTO {T} VALUES ('l', 10, 7, 5000000000, 0.1D, 123456.78)")
    iceberg("version_1", "PARTITIONED BY (day) TBLPROPERTIES ('format-version' = '1') " + NONE, insert(0, 12), *changes)
    iceberg("tagged", NONE, insert(0, 3), "ALTER TABLE {T} CREATE TAG `end-of-month`", insert(3, 6), "ALTER TABLE {T} CREATE BRANCH audit",
            "DELETE FROM {T} WHERE id < 5", read="SELECT * FROM {T} VERSION AS OF 'end-of-month'", tag="end-of-month")
    iceberg("branched", NONE, insert(0, 3), "ALTER TABLE {T} CREATE BRANCH audit", "DELETE FROM ice.iceberg.branched.branch_audit WHERE id = 1", insert(3, 6),
            read="SELECT * FROM {T} VERSION AS OF 'audit'", branch="audit")
    spark.sql("CREATE TABLE ice.iceberg.never_written (id BIGINT, note STRING) USING iceberg")
    keep("iceberg/never_written", spark.sql("SELECT * FROM ice.iceberg.never_written"))
    iceberg("emptied", NONE, insert(0, 3), "DELETE FROM {T}")
    iceberg("local_times", "AS " + rows(0, 4, "id, CAST(at AS TIMESTAMP_NTZ) AS local, at"),
            "INSERT INTO {T} VALUES (9, TIMESTAMP_NTZ'0001-01-01 00:00:00', TIMESTAMP'1899-12-31 23:59:59.999Z')")
    iceberg("nested", "AS " + rows(0, 4, "id, struct(place AS p, struct(day AS d, amount AS a) AS deep) AS pos, IF(id = 1, NULL, array(note, 'z')) AS tags, map('k', x) AS props"), read=NESTED)
    iceberg("gzip_metadata", "TBLPROPERTIES ('write.metadata.compression-codec' = 'gzip', 'write.parquet.compression-codec' = 'gzip') " + NONE, insert(0, 4))
    iceberg("vectors", f"TBLPROPERTIES ('format-version' = '3', {merge}) " + NONE, insert(0, 9), "DELETE FROM {T} WHERE id = 4")
    iceberg("avro", "TBLPROPERTIES ('write.format.default' = 'avro') " + NONE, insert(0, 4), refused="avro")
    iceberg("orc", "TBLPROPERTIES ('write.format.default' = 'orc') " + NONE, insert(0, 4), refused="orc")


def parquets():
    def write(name, writer, **conf):
        for key, value in conf.items():
            spark.conf.set("spark.sql.parquet." + key, value)
        writer.save(str(root / "parquet" / name))
        for key in conf:
            spark.conf.unset("spark.sql.parquet." + key)
        keep("parquet/" + name, spark.read.parquet(str(root / "parquet" / name)))

    some = lambda: spark.sql(rows(0, 12).replace("{{x}}", "{x}")).write.format("parquet")
    write("int96", some())
    write("micros", some(), outputTimestampType="TIMESTAMP_MICROS")
    write("millis", some().option("compression", "zstd"), outputTimestampType="TIMESTAMP_MILLIS")
    write("legacy", some().option("compression", "gzip"), writeLegacyFormat="true")
    write("version_2", some().option("parquet.writer.version", "v2").option("compression", "lz4_raw"))
    write("partitioned", some().partitionBy("place", "day"))
    write("by_rows", spark.sql(rows(0, 12).replace("{{x}}", "{x}")).repartition(4).write.format("parquet").option("maxRecordsPerFile", "2"))


deltas()
icebergs()
parquets()
spark.stop()
expected["iceberg"] = {"location": "file:" + str(root / "iceberg")}


def plain(entry):
    """Leaves out who wrote a file, and when."""
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


with tarfile.open(here / "tables.tar.gz", "w:gz", compresslevel=9) as packed:
    for file in sorted(root.rglob("*")):
        within = file.relative_to(root)
        if file.is_file() and within.parts[0] != "warehouse" and not (file.name.startswith(".") and file.name.endswith(".crc")):
            packed.add(file, within.as_posix(), filter=plain)
with open(here / "rows.json", "w", encoding="utf-8") as f:
    f.write("{\n" + ",\n".join(json.dumps(name) + ": " + json.dumps(table, ensure_ascii=False) for name, table in expected.items()) + "\n}\n")
