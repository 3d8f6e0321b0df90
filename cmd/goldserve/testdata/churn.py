"""The tables of the model churn, computed from the raw files with pandas, month by month, and held against a build's gold.

usage: churn.py BRONZE GOLD FIRST_MONTH
Prints what differs; nothing if all tables are equal (numbers within 1e-9).
It upserts as a database would, in a loop over the months, and shares nothing with the model's SQL.
"""
import pathlib
import re
import sys
from decimal import Decimal

import pandas as pd

bronze, gold, first = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), pd.Period(sys.argv[3][:7], "M")

TEXT, WHOLE, NUMBER, MONEY, DATE, TRUTH = "text", "whole", "number", "money", "date", "truth"
TABLES = {
    "users": {"signup_date": DATE, "gender": TEXT, "senior": TRUTH, "partner": TRUTH, "dependents": TRUTH},
    "subscriptions": {"months_stay": WHOLE, "contract_type": TEXT, "monthly_fee": MONEY, "paperless_billing": TRUTH, "payment_method": TEXT,
                      "plan_hd": TRUTH, "plan_family": TRUTH, "extra_downloads": TRUTH},
    "usage_agg_30d": {"watch_hours_30d": NUMBER, "avg_session_mins_7d": NUMBER, "unique_devices_30d": WHOLE, "skips_7d": WHOLE, "rebuffer_events_7d": WHOLE},
    "payments_agg_90d": {"failed_payments_90d": WHOLE},
    "support_agg_90d": {"support_tickets_90d": WHOLE, "ticket_avg_resolution_hrs_90d": NUMBER},
    "labels": {"churn_label": TRUTH},
}


def meaning(kind, text):
    """What a text of a file means; None if it means nothing of the kind."""
    text = " ".join(text.split())
    if text == "":
        return None
    if kind == TEXT:
        return text
    if kind == DATE:
        try:
            return pd.Timestamp(text).date() if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
        except ValueError:
            return None
    if kind == TRUTH:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower())
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    if not number.is_finite():
        return None
    if kind == WHOLE:
        return int(number) if number == int(number) else None
    return number if kind == MONEY else float(number)


def read(table, month):
    path = bronze / f"month_{month:03d}" / f"{table}.csv"
    if not path.exists():
        return {}
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert frame["user_id"].is_unique, path
    return {row["user_id"]: {c: meaning(kind, row[c]) for c, kind in TABLES[table].items()} for row in frame.to_dict("records")}


months = sorted(int(p.name[6:]) for p in bronze.glob("month_*"))
live = {t: {} for t in TABLES}
snapshots = {t: [] for t in TABLES if t != "labels"}
facts = []
for month in months:
    as_of = (first + month).end_time.date()
    for table in TABLES:
        live[table].update(read(table, month))
    for table in snapshots:
        snapshots[table] += [{"user_id": u, "as_of": as_of, **row} for u, row in live[table].items()]
    for user, row in read("labels", month).items():
        if row["churn_label"] is None:
            continue
        plan = live["subscriptions"].get(user, {"contract_type": None, "months_stay": None})
        stay = plan["months_stay"]
        band = "unknown" if stay is None else next(b for low, b in [(48, "48+"), (24, "24-47"), (12, "12-23"), (6, "06-11"), (-1, "00-05")] if stay >= low)
        facts.append({"user_id": user, "as_of": as_of, "contract_type": plan["contract_type"] or "unknown", "tenure_band": band, "churned": int(row["churn_label"])})

expected = {t: (["user_id"], [{"user_id": u, **row} for u, row in rows.items()]) for t, rows in live.items()}
expected |= {f"{t}_snapshots": (["user_id", "as_of"], rows) for t, rows in snapshots.items()}
expected["churn_months"] = (["user_id", "as_of"], facts)
for table, by in [("churn_by_month", "as_of"), ("churn_by_contract", "contract_type"), ("churn_by_tenure", "tenure_band")]:
    groups = {}
    for row in facts:
        groups.setdefault(row[by], []).append(row["churned"])
    expected[table] = ([by], [{by: k, "users": len(v), "churned": sum(v), "churn_rate": sum(v) / len(v)} for k, v in groups.items()])


def same(a, b):
    if a is None or b is None:
        return a is None and b is None
    if isinstance(a, (bool, str)) or not isinstance(a, (int, float, Decimal)):
        return a == b
    return abs(float(a) - float(b)) <= 1e-9


found = {p.stem for p in gold.glob("*.parquet")}
if found != set(expected):
    print("the tables differ:", sorted(found ^ set(expected)))
for table, (key, rows) in sorted(expected.items()):
    frame = pd.read_parquet(gold / f"{table}.parquet", dtype_backend="pyarrow")
    got = {tuple(r[k] for k in key): r for r in ({c: (None if v is pd.NA else v) for c, v in r.items()} for r in frame.to_dict("records"))}
    want = {tuple(r[k] for k in key): r for r in rows}
    if len(got) != len(frame) or set(got) != set(want):
        print(f"{table}: {len(frame)} rows, expected {len(want)}; keys that differ: {sorted(map(str, set(got) ^ set(want)))[:5]}")
        continue
    if rows and list(frame.columns) != list(rows[0]):
        print(f"{table}: columns {list(frame.columns)}, expected {list(rows[0])}")
        continue
    wrong = [(k, c, got[k][c], row[c]) for k, row in want.items() for c in row if not same(got[k][c], row[c])]
    if wrong:
        print(f"{table}: {len(wrong)} values differ: {wrong[:5]}")
