"""Trains the same models by scikit-learn on the same split and writes rows and expectations: expected.py FILE.
It shares nothing with the Go code. Made with scikit-learn 1.9.1, pandas 3.1.1."""
import json, sys
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, f1_score, log_loss, mean_absolute_error, r2_score, roc_auc_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


class Fences(TransformerMixin, BaseEstimator):
    def fit(self, x, y=None):
        q1, q3 = np.quantile(x, 0.25, axis=0), np.quantile(x, 0.75, axis=0)
        self.low_, self.high_ = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
        return self

    def transform(self, x):
        return np.clip(x, self.low_, self.high_)


rng, n = np.random.default_rng(7), 1500
f = pd.DataFrame({"price": np.round(rng.gamma(2, 30, n), 2), "quantity": rng.integers(1, 9, n).astype(float), "days": np.round(rng.normal(20, 8, n), 1),
                  "country": rng.choice(["France", "Spain", "Italie", "Élbonie"], n, p=[.5, .25, .2, .05]), "channel": rng.choice(["web", "store", "mobile"], n)})
f.loc[rng.random(n) < .1, "price"] = np.nan
f.loc[rng.random(n) < .1, "country"] = ""
z = 0.8 * (f.price.fillna(60) - 60) / 40 - (f.days - 20) / 8 + 0.9 * (f.country == "Spain") - 0.5 * (f.channel == "store")
target = {"classification": (z + rng.logistic(0, 1, n) > 0.3).astype(int), "regression": np.round(50 + 20 * z + rng.normal(0, 9, n), 2)}
order = rng.permutation(n)
test, train = np.sort(order[:300]), np.sort(order[300:])
f.loc[test[:5], "country"] = "Nowhere"  # training never sees it
numbers, texts = ["price", "quantity", "days"], ["country", "channel"]
x = f.copy()
x[numbers] = x[numbers].astype("float32").astype("float64")
out = {"columns": {c: [None if v != v else v for v in f[c].tolist()] for c in f}, "train": train.tolist(), "test": test.tolist()}
for task, y in target.items():
    before = ColumnTransformer([("n", make_pipeline(SimpleImputer(strategy="median"), Fences(), StandardScaler()), numbers),
                                ("t", make_pipeline(SimpleImputer(missing_values="", strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)), texts)])
    model = make_pipeline(before, LogisticRegression(C=1, tol=1e-10, max_iter=10000) if task == "classification" else Ridge(alpha=1))
    y = np.asarray(y)
    model.fit(x.loc[train], y[train])
    truth = y[test]
    if task == "classification":
        score = model.predict_proba(x.loc[test])[:, 1]
        metrics = {"roc_auc": roc_auc_score(truth, score), "log_loss": log_loss(truth, score), "accuracy": accuracy_score(truth, score > .5), "f1": f1_score(truth, score > .5)}
    else:
        score = model.predict(x.loc[test])
        metrics = {"mae": mean_absolute_error(truth, score), "rmse": root_mean_squared_error(truth, score), "r2": r2_score(truth, score)}
    out[task] = {"target": y.tolist(), "scores": score.tolist(), "metrics": metrics}
json.dump(out, open(sys.argv[1], "w"))
