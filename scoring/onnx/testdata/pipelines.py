"""Trains scikit-learn pipelines, exports them by skl2onnx, runs them by onnxruntime, and writes models, rows and answers.

    pipelines.py FOLDER ROWS [NAME…]

FOLDER/rows.json: the columns of ROWS rows; FOLDER/NAME.onnx; FOLDER/NAME.json: for each row the scores of onnxruntime ("onnx"),
of scikit-learn on the features rounded to float32 ("rounded") and as they are ("raw"). Made with scikit-learn 1.9.1,
skl2onnx 1.20.0, onnx 1.23.2, onnxruntime 1.32.0; the models are trained on rounded features, as a float32 file can hold no others.
"""
import json, os, sys, warnings
import numpy as np
import onnxruntime
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import *
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import *
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import *
from sklearn.svm import LinearSVR
from sklearn.tree import *

warnings.filterwarnings("ignore")
NUMBERS, TEXTS = ["a", "b", "q"], ["country", "channel"]


def frame(rows, seed, strange):
    rng = np.random.default_rng(seed)
    f = pd.DataFrame({"a": rng.normal(50, 20, rows), "b": rng.gamma(2, 3, rows), "q": rng.integers(0, 20, rows).astype(float),
                      "country": rng.choice(["DE", "ES", "FR", "IT"], rows), "channel": rng.choice(["web", "store"], rows), "k": rng.integers(0, 5, rows)})
    f.loc[rng.random(rows) < 0.08, "a"] = np.nan
    f.loc[rng.random(rows) < 0.05, "country"] = ""
    if strange:
        f.loc[rng.random(rows) < 0.03, "country"] = "Élbonie"
        f.loc[rng.random(rows) < 0.02, "k"] = 77
    return f


def rounded(f):
    f = f.copy()
    f[NUMBERS] = f[NUMBERS].astype("float32").astype("float64")
    return f


train = rounded(frame(2000, 1, False))
rng = np.random.default_rng(2)
z = (train.a.fillna(50) - 50) / 20 + train.b / 4 + (train.country == "FR")
two = (z + rng.normal(0, 1, len(z)) > 1.5).astype(int)
three = np.array(["high", "low", "mid"])[np.digitize(z, [0.5, 1.8])]
amount = z * 3 + rng.normal(0, 1, len(z))
positive = np.abs(amount)


def before(scaler=None, dense=False):
    return ColumnTransformer([
        ("n", make_pipeline(SimpleImputer(strategy="median"), scaler or StandardScaler()), NUMBERS),
        ("t", make_pipeline(SimpleImputer(missing_values="", strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=not dense)), TEXTS)])


def numbers_and(name, transformer, columns=None, strategy="median"):
    return ColumnTransformer([("n", SimpleImputer(strategy=strategy, fill_value=-1), NUMBERS), (name, transformer, columns or TEXTS)])


# Trees get no scaler: they need none, and one in float32 moves rows over a threshold (2.6 % of them were scored otherwise, by onnxruntime too).
LINEAR = ["logistic", "logistic_three", "sgd", "calibrated", "one_vs_rest", "ridge", "linear", "lasso", "huber", "linear_svr", "poisson", "tweedie"]
zoo = {}  # name: (pipeline, target, inputs, zipmap)


def add(name, pipeline, target, inputs="columns", zipmap=False):
    zoo[name] = (pipeline, target, inputs, zipmap)


for name, m, y in [("logistic", LogisticRegression(), two), ("logistic_three", LogisticRegression(), three), ("sgd", SGDClassifier(loss="log_loss", random_state=0), two),
                   ("tree", DecisionTreeClassifier(max_depth=5, random_state=0), two),
                   ("forest", RandomForestClassifier(50, max_depth=8, random_state=0), two), ("forest_three", RandomForestClassifier(20, max_depth=6, random_state=0), three),
                   ("extra_trees", ExtraTreesClassifier(20, max_depth=6, random_state=0), two), ("boosting", GradientBoostingClassifier(n_estimators=50, random_state=0), two),
                   ("boosting_three", GradientBoostingClassifier(n_estimators=20, random_state=0), three), ("adaboost", AdaBoostClassifier(n_estimators=10, random_state=0), two),
                   ("bagging", BaggingClassifier(n_estimators=3, random_state=0), two),
                   ("stacking", StackingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=3, random_state=0))]), two),
                   ("calibrated", CalibratedClassifierCV(LogisticRegression(), cv=2), two), ("one_vs_rest", OneVsRestClassifier(LogisticRegression()), three)]:
    add(name, make_pipeline(before(None if name in LINEAR else FunctionTransformer()), m), y)
add("bayes", make_pipeline(before(dense=True), GaussianNB()), two)
add("logistic_zipmap", make_pipeline(before(), LogisticRegression()), two, zipmap=True)
add("logistic_three_zipmap", make_pipeline(before(), LogisticRegression()), three, zipmap=True)
for name, m, y in [("ridge", Ridge(), amount), ("linear", LinearRegression(), amount), ("lasso", Lasso(0.1), amount), ("huber", HuberRegressor(), amount),
                   ("linear_svr", LinearSVR(random_state=0), amount), ("poisson", PoissonRegressor(), positive), ("tweedie", TweedieRegressor(), positive),
                   ("tree_regressor", DecisionTreeRegressor(max_depth=6, random_state=0), amount), ("forest_regressor", RandomForestRegressor(50, max_depth=8, random_state=0), amount),
                   ("boosting_regressor", GradientBoostingRegressor(n_estimators=50, random_state=0), amount), ("bagging_regressor", BaggingRegressor(n_estimators=3, random_state=0), amount),
                   ("voting_regressor", VotingRegressor([("a", Ridge()), ("b", DecisionTreeRegressor(max_depth=3, random_state=0))]), amount)]:
    add(name, make_pipeline(before(None if name in LINEAR else FunctionTransformer()), m), y)
