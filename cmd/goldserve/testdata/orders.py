"""Computes the tables of the orders model from its raw files, by the words of docs/orders.md and by nothing of its SQL, and compares them.

usage: orders.py RAW PROCESSED FEATURES
Prints each difference (doubles within 1e-9, all else exactly), and how many rows each table has.
"""
import datetime as dt
import json
import math
import pathlib
import re
import sys
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pyarrow.parquet as pq

RAW, PROCESSED, FEATURES = map(pathlib.Path, sys.argv[1:])
UTC = dt.timezone.utc
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
REQUIRED = ["event_id", "event_ts", "order_id", "customer_id"]


def text(value):
    if value is None:
        return None
    if isinstance(value, bool):
        value = str(value).lower()
    return " ".join(str(value).split()) or None


def lower(value):
    value = text(value)
    return value.lower() if value else None


def title(value):
    value = text(value)
    return re.sub(r"[^\W\d_]+", lambda m: m[0][0].upper() + m[0][1:].lower(), value) if value else None


def whole(value):
    value = text(value)
    return int(value.split(".")[0]) if value and re.fullmatch(r"[+-]?[0-9]+(\.0*)?", value) else None


def number(value):
    value = text(value)
    return float(value) if value and NUMBER.fullmatch(value) else None


def money(value):
    value = text(value)
    return Decimal(value).quantize(Decimal("0.0001"), ROUND_HALF_UP) + 0 if value and NUMBER.fullmatch(value) else None


def day(value):
    value = text(value)
    try:
        return dt.date.fromisoformat(value) if value and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None
    except ValueError:
        return None


def instant(value):
    value = text(value)
    if value is None:
        return None
    french = re.fullmatch(r"([0-9]{2})/([0-9]{2})/([0-9]{4})( [0-9]{2}:[0-9]{2}:[0-9]{2})?", value)
    if french:
        value = f"{french[3]}-{french[2]}-{french[1]}{french[4] or ''}"
    if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        at = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return (at.astimezone(UTC) if at.tzinfo else at).replace(tzinfo=None)


def truth(value):
    return {"true": 1, "yes": 1, "1": 1, "false": 0, "no": 0, "0": 0}.get(lower(value))


def kept(value, right):
    return value if value is not None and right(value) else None


def clean(record):
    """What a record becomes, whatever the others are; None: it is rejected."""
    e = {
        "event_id": text(record.get("event_id")), "event_ts": instant(record.get("event_ts")), "order_id": whole(record.get("order_id")),
        "customer_id": whole(record.get("customer_id")), "customer_since": day(record.get("customer_since")), "country": title(record.get("country")),
        "channel": lower(record.get("channel")), "device": lower(record.get("device")), "category": lower(record.get("category")),
        "items": kept(whole(record.get("items")), lambda n: n > 0), "basket_value": kept(money(record.get("basket_value")), lambda n: n >= 0),
        "discount_pct": kept(number(record.get("discount_pct")), lambda n: 0 <= n <= 100), "payment_method": lower(record.get("payment_method")),
        "delivery_days": kept(whole(record.get("delivery_days")), lambda n: n >= 0), "returned": truth(record.get("returned")),
    }
    if any(e[name] is None for name in REQUIRED):
        return None
    at, since = e["event_ts"], e["customer_since"]
    e["order_date"], e["order_hour"], e["weekday"] = at.date(), at.hour, at.isoweekday()
    e["is_weekend"] = int(at.isoweekday() > 5)
    e["is_discounted"] = None if e["discount_pct"] is None else int(e["discount_pct"] > 0)
    e["tenure_days"] = kept((at.date() - since).days if since else None, lambda n: n >= 0)
    return e


def events():
    rows, seen = [], set()
    for file in sorted(RAW.glob("*.jsonl")):
        for line, raw in enumerate(file.read_text("utf-8").split("\n"), 1):
            try:
                record = json.loads(raw, parse_float=str, parse_int=str)
            except ValueError:
                continue
            e = clean(record) if isinstance(record, dict) else None
            if e is None or e["event_id"] in seen:
                continue
            seen.add(e["event_id"])
            rows.append(e | {"source_file": file.name, "source_line": line})
    return rows


def firsts(rows, key):
    """The first row of each value of a key, in the order of the values."""
    return pd.DataFrame(rows, dtype=object).drop_duplicates(key, keep="first").sort_values(key).to_dict("records")


def built(path):
    return [{k: v.replace(tzinfo=None) if isinstance(v, dt.datetime) else v for k, v in row.items()} for row in pq.read_table(path).to_pylist()]


def compare(name, want, got, columns):
    if len(want) != len(got):
        print(f"{name}: {len(want)} rows wanted, {len(got)} found")
        return
    if got and list(got[0]) != columns:
        print(f"{name}: columns {list(got[0])}")
        return
    for i, (a, b) in enumerate(zip(want, got)):
        for c in columns:
            x, y = a[c], b[c]
            same = math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-9) if isinstance(x, float) and isinstance(y, float) else type(x) is type(y) and x == y
            if not same:
                print(f"{name}, row {i + 1}, {c}: {x!r} wanted, {y!r} found")
                return
    print(f"{name} {len(got)}")


rows = events()
cleaned = built(PROCESSED / "orders_events_cleaned.parquet")
columns = list(rows[0])
compare("cleaned", rows, cleaned, columns)


def shown(value):
    """A value as the text formats have it."""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, (dt.date, Decimal)):
        return str(value)
    return value


texts = [{c: shown(r[c]) for c in columns} for r in rows]
lines = json.loads((PROCESSED / "orders_events_cleaned.json").read_text("utf-8"), parse_float=str)
for r in lines:
    if r["discount_pct"] is not None:
        r["discount_pct"] = float(r["discount_pct"])
compare("json", texts, lines, columns)
csv = pd.read_csv(PROCESSED / "orders_events_cleaned.csv", dtype=str, keep_default_na=False)
as_csv = [{c: "" if r[c] is None else str(r[c]) for c in columns} for r in texts]
compare("csv", as_csv, csv.to_dict("records"), columns)

by = lambda key: lambda r: r[key]
compare("events", sorted(rows, key=by("event_id")), built(FEATURES / "events.parquet"), ["event_id", "event_ts", "order_id", "customer_id", "order_date", "country",
        "channel", "device", "category", "items", "basket_value", "returned"])
orders = firsts(rows, "order_id")
compare("orders", orders, built(FEATURES / "orders.parquet"), ["order_id", "event_id", "customer_id", "event_ts", "order_date", "order_hour", "weekday", "is_weekend",
        "country", "channel", "device", "category", "items", "basket_value", "discount_pct", "is_discounted", "payment_method", "delivery_days", "tenure_days", "returned"])
first = {"first_order_id": "order_id", "first_order_date": "order_date", "first_channel": "channel", "first_device": "device", "first_category": "category"}
customers = [r | {new: r[old] for new, old in first.items()} for r in firsts(rows, "customer_id")]
compare("customers", customers, built(FEATURES / "customers.parquet"), ["customer_id", "customer_since", "country", *first])
compare("predictions", orders, built(FEATURES / "predictions.parquet"), ["order_id", "customer_id", "order_date", "country", "channel", "device", "category", "items",
        "basket_value", "discount_pct", "is_discounted", "payment_method", "delivery_days", "tenure_days", "order_hour", "is_weekend"])
