"""Computes the tables of the model shop from its raw files, by the words of docs/shop.md and by nothing of its SQL, and compares them.

shop.py BRONZE SILVER GOLD KEYFILE    prints each difference: rows by their order, doubles to 1e-9, all else exactly
"""
import csv
import datetime as dt
import hashlib
import hmac
import json
import pathlib
import re
import sys
import unicodedata
from decimal import Decimal

import pandas as pd

BRONZE, SILVER, GOLD, KEYFILE = map(pathlib.Path, sys.argv[1:])
KEY = KEYFILE.read_bytes()
UTC = dt.timezone.utc


def raw(pattern):
    """Gives file, suffix, line (from the top) and record, by file name. A record that can't be read is None."""
    for file in sorted(BRONZE.glob(pattern)):
        suffix = file.stem.split("_", 1)[1] if "_" in file.stem else ""
        text = file.read_text("utf-8")
        if file.suffix == ".csv":
            records = enumerate(csv.DictReader(text.splitlines()), 2)
        elif file.suffix == ".json":
            records = enumerate(json.loads(text, parse_float=Decimal, parse_int=Decimal), 1)
        else:
            records = enumerate(map(line_of, text.splitlines()), 1)
        for line, record in records:
            yield file.name, suffix, line, record


def line_of(line):
    try:
        record = json.loads(line, parse_float=Decimal, parse_int=Decimal)
        return record if isinstance(record, dict) else None
    except ValueError:
        return None


def text(value):
    return " ".join(str(value).split()) or None if value is not None else None


def whole(value):
    value = text(value)
    return int(value.split(".")[0]) if value and re.fullmatch(r"[+-]?[0-9]+(\.0*)?", value) else None


def money(value):
    value = text(value)
    return Decimal(value).quantize(Decimal("0.0001")) if value and re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", value) else None


def instant(value):
    value = text(value)
    if value is None:
        return None
    if found := re.fullmatch(r"([0-9]{2})/([0-9]{2})/([0-9]{4})( [0-9]{2}:[0-9]{2}:[0-9]{2})?", value):
        day, month, year, clock = found.groups()
        value = f"{year}-{month}-{day}{clock or ''}"
    elif not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        at = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def ipv4(value):
    parts = (str(value).strip() if value is not None else "").split(".")
    return len(parts) == 4 and all(re.fullmatch("[0-9]{1,3}", p) and str(int(p)) == p and int(p) < 256 for p in parts)


def hashed(email):
    if text(email) is None:
        return None
    plain = unicodedata.normalize("NFKC", email).lower().strip()
    return hmac.new(KEY, b"v1|shop.customers|email|" + plain.encode(), hashlib.sha256).hexdigest()[:32]


def customers():
    rows, read = {}, 0
    for file, suffix, line, r in raw("customers*.csv"):
        read += 1
        number, signup = whole(r["customer_id"]), instant(r["signup_date"])
        if number is None or signup is None:
            continue
        row = {
            "suffix": suffix, "customer_id": number, "first_initial": (text(r["first_name"]) or [None])[0], "last_initial": (text(r["last_name"]) or [None])[0],
            "email_h": hashed(r["email"]), "country": text(r["country"]) or "NA", "signup_date": signup.date(), "order": (suffix, file, line),
        }
        if number not in rows or rows[number]["order"] < row["order"]:
            rows[number] = row
    return pd.DataFrame(rows.values()).sort_values(["suffix", "customer_id"]).drop(columns="order")


def orders():
    rows, repairs = {}, dict.fromkeys(["missing_total", "negative_price", "negative_quantity", "negative_total", "other_channel", "other_total"], 0)
    for file, suffix, line, r in raw("orders*.json"):
        quantity, price, total, channel = whole(r.get("quantity")), money(r.get("unit_price")), money(r.get("total_amount")), text(r.get("channel"))
        repairs["missing_total"] += total is None
        repairs["negative_total"] += total is not None and total < 0
        repairs["negative_quantity"] += quantity is not None and quantity < 0
        repairs["negative_price"] += price is not None and price < 0
        if None not in (quantity, price, total) and min(quantity, price, total) >= 0:
            repairs["other_total"] += quantity * price != total
        channel = channel.lower() if channel else "NA"
        repairs["other_channel"] += channel not in ("web", "mobile", "store", "NA")
        number, at = whole(r.get("order_id")), instant(r.get("order_ts"))
        if number is None or at is None:
            continue
        quantity, price = (max(quantity, 0) if quantity is not None else None), (max(price, Decimal("0.0000")) if price is not None else None)
        if total is None or total < 0:
            total = quantity * price if None not in (quantity, price) else None
        row = {
            "suffix": suffix, "order_id": number, "customer_id": whole(r.get("customer_id")), "product": text(r.get("product")) or "NA", "quantity": quantity,
            "unit_price": price, "total_amount": total, "order_ts": at, "order_date": at.date(), "channel": channel, "order": (at, suffix, file, line),
        }
        if number not in rows or rows[number]["order"] < row["order"]:
            rows[number] = row
    frame = pd.DataFrame(rows.values(), dtype=object).sort_values(["suffix", "order_id"]).drop(columns="order")
    return frame, pd.DataFrame(sorted(repairs.items()), columns=["repair", "orders"])


