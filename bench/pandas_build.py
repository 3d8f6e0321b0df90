#!/usr/bin/env python3
"""The shipped retail model's build, in pandas: raw clients and purchases -> silver -> gold.

    pandas_build.py --bronze lake/bronze --out lake

`goldserve benchmark` runs it beside the engines that run the model's SQL. It reads clients.* and
achats.* (also clients_*.*, achats_*.* and folders of these names) as CSV, JSON lines or Parquet, and
writes silver/*.parquet, gold/*.parquet and silver_report.json. After each stage it prints a line of
JSON: {"stage": "silver", "rows": 1234}. It keeps no rejected rows and no record of what it did.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

RAW = {
    "clients": ["id_client", "nom", "email", "date_inscription", "pays"],
    "achats": ["id_achat", "id_client", "date_achat", "montant", "produit"],
}
FIRST_DAY = pd.Timestamp("2000-01-01")


# Bronze: files as they are. Nothing but an empty field is missing, so a country may be called NA.

def read_file(path, columns):
    if ".parquet" in path.suffixes:
        return pd.read_parquet(path, columns=columns)
    if path.suffix in (".json", ".jsonl", ".ndjson"):
        return pd.read_json(path, lines=True, dtype=False, convert_dates=False)[columns]
    return pd.read_csv(path, usecols=columns, dtype=str, keep_default_na=False, na_values=[""])[columns]


def read_source(bronze, name):
    found = {path for pattern in (f"{name}.*", f"{name}_*.*", f"{name}/*") for path in bronze.glob(pattern)}
    files = sorted(path for path in found if path.is_file() and path.name[0] not in "._")
    if not files:
        raise SystemExit(f"{bronze}: no file of {name}")
    tables = [read_file(path, RAW[name]) for path in files]
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


# Silver: values of the right type, and rows that break no rule. A rejected row counts under the first rule that it breaks.

def as_text(column):
    column = column.astype("str").str.strip()
    return column.mask(column == "")


def as_id(column):
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers.where(numbers % 1 == 0)


def as_instant(column):
    if not pd.api.types.is_datetime64_any_dtype(column):
        column = pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce")
    if column.dt.tz is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return column.dt.as_unit("us")


def keep_valid(table, rules, key, keep):
    """The rows that break no rule and are the first or last of their key, and how many were rejected for what."""
    valid = np.ones(len(table), dtype=bool)
    dropped = {}
    for reason, broken in rules.items():
        broken = broken.to_numpy(dtype=bool, na_value=False) & valid
        dropped[reason] = int(broken.sum())
        valid &= ~broken
    kept = table[valid]
    again = kept.duplicated(key, keep=keep)
    dropped["duplicate_id"] = int(again.sum())
    kept = kept[~again]
    return kept, {"rows_in": len(table), "dropped": dropped, "rows_out": len(kept)}


def silver_clients(raw, now):
    written = as_text(raw["date_inscription"])
    table = pd.DataFrame({
        "id_client": as_id(raw["id_client"]),
        "nom": as_text(raw["nom"]),
        "email": as_text(raw["email"]).str.lower(),
        "date_inscription": as_instant(written),
        "pays": as_text(raw["pays"]).str.title(),
    })
    joined = table["date_inscription"]
    rules = {
        "missing_field": table.drop(columns="date_inscription").isna().any(axis=1) | written.isna(),
        "bad_date": joined.isna(),
        "date_out_of_range": (joined < FIRST_DAY) | (joined > now),
        "email_without_at": ~table["email"].str.contains("@", regex=False, na=False),
    }
    kept, report = keep_valid(table, rules, "id_client", keep="first")
    return kept.astype({"id_client": "int64"}).sort_values("id_client", ignore_index=True), report


def silver_purchases(raw, clients, now, max_amount):
    written = raw["date_achat"]
    if not pd.api.types.is_datetime64_any_dtype(written):
        written = as_text(written)
    table = pd.DataFrame({
        "id_achat": as_id(raw["id_achat"]),
        "id_client": as_id(raw["id_client"]),
        "date_achat": as_instant(written),
        "montant": pd.to_numeric(raw["montant"], errors="coerce").astype("float64"),
        "produit": as_text(raw["produit"]).str.title(),
    })
    bought, amount = table["date_achat"], table["montant"]
    rules = {
        "missing_field": table.drop(columns="date_achat").isna().any(axis=1) | written.isna(),
        "bad_date": bought.isna(),
        "date_out_of_range": (bought < FIRST_DAY) | (bought > now),
        "amount_not_positive": amount <= 0,
        "amount_over_cap": amount > max_amount,
        "orphan_client": ~table["id_client"].isin(clients["id_client"]),
    }
    kept, report = keep_valid(table, rules, "id_achat", keep="last")
    kept = kept.astype({"id_achat": "int64", "id_client": "int64"})
    return kept.sort_values(["date_achat", "id_achat"], ignore_index=True), report


# Gold. Days are counted back from the instant of the last purchase and rounded down.

def days_until(last, instants, otherwise):
    return (last - instants).dt.days.fillna(otherwise).astype("int64")


def facts_of(purchases, clients):
    countries = clients.set_index("id_client")["pays"]
    days = purchases["date_achat"].dt
    return purchases.assign(pays=purchases["id_client"].map(countries), jour=days.strftime("%Y-%m-%d"),
                            mois=days.strftime("%Y-%m"), annee=days.year.astype("int64"))


def totals_by_client(facts):
    return facts.groupby("id_client").agg(
        first_purchase=("date_achat", "min"), last_purchase=("date_achat", "max"), orders=("id_achat", "size"),
        spend=("montant", "sum"), products=("produit", "nunique"))


def dim_clients(clients, totals, last, horizon):
    dim = clients.join(totals, on="id_client").rename(
        columns={"orders": "total_orders", "spend": "total_spend", "products": "product_count"})
    dim["recency_days"] = days_until(last, dim["last_purchase"], horizon)
    dim["tenure_days"] = days_until(last, dim["date_inscription"], 0)
    dim["avg_order_value"] = (dim["total_spend"] / dim["total_orders"]).fillna(0.0)
    return dim[["id_client", "nom", "email", "pays", "date_inscription", "first_purchase", "last_purchase", "recency_days",
                "tenure_days", "total_orders", "total_spend", "avg_order_value", "product_count"]]


def client_features(clients, totals, recent, last, horizon):
    """Every client, buyer or not; `recent` are the totals of the purchases within the horizon."""
    both = clients[["id_client"]].join(totals, on="id_client").join(recent.add_suffix("_12m"), on="id_client")
    zero = both.fillna({name: 0 for name in ("orders", "spend", "orders_12m", "spend_12m", "products_12m")})
    return pd.DataFrame({
        "id_client": both["id_client"],
        "freq_12m": zero["orders_12m"].astype("int64"),
        "monetary_12m": zero["spend_12m"],
        "monetary_avg_12m": (both["spend_12m"] / both["orders_12m"]).fillna(0.0),
        "product_diversity_12m": zero["products_12m"].astype("int64"),
        "last_purchase": both["last_purchase"],
        "first_purchase": both["first_purchase"],
        "recency_days": days_until(last, both["last_purchase"], horizon),
        "tenure_days": days_until(last, both["first_purchase"], 0),
        "total_orders_all": zero["orders"].astype("int64"),
        "total_spend_all": zero["spend"],
        "avg_order_value_all": (both["spend"] / both["orders"]).fillna(0.0),
        "reference_date": last.normalize(),
    })


def share_of_range(values):
    least, most = values.min(), values.max()
    return (values - least) / (most - least) if most > least else pd.Series(0.0, index=values.index)


def client_scores(features, horizon):
    freq, money, recency = features["freq_12m"], features["monetary_12m"], features["recency_days"]
    prob = (0.45 * share_of_range(freq.clip(upper=freq.quantile(0.95)))
            + 0.30 * (1 - share_of_range(recency.clip(upper=horizon)))
            + 0.15 * share_of_range(money.clip(lower=0))
            + 0.10 * share_of_range(features["product_diversity_12m"])).clip(0, 1)
    months = (features["tenure_days"].clip(lower=1) / 30).clip(1, horizon / 30)
    spends = money >= money.quantile(0.75)
    away = recency > recency.quantile(0.75)
    segments = [
        ("VIP", (prob >= 0.65) & spends),
        ("Actifs", (prob >= 0.55) & (recency <= recency.quantile(0.25))),
        ("A relancer", spends & away),
        ("Dormants", (freq <= max(1, 0.5 * freq.quantile(0.75))) & away),
    ]
    return features.assign(
        prob_reachat_12m=prob, expected_value_12m=money / months * 12 * prob, value_at_risk_12m=money * (1 - prob),
        segment_label=np.select([rows for _, rows in segments], [label for label, _ in segments], "A potentiel"))


def segment_summary(scores):
    return scores.groupby("segment_label", as_index=False).agg(
        clients=("id_client", "size"), ca_12m=("monetary_12m", "sum"), expected_value_12m=("expected_value_12m", "sum"),
        value_at_risk_12m=("value_at_risk_12m", "sum"), freq_med=("freq_12m", "median"), recency_med=("recency_days", "median"),
    ).sort_values(["expected_value_12m", "segment_label"], ascending=[False, True], ignore_index=True)


def revenue_by(facts, field):
    return facts.groupby(field, as_index=False).agg(ca=("montant", "sum"))


def ranked_revenue(facts, field):
    return revenue_by(facts, field).sort_values(["ca", field], ascending=[False, True], ignore_index=True)


def cohorts(facts, totals):
    month = facts["id_client"].map(totals["first_purchase"].dt.strftime("%Y-%m")).rename("first_purchase_month")
    return facts.groupby(month).agg(clients=("id_client", "nunique"), ca=("montant", "sum")).reset_index()


def gold_tables(clients, purchases, horizon):
    if purchases.empty:
        raise SystemExit("every purchase was rejected")
    facts = facts_of(purchases, clients)
    last = facts["date_achat"].max()
    totals = totals_by_client(facts)
    recent = totals_by_client(facts[facts["date_achat"] >= last - pd.Timedelta(days=horizon)])
    features = client_features(clients, totals, recent, last, horizon)
    scores = client_scores(features, horizon)
    return {
        "fact_achats": facts[["id_achat", "id_client", "date_achat", "montant", "produit", "pays", "jour", "mois", "annee"]],
        "dim_clients": dim_clients(clients, totals, last, horizon),
        "client_features": features,
        "client_scores": scores,
        "segment_summary": segment_summary(scores),
        "ca_monthly": revenue_by(facts, "mois"),
        "ca_country": ranked_revenue(facts, "pays"),
        "ca_product": ranked_revenue(facts, "produit"),
        "cohort_first_purchase": cohorts(facts, totals),
    }


def write(tables, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)


def main():
    now = pd.Timestamp.now("UTC").tz_localize(None)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bronze", required=True, type=Path, help="folder of the raw files")
    parser.add_argument("--out", required=True, type=Path, help="folder of the lake: silver/ and gold/ are made in it")
    parser.add_argument("--now", type=pd.Timestamp, default=now, help="later dates are rejected (default: the current time, UTC)")
    parser.add_argument("--max-amount", type=float, default=10_000, help="largest amount kept")
    parser.add_argument("--horizon-days", type=int, default=365, help="days that features and scores look back")
    options = parser.parse_args()
    if int(pd.__version__.partition(".")[0]) < 3:
        raise SystemExit(f"needs pandas 3 or newer, found {pd.__version__}: older ones read missing text as nan")

    def done(stage, tables):
        print(json.dumps({"stage": stage, "rows": sum(map(len, tables))}), flush=True)

    raw = {name: read_source(options.bronze, name) for name in RAW}
    done("bronze", raw.values())

    clients, clients_report = silver_clients(raw.pop("clients"), options.now)
    purchases, purchases_report = silver_purchases(raw.pop("achats"), clients, options.now, options.max_amount)
    write({"clients": clients, "achats": purchases}, options.out / "silver")
    done("silver", [clients, purchases])

    gold = gold_tables(clients, purchases, options.horizon_days)
    write(gold, options.out / "gold")
    report = {"clients": clients_report, "achats": purchases_report, "gold_rows": {name: len(table) for name, table in gold.items()}}
    (options.out / "silver_report.json").write_text(json.dumps(report, indent=2) + "\n")
    done("gold", gold.values())


if __name__ == "__main__":
    main()
