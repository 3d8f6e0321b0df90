"""Scores rows by ONNX files with onnxruntime, and compares them with the scores that a release has.

usage: predictions.py ARTIFACTS PREDICTIONS.csv
Says of each field whether all differences are within 1e-6: of 1, or of the mean score, as large as the terms that float32 adds up.
"""
import pathlib
import sys

import numpy as np
import onnxruntime
import pandas as pd

artifacts, table = pathlib.Path(sys.argv[1]), sys.argv[2]
rows = pd.read_csv(table, dtype=str, keep_default_na=False)
for field, file, output in [("return_proba", "classification_model.onnx", "probabilities"), ("expected_basket", "regression_model.onnx", "prediction")]:
    session = onnxruntime.InferenceSession(artifacts / file)
    feed = {}
    for given in session.get_inputs():
        column = rows[given.name]
        if given.type == "tensor(string)":
            feed[given.name] = column.to_numpy(dtype=object).reshape(-1, 1)
        else:
            feed[given.name] = column.replace("", "nan").astype(float).to_numpy(dtype=np.float32).reshape(-1, 1)
    want = session.run([output], feed)[0].astype(float)[:, -1]
    got = rows[field].astype(float).to_numpy()
    worst = np.max(np.abs(want - got)) / max(1, np.mean(np.abs(want)))
    print(f"{field} {len(got)} {'same' if worst <= 1e-6 and len(got) > 2000 else worst}")
