"""Writes one table of texts and integers into the folder argv[1] in several ways, and prints its rows as pandas reads them:
tab-separated, null where there is none."""
import random
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

folder, rows = Path(sys.argv[1]), 3000
rng = random.Random(7)


def grouped(n, mark):
    return f"{n:,}".replace(",", mark)


def amount():
    cents = rng.choice([rng.randint(-10**4, 10**4), rng.randint(-10**15, 10**15)])
    whole, rest = divmod(abs(cents), 100)
    mark = rng.choice([" ", "\u00a0", "\u202f", ""])
    text = ("-" if cents < 0 else "") + grouped(whole, mark) + f",{rest:02d}"
    return rng.choice([text, text, text, " " + text, "", "NA", None])


def instant():
    return datetime(1995, 1, 1) + timedelta(seconds=rng.randint(0, 40 * 365 * 86400))


def sometimes(value, none=None):
    return none if rng.random() < 0.1 else value


zones = [timezone(timedelta(hours=h)) for h in (-5, 0, 2)]
raw = pd.DataFrame({
    "id": range(1, rows + 1),
    "amount": [amount() for _ in range(rows)],
    "units": [sometimes(grouped(rng.randint(-10**6, 10**6), "."), "-") for _ in range(rows)],
    "day": [sometimes(instant().strftime("%d/%m/%Y"), "") for _ in range(rows)],
    "seen": [instant().strftime("%d.%m.%y %H:%M:%S") for _ in range(rows)],
    "sent": [instant().replace(microsecond=rng.choice([0, 123000]), tzinfo=rng.choice(zones)).isoformat(sep=" ") for _ in range(rows)],
    "active": [rng.choice(["Y", "1", "N", "0", "?"]) for _ in range(rows)],
    "flag": [rng.choice([0, 1, 9]) for _ in range(rows)],
    "millis": [rng.randint(-10**12, 2 * 10**12) for _ in range(rows)],
    "key": pd.Series([sometimes(float(instant().strftime("%Y%m%d")), float("nan")) for _ in range(rows)]),
    "zip": [rng.randint(1000, 99999) for _ in range(rows)],
    "note": [rng.choice(["", "NA", "n/a", " x "]) for _ in range(rows)],
})

amount = raw["amount"].replace({"": None, "NA": None}).str.replace(r"[ \u00a0\u202f]", "", regex=True).str.replace(",", ".")
units = raw["units"].replace({"-": None}).str.replace(".", "", regex=False)
read = pd.DataFrame({
    "id": raw["id"],
    "amount": amount.map(lambda s: None if s is None else repr(float(s))),
    "exact": amount.map(lambda s: None if s is None else f"{Decimal(s):.2f}"),
    "units": units.map(lambda s: None if s is None else str(int(s))),
    "day": pd.to_datetime(raw["day"].replace({"": None}), format="%d/%m/%Y").dt.strftime("%Y-%m-%d"),
    "seen": pd.to_datetime(raw["seen"], format="%d.%m.%y %H:%M:%S")
    .dt.tz_localize("Europe/Paris", ambiguous=[True] * rows, nonexistent=pd.Timedelta(hours=1)).dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "sent": pd.to_datetime(raw["sent"], format="ISO8601", utc=True).dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    "active": raw["active"].map({"Y": "true", "1": "true", "N": "false", "0": "false", "?": None}),
    "flag": raw["flag"].map({1: "true", 0: "false", 9: None}),
    "millis": pd.to_datetime(raw["millis"], unit="ms", utc=True).dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    "key": pd.to_datetime(raw["key"].astype("Int64").astype("string"), format="%Y%m%d").dt.strftime("%Y-%m-%d"),
    "zip": raw["zip"].astype(str),
    "note": raw["note"].map({"": None, "NA": None, "n/a": "n/a", " x ": " x "}),
})

table = pa.Table.from_pandas(raw, preserve_index=False)
pq.write_table(table, folder / "coded.parquet", row_group_size=500)
pq.write_table(table, folder / "plain.parquet", row_group_size=700, use_dictionary=False, data_page_version="2.0", data_page_size=4096)
(folder / "parts.parquet").mkdir()
for part in range(4):
    pq.write_table(table.slice(part * rows // 4, rows // 4), folder / "parts.parquet" / f"part-{part}.parquet", row_group_size=200)
for row in read.itertuples(index=False):
    print("\t".join("null" if pd.isna(v) else str(v) for v in row))
