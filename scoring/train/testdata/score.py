"""Scores rows by onnxruntime: score.py MODEL COLUMNS prints a JSON list, the last column of the last output."""
import json, sys
import numpy as np, onnxruntime
session, columns = onnxruntime.InferenceSession(sys.argv[1]), json.load(open(sys.argv[2]))
feed = {i.name: np.array(columns[i.name], dtype=object if i.type == "tensor(string)" else "float32").reshape(-1, 1) for i in session.get_inputs()}
print(json.dumps(np.asarray(session.run(None, feed)[-1])[:, -1].astype(float).tolist()))
