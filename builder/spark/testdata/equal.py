"""Compares the gold tables of two lakes by key: doubles to 1e-9 of their value, all else exactly. Prints what differs."""
import sys

import pandas as pd

KEYS = {
    "fact_achats": ["id_achat"], "dim_clients": ["id_client"], "client_features": ["id_client"], "client_scores": ["id_client"],
    "segment_summary": ["segment_label"], "ca_monthly": ["mois"], "ca_country": ["pays"], "ca_product": ["produit"],
    "cohort_first_purchase": ["first_purchase_month"],
}


def plain(column):
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    if str(column.dtype).startswith("datetime"):
        return column.astype("datetime64[us]")
    if column.dtype == object and len(column) and type(column.dropna().iloc[0] if column.notna().any() else "").__name__ in ("Decimal", "date"):
        first = type(column.dropna().iloc[0]).__name__
        return column.astype(float) if first == "Decimal" else pd.to_datetime(column).astype("datetime64[us]")
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype("float64")
    return column.astype("object").where(column.notna(), None)


got, want = sys.argv[1:3]
for table, key in KEYS.items():
    a, b = (pd.read_parquet(f"{folder}/{table}.parquet") for folder in (got, want))
    if list(a.columns) != list(b.columns):
        print(table, "columns", list(a.columns), "expected", list(b.columns))
        continue
    a, b = (f.sort_values(key).reset_index(drop=True) for f in (a, b))
    if len(a) != len(b):
        print(table, "rows", len(a), "expected", len(b))
        continue
    for name in a.columns:
        x, y = plain(a[name]), plain(b[name])
        if str(x.dtype) == "float64" == str(y.dtype):
            same = ((x - y).abs() <= 1e-9 * y.abs()) | (x.isna() & y.isna())
        else:
            same = (x == y) | (x.isna() & y.isna())
        if not same.all():
            at = same.idxmin()
            print(table, name, "differs in", (~same).sum(), "rows:", dict(a.loc[at, key]), repr(x[at]), "expected", repr(y[at]))
