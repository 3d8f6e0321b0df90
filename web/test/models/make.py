"""Makes the lakes of the models in this folder, and beside each the figures that the page must show: pandas computes both.

python3 make.py; the files are committed, so that the tests need no Python.
"""

import json
import pathlib

import pandas as pd

here = pathlib.Path(__file__).parent


def orders() -> None:
    """Orders of 12,000 products: no value is a group, one value is the text null, deliveries lie beyond the last order."""
    lake = here / "orders" / "lake"
    lake.mkdir(parents=True, exist_ok=True)
    n = 14_000
    i = pd.Series(range(n))
    start, end = pd.Timestamp("2024-03-15T09:00:00"), pd.Timestamp("2024-08-20T14:30:00")
    # Minutes, evenly from the first order to the last.
    sold = start + pd.to_timedelta((i * ((end - start).total_seconds() / 60) / (n - 1)).round(), unit="min")
    colors = pd.Series(["red", "blue", None, "green", "null", "black", "white", "grey", "pink"])
    color = colors[(i * i + i // 7) % 9].reset_index(drop=True)
    product = "P" + ((i * 7919) % 12_000).astype(str).str.zfill(5)
    frame = pd.DataFrame({
        "order_id": i + 1,
        "sold_at": sold.astype("datetime64[us]"),
        "delivered": (sold.dt.normalize() + pd.to_timedelta(5 + i % 15, unit="D")).dt.date,
        "product": product,
        "color": color,
        "quantity": 1 + i % 5,
        "amount": (100 + (i * 37) % 5000) / 4,
    })
    products = pd.DataFrame({"product": sorted(set(product))[:11_000]})
    number = products["product"].str[1:].astype(int)
    products["supplier"] = "S" + (number % 300).astype(str).str.zfill(3)
    products["category"] = pd.Series(["tools", "toys", None, "books"])[number % 4].reset_index(drop=True)
    frame.to_parquet(lake / "orders.parquet", index=False, compression="zstd")
    products.to_parquet(lake / "products.parquet", index=False, compression="zstd")

    joined = frame.merge(products, on="product", how="left")
    sums = frame.groupby("color", dropna=False)[["amount", "quantity"]].sum()
    of_products = frame.groupby("product")["amount"].sum().sort_values(ascending=False)
    suppliers = joined.groupby("supplier", dropna=False)["amount"].sum().sort_values(ascending=False)
    july, june = (frame[frame.sold_at.dt.month == m] for m in (7, 6))
    aged = lambda f: f.groupby("color", dropna=False)["amount"].sum()
    week = frame[(frame.sold_at >= "2024-06-01") & (frame.sold_at < "2024-07-01")]
    cut = frame[frame.sold_at >= "2024-08-01"]["amount"].sum() / frame[(frame.sold_at >= "2024-07-01") & (frame.sold_at <= "2024-07-20T14:30:00")]["amount"].sum() - 1
    write(here / "orders" / "expected.json", {
        "revenue": frame.amount.sum(),
        "orders": n,
        "july": july.amount.sum(),
        "july_change": july.amount.sum() / june.amount.sum() - 1,
        "august_change": cut,
        "colors": {none(k): {"amount": r.amount, "quantity": r.quantity} for k, r in sums.iterrows()},
        "color_changes": {none(k): v for k, v in (aged(july) / aged(june) - 1).items()},
        "of_no_color": {"revenue": frame[frame.color.isna()].amount.sum(), "orders": int(frame.color.isna().sum())},
        "products": {"top": {k: v for k, v in of_products.head(6).items()}, "others": of_products.sum() - of_products.head(6).sum(), "groups": len(of_products)},
        "suppliers": {"top": {none(k): v for k, v in suppliers.head(10).items()}, "others": len(suppliers) - 10},
        "of_tools": joined[joined.category == "tools"].amount.sum(),
        "of_no_category": joined[joined.category.isna()].amount.sum(),
        "june_weeks": {k.strftime("%Y-%m-%d"): v for k, v in week.groupby(week.sold_at.dt.to_period("W").dt.start_time)["amount"].sum().items()},
        "delivered": {k: v for k, v in frame.groupby(pd.to_datetime(frame.delivered).dt.strftime("%Y-%m"))["amount"].sum().items()},
    })


def stock() -> None:
    """A model without a time, whose datasets have neither a URL of their own nor a collection."""
    lake = here / "stock" / "lake"
    lake.mkdir(parents=True, exist_ok=True)
    parts = pd.DataFrame({"part": [f"part {i}" for i in range(40)], "shelf": [None if i % 4 == 3 else f"shelf {i % 4}" for i in range(40)], "pieces": [i * 100 for i in range(40)]})
    parts.to_parquet(lake / "parts.parquet", index=False)
    for name in ("shelves", "rooms", "houses", "streets", "towns", "lands"):
        pd.DataFrame({"name": [f"{name} {i}" for i in range(3)], "size": [1.5, 2.5, None]}).to_parquet(lake / f"{name}.parquet", index=False)
    write(here / "stock" / "expected.json", {"pieces": int(parts.pieces.sum()), "parts": len(parts), "first": parts.part.min(), "shelves": {none(k): int(v) for k, v in parts.groupby("shelf", dropna=False)["pieces"].sum().items()}})


def bare() -> None:
    """Two rows, and a model that says nothing of them."""
    lake = here / "bare" / "lake"
    lake.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame({"bin": [1, 2], "pieces": [1200, 7], "counted": pd.to_datetime(["2024-05-01T10:30:00", "2024-05-02T00:00:00"])})
    frame.to_parquet(lake / "bins.parquet", index=False)


def visits() -> None:
    """Three weeks of visits without a key, labelled in German alone, and notes of which there are none yet."""
    lake = here / "visits" / "lake"
    lake.mkdir(parents=True, exist_ok=True)
    i = pd.Series(range(900))
    frame = pd.DataFrame({
        "at": (pd.Timestamp("2025-02-03T07:00:00") + pd.to_timedelta(i * 32, unit="min")).astype("datetime64[us]"),
        "page": pd.Series(["/", "/about", "/offers", None])[(i * i) % 4 % 3 + (i % 7 == 0)].reset_index(drop=True),
        "invoice_no": "V" + (i // 3).astype(str),
        "site": "shop",
        "bytes": 1_000_000 * (1 + i % 9),
    })
    frame.to_parquet(lake / "visits.parquet", index=False, compression="zstd")
    pd.DataFrame({"note": pd.Series([], dtype="str")}).to_parquet(lake / "notes.parquet", index=False)
    days = frame.groupby(frame["at"].dt.strftime("%Y-%m-%d"))["bytes"].sum()
    write(here / "visits" / "expected.json", {
        "days": {k: int(v) for k, v in days.items()},
        "pages": {none(k): int(v) for k, v in frame.groupby("page", dropna=False)["bytes"].sum().items()},
    })


def none(key: object) -> str:
    """A group's key; that of no value is empty, as no text of these lakes is."""
    return "" if pd.isna(key) else str(key)


def write(path: pathlib.Path, figures: dict) -> None:
    path.write_text(json.dumps(figures, indent=1) + "\n")


orders()
stock()
bare()
visits()