for name, s in [("min_max", MinMaxScaler()), ("min_max_clip", MinMaxScaler(clip=True)), ("max_abs", MaxAbsScaler()), ("robust", RobustScaler()), ("l1", Normalizer("l1")),
                ("l2", Normalizer("l2")), ("max_norm", make_pipeline(MinMaxScaler(), Normalizer("max"))), ("binarizer", Binarizer(threshold=5)), ("bins", KBinsDiscretizer(4, encode="ordinal")),
                ("power", PowerTransformer()), ("pca", PCA(2)), ("variance", VarianceThreshold()), ("best", SelectKBest(k=2))]:
    if name == "best":
        add(name, make_pipeline(before(dense=True), s, LogisticRegression()), two)
    else:
        add(name, make_pipeline(before(s), LogisticRegression()), two)
add("ordinal", make_pipeline(numbers_and("t", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), strategy="constant"), RandomForestClassifier(20, max_depth=5, random_state=0)), two)
add("whole_hot", make_pipeline(numbers_and("t", OneHotEncoder(handle_unknown="ignore"), ["k"]), LogisticRegression()), two)
add("whole", make_pipeline(numbers_and("t", "passthrough", ["k"]), LogisticRegression(max_iter=1000)), two)
add("infrequent", make_pipeline(numbers_and("t", OneHotEncoder(handle_unknown="ignore", min_frequency=0.3)), LogisticRegression()), two)
add("target_encoder", make_pipeline(numbers_and("t", TargetEncoder(random_state=0)), LogisticRegression()), two)
add("array_boosting", make_pipeline(GradientBoostingRegressor(n_estimators=10, random_state=0)), amount, "float")  # skl2onnx' file for doubles is refused by onnxruntime
for kind in "float", "double":
    add("array_logistic_" + kind, make_pipeline(StandardScaler(), LogisticRegression()), two, kind)
    add("array_forest_" + kind, make_pipeline(StandardScaler(), RandomForestClassifier(10, max_depth=5, random_state=0)), two, kind)
    add("array_ridge_" + kind, make_pipeline(MinMaxScaler(), Ridge()), amount, kind)


def types(pipeline, inputs):
    if inputs != "columns":
        return [("X", (FloatTensorType if inputs == "float" else DoubleTensorType)([None, 3]))]
    used = [c for _, t, columns in pipeline[0].transformers_ if t != "drop" for c in columns]
    return [(c, (FloatTensorType if c in NUMBERS else StringTensorType if c in TEXTS else Int64TensorType)([None, 1])) for c in used]


def fed(inputs, f):
    return f if inputs == "columns" else f[NUMBERS].fillna(0).values


def feeds(session, inputs, f):
    if inputs != "columns":
        return {"X": fed(inputs, f).astype("float32" if inputs == "float" else "float64")}
    one = {"tensor(float)": "float32", "tensor(string)": object, "tensor(int64)": "int64"}
    return {i.name: f[[i.name]].values.astype(one[i.type]) for i in session.get_inputs()}


def scores(pipeline, x):
    if hasattr(pipeline, "predict_proba"):
        return pipeline.predict_proba(x)
    if hasattr(pipeline, "decision_function"):
        d = pipeline.decision_function(x)
        return np.stack([-d, d], 1)
    return pipeline.predict(x).reshape(-1, 1)


def answer(session, feed):
    labels, last = None, None
    for o, value in zip(session.get_outputs(), session.run(None, feed)):
        if isinstance(value, list):
            value = np.array([list(d.values()) for d in value])
        value = np.asarray(value)
        if value.ndim == 1:
            labels = [str(v) for v in value]
        else:
            last = value
    return labels, last


def main():
    folder, rows, only = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    os.makedirs(folder, exist_ok=True)
    test = frame(rows, 3, True)
    columns = {c: [None if v != v else v for v in test[c].tolist()] for c in test}
    json.dump(columns, open(f"{folder}/rows.json", "w"))
    for name, (pipeline, target, inputs, zipmap) in zoo.items():
        if only and name not in only:
            continue
        if rows < 1000 and name in ("forest", "forest_three", "forest_regressor", "bagging_regressor"):  # large files
            continue
        pipeline.fit(fed(inputs, train), target)
        options = {id(pipeline): {"zipmap": False}} if hasattr(pipeline, "predict_proba") and not zipmap else None
        data = to_onnx(pipeline, initial_types=types(pipeline, inputs), options=options, target_opset={"": 21, "ai.onnx.ml": 3}).SerializeToString()
        open(f"{folder}/{name}.onnx", "wb").write(data)
        session = onnxruntime.InferenceSession(data)
        labels, onnx = answer(session, feeds(session, inputs, test))
        json.dump({"inputs": inputs, "labels": labels, "onnx": onnx.astype(float).tolist(),
                   "rounded": scores(pipeline, fed(inputs, rounded(test))).tolist(), "raw": scores(pipeline, fed(inputs, test)).tolist()}, open(f"{folder}/{name}.json", "w"))


if __name__ == "__main__":
    main()
