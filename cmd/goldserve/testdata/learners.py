"""Computes final_dataset of the learners model from its raw files with pandas, and compares it with what a build made.

python learners.py BRONZE GOLD.parquet

It shares nothing with the model's SQL. What is missing is the empty field and text that is blank; NA is text.
"""
import re
import sys
from pathlib import Path

import pandas as pd


def read(folder, stem, required, optional=()):
    frame = pd.read_csv(Path(folder) / f"{stem}.csv", dtype=str, keep_default_na=False, encoding="utf-8")
    frame.columns = [c.strip().lower() for c in frame.columns]
    lacking = [c for c in required if c not in frame.columns]
    if lacking:
        sys.exit(f"{stem}: missing columns {lacking}")
    for c in optional:
        if c not in frame.columns:
            frame[c] = ""
    for c in frame.columns:
        frame[c] = frame[c].map(lambda s: " ".join(s.split()) or None).astype("object")
    return frame


NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def number(text):
    return float(text) if isinstance(text, str) and NUMBER.fullmatch(text) else None


def instant(text):
    if not isinstance(text, str):
        return pd.NaT
    french = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})( \d\d:\d\d:\d\d)?", text, re.ASCII)
    if french:
        text = f"{french[3]}-{french[2]}-{french[1]}{french[4] or ''}"
    if not re.match(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return pd.NaT
    return pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601")


def final_dataset(bronze):
    events = read(bronze, "events_clean", ["user_id", "event_time", "event_type"])
    profiles = read(bronze, "profiles_by_user", ["user_id"], ["country", "channel", "theme"])
    payments = read(bronze, "transactions_clean", ["user_id", "amount", "created_at"])

    events = events[events.user_id.notna()].copy()
    events["at"] = pd.to_datetime(events.event_time.map(instant), utc=True)
    events["what"] = events.event_type.map(lambda s: s.lower() if isinstance(s, str) else None)
    grouped = events.groupby("user_id")
    out = pd.DataFrame(index=sorted(grouped.groups, key=lambda s: s.encode()))
    enrolled = events[events.what == "enrolled"].groupby("user_id")["at"].min()
    out["enrolled_at"] = enrolled.reindex(out.index).fillna(grouped["at"].min().reindex(out.index))
    out["validated"] = (events.what == "validated").groupby(events.user_id).max().reindex(out.index).astype(int)
    out["last_event_at"] = grouped["at"].max().reindex(out.index)
    out["n_events"] = grouped["event_type"].count().reindex(out.index)

    payments = payments[payments.user_id.notna()].copy()
    payments["value"] = pd.to_numeric(payments.amount.map(number))
    paid = payments.groupby("user_id")
    out["total_amount"] = paid["value"].sum().reindex(out.index).fillna(0.0)
    out["n_transactions"] = paid.size().reindex(out.index).fillna(0).astype(int)

    profiles = profiles[profiles.user_id.notna()].copy()
    profiles["filled"] = profiles.notna().sum(axis=1)
    chosen = profiles.sort_values("filled", kind="stable").drop_duplicates("user_id", keep="last").set_index("user_id")
    out["country"] = chosen.country.map(lambda s: s.title() if isinstance(s, str) else None).reindex(out.index)
    out["channel"] = chosen.channel.map(lambda s: s.lower() if isinstance(s, str) else None).reindex(out.index)
    out["theme"] = chosen.theme.reindex(out.index)
    out.index.name = "user_id"
    return out.reset_index()[
        ["user_id", "country", "channel", "enrolled_at", "validated", "last_event_at", "n_events", "total_amount", "n_transactions", "theme"]
    ]


def main():
    want, got = final_dataset(sys.argv[1]), pd.read_parquet(sys.argv[2])
    assert list(got.columns) == list(want.columns), (list(got.columns), list(want.columns))
    assert len(got) == len(want), (len(got), len(want))
    wrong = []
    for column in want.columns:
        for i, (g, w) in enumerate(zip(got[column], want[column])):
            if pd.isna(g) and pd.isna(w):
                continue
            if column.endswith("_at") and not pd.isna(g) and not pd.isna(w):
                equal = pd.Timestamp(g).tz_localize("UTC") == w if pd.Timestamp(g).tzinfo is None else pd.Timestamp(g) == w
            elif column == "total_amount":
                equal = abs(g - w) <= 1e-9 * max(1.0, abs(w))
            else:
                equal = not pd.isna(g) and not pd.isna(w) and g == w
            if not equal:
                wrong.append(f"{want.user_id[i]}.{column}: built {g!r}, computed {w!r}")
    if wrong:
        sys.exit("\n".join(wrong[:20]))
    print(len(want), "rows,", int(want.country.notna().sum()), "countries,", int(want.validated.sum()), "validated")


main()
