"""Compares two folders of gold tables, row by row in the order of their key: doubles to 1e-9, everything else exactly."""
import sys
from pathlib import Path

import pandas as pd

KEYS = {"fact_achats": "id_achat", "dim_clients": "id_client", "client_features": "id_client", "client_scores": "id_client",
        "segment_summary": "segment_label", "ca_monthly": "mois", "ca_country": "pays", "ca_product": "produit",
        "cohort_first_purchase": "first_purchase_month"}

want, got = Path(sys.argv[1]), Path(sys.argv[2])
assert sorted(p.stem for p in got.iterdir()) == sorted(KEYS), sorted(got.iterdir())
for name, key in KEYS.items():
    a, b = (pd.read_parquet(folder / f"{name}.parquet").sort_values(key, ignore_index=True) for folder in (want, got))
    pd.testing.assert_frame_equal(a, b, check_exact=False, rtol=1e-9, atol=0, check_dtype=True, obj=name)
    order = [pd.read_parquet(folder / f"{name}.parquet")[key].tolist() for folder in (want, got)]
    assert order[0] == order[1], f"{name}: rows in another order"
