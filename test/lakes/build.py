"""Compares the gold that a build made with the reference's, and rewrites raw files.

build.py compare REFERENCE GOLD      prints each difference: rows by their key, doubles to 1e-9, all else exactly
build.py rewrite FROM TO             a raw file as another format, by the ends of their names: csv, parquet; a CSV's fields stay text
"""
import sys

import pandas as pd

KEYS = {
    "fact_achats": "id_achat", "dim_clients": "id_client", "client_features": "id_client", "client_scores": "id_client",
    "segment_summary": "segment_label", "ca_monthly": "mois", "ca_country": "pays", "ca_product": "produit",
    "cohort_first_purchase": "first_purchase_month",
}
# The reference sorts these by sums of doubles, where exact sums are equal.
TIES = ["ca_product", "ca_country"]


def same(want, got):
    """Says of each row whether the values are the same."""
    both_null = want.isna() & got.isna()
    if want.dtype.kind in "fi" and got.dtype.kind in "fi":
        want, got = want.astype("float64"), got.astype("float64")
        return both_null | (want == got) | ((want - got).abs() <= 1e-9 * want.abs())
    if want.dtype.kind == "M":
        want, got = want.astype("datetime64[us]"), got.astype("datetime64[us]")
    return both_null | (want == got)


def compare(reference, gold):
    for name, key in KEYS.items():
        want, got = pd.read_parquet(f"{reference}/{name}.parquet"), pd.read_parquet(f"{gold}/{name}.parquet")
        if list(want.columns) != list(got.columns):
            print(f"{name}: columns {list(got.columns)}, want {list(want.columns)}")
            continue
        if len(want) != len(got) or set(want[key]) != set(got[key]):
            print(f"{name}: {len(got)} rows, want {len(want)}; keys that only one has: {sorted(set(want[key]) ^ set(got[key]))[:5]}")
            continue
        if name not in TIES and list(want[key]) != list(got[key]):
            print(f"{name}: the rows come in another order")
        want, got = want.set_index(key).sort_index(), got.set_index(key).sort_index()
        for column in want.columns:
            ok = same(want[column], got[column])
            if not ok.all():
                at = ok.index[~ok][0]
                print(f"{name}.{column}: {(~ok).sum()} rows differ, such as {at}: {got[column][at]}, want {want[column][at]}")


def rewrite(old, new):
    if old.endswith(".csv"):
        pd.read_csv(old, dtype=str, keep_default_na=False, na_values=[""]).to_parquet(new, index=False)
    else:
        pd.read_parquet(old).to_csv(new, index=False)


{"compare": compare, "rewrite": rewrite}[sys.argv[1]](*sys.argv[2:])