def clicks():
    rows = []
    for _, suffix, _, r in raw("clicks_*.txt"):
        at = instant(r.get("click_ts")) if r else None
        if at and ipv4(r.get("ip")):
            rows.append({"suffix": suffix, "customer_id": whole(r.get("customer_id")), "page": text(r.get("page")), "click_ts": at})
    return pd.DataFrame(rows, dtype=object)


def revenue(orders, by):
    def of(group):
        known = [t for t in group["total_amount"] if t is not None]
        return pd.Series({"orders": len(group), "orders_with_total": len(known), "revenue": sum(known, Decimal(0))}, dtype=object)
    return orders.groupby(by, sort=True)[["total_amount"]].apply(of).reset_index()


def products(orders):
    table = revenue(orders, "product").drop(columns="orders_with_total")
    pieces = orders[orders["quantity"].notna()].groupby("product")["quantity"].sum()
    table.insert(2, "quantity", table["product"].map(pieces).fillna(0))
    table = table.iloc[sorted(range(len(table)), key=lambda i: (-table["revenue"][i], table["product"][i]))].head(10)
    table.insert(0, "position", range(1, len(table) + 1))
    return table


def gold(orders, people, repairs):
    country = dict(zip(people["customer_id"], people["country"]))
    placed = orders.assign(country=[country.get(c, "NA") for c in orders["customer_id"]])
    everything = revenue(orders.assign(all=1), "all").drop(columns="all")
    everything["aov"] = [float(r) / n if n else None for r, n in zip(everything["revenue"], everything["orders_with_total"])]
    return {
        "sales_by_day": revenue(orders, "order_date"), "top_products": products(orders), "aov": everything, "order_repairs": repairs,
        "revenue_by_channel": revenue(orders, "channel").drop(columns="orders_with_total"),
        "revenue_by_country": revenue(placed, "country").drop(columns="orders_with_total"),
    }


def shown(value):
    """A value as a file may have it; numbers are compared as numbers."""
    if value is None or value is pd.NaT or isinstance(value, float) and value != value:
        return ""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value)


def equal(want, got):
    if want == got:
        return True
    try:
        want, got = float(want), float(got)
    except ValueError:
        return False
    return abs(want - got) <= 1e-9 * abs(want)


def compare(name, want, file):
    if not file.exists():
        print(f"{name}: {file.name} is missing")
        return
    with file.open(encoding="utf-8", newline="") as f:
        got = list(csv.reader(f))
    rows = [[shown(v) for v in row] for row in want.itertuples(index=False)]
    if got[0] != list(want.columns):
        print(f"{name}: columns {got[0]}, want {list(want.columns)}")
    elif len(got) - 1 != len(rows):
        print(f"{name}: {file.name}: {len(got) - 1} rows, want {len(rows)}")
    else:
        for i, (w, g) in enumerate(zip(rows, got[1:]), 1):
            if not all(map(equal, w, g)):
                print(f"{name}: {file.name}: row {i} is {g}, want {w}")


def main():
    people, (sold, repairs), seen = customers(), orders(), clicks()
    for name, table in {"customers_clean": people, "orders_clean": sold, "clicks_clean": seen}.items():
        names = set()
        for suffix, rows in table.groupby("suffix", sort=False):
            names.add(f"{name}_{suffix}.csv" if suffix else f"{name}.csv")
            compare(name, rows.drop(columns="suffix"), SILVER / (f"{name}_{suffix}.csv" if suffix else f"{name}.csv"))
        if extra := {f.name for f in SILVER.glob(f"{name}*.csv")} - names:
            print(f"{name}: unexpected files {sorted(extra)[:3]}")
    newest = max(suffix for pattern in ["customers*.csv", "orders*.json"] for _, suffix, _, _ in raw(pattern))
    orders_newest = max(suffix for _, suffix, _, _ in raw("orders*.json"))
    for name, table in gold(sold, people, repairs).items():
        compare(name, table, GOLD / name / f"{name}_{newest if name == 'revenue_by_country' else orders_newest}.csv")


main()
