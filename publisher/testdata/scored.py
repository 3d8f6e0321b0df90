"""Trains three scikit-learn models, exports them, and writes a lake of orders and the scores of its rows by onnxruntime.

    scored.py FOLDER

FOLDER/orders.csv: the rows; FOLDER/{returned,basket,band}.onnx; FOLDER/expected.csv: each row's scores. Made with scikit-learn
1.9.1, skl2onnx 1.20.0, onnx 1.23.2, onnxruntime 1.32.0. It shares nothing with the program: values go to onnxruntime as float32.
"""
import csv, decimal, os, sys
import numpy as np
import onnxruntime
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

ROWS = 500
out = sys.argv[1]
rng = np.random.default_rng(20)
f = pd.DataFrame({
    "order_id": np.arange(1, ROWS + 1), "price": np.round(rng.gamma(2, 40, ROWS), 2), "weight": rng.normal(3, 1, ROWS),
    "quantity": rng.integers(1, 9, ROWS), "vip": rng.random(ROWS) < 0.3, "country": rng.choice(["France", "Spain", "Italy", "Élbonie"], ROWS),
})
no_price, no_weight, no_vip, no_country = (rng.random(ROWS) < p for p in (0.07, 0.05, 0.05, 0.08))


def numbers(column, missing):
    return np.where(missing, np.nan, column.astype("float64")).astype("float32").reshape(-1, 1)


price, weight, vip = numbers(f.price, no_price), numbers(f.weight, no_weight), numbers(f.vip, no_vip)
country = np.where(no_country, "", f.country).astype(object).reshape(-1, 1)
quantity = f.quantity.to_numpy("int64").reshape(-1, 1)
z = np.nan_to_num(price, nan=80)[:, 0] / 60 + np.nan_to_num(weight, nan=3)[:, 0] / 2 + (country[:, 0] == "Spain") + rng.normal(0, 0.7, ROWS)

mixed = pd.DataFrame({"price": price[:, 0], "weight": weight[:, 0], "vip": vip[:, 0], "country": country[:, 0]})
before = ColumnTransformer([
    ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["price", "weight", "vip"]),
    ("country", make_pipeline(SimpleImputer(missing_values="", strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), ["country"]),
])
returned = make_pipeline(before, LogisticRegression()).fit(mixed, (z > 3).astype(int))
types = [("price", FloatTensorType([None, 1])), ("weight", FloatTensorType([None, 1])), ("vip", FloatTensorType([None, 1])), ("country", StringTensorType([None, 1]))]
opset = {"": 21, "ai.onnx.ml": 3}
files = {"returned": to_onnx(returned, initial_types=types, options={id(returned): {"zipmap": False}}, target_opset=opset)}

basket = GradientBoostingRegressor(n_estimators=20, random_state=0).fit(quantity, z * 10)
files["basket"] = to_onnx(basket, initial_types=[("quantity", Int64TensorType([None, 1]))], target_opset=opset)

both = np.hstack([np.nan_to_num(price, nan=0), np.nan_to_num(weight, nan=0)])
filled = make_pipeline(SimpleImputer(strategy="constant", fill_value=0), DecisionTreeClassifier(max_depth=4, random_state=0))
filled.fit(both, np.array(["low", "mid", "high"])[np.digitize(z, [2.5, 3.5])])
files["band"] = to_onnx(filled, initial_types=[("X", FloatTensorType([None, 2]))], options={id(filled): {"zipmap": False}}, target_opset=opset)

answers = {}
inputs = {"returned": {"price": price, "weight": weight, "vip": vip, "country": country}, "basket": {"quantity": quantity}, "band": {"X": np.hstack([price, weight])}}
for name, model in files.items():
    data = model.SerializeToString()
    open(os.path.join(out, name + ".onnx"), "wb").write(data)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    answers[name] = dict(zip([o.name for o in session.get_outputs()], session.run(None, inputs[name])))

with open(os.path.join(out, "orders.csv"), "w", newline="") as to:
    w = csv.writer(to, lineterminator="\n")
    w.writerow(["order_id", "price", "weight", "quantity", "vip", "country"])
    for i, r in f.iterrows():
        w.writerow([r.order_id, "" if no_price[i] else f"{r.price:.2f}", "" if no_weight[i] else repr(float(r.weight)), r.quantity,
                    "" if no_vip[i] else str(bool(r.vip)).lower(), "" if no_country[i] else r.country])
with open(os.path.join(out, "expected.csv"), "w", newline="") as to:
    w = csv.writer(to, lineterminator="\n")
    w.writerow(["order_id", "return_proba", "return_label", "basket_value", "band"])
    for i in range(ROWS):
        w.writerow([f.order_id[i], repr(float(answers["returned"]["probabilities"][i, 1])), int(answers["returned"]["label"][i]),
                    repr(float(answers["basket"]["variable"][i, 0])), answers["band"]["label"][i]])
