"""exchange.py TRAINER SCORES. Judges the files that .ci/exchange made: safetensors, npz and ONNX by their own libraries, C and Rust by their bits,
import by scikit-learn."""

import csv, subprocess, sys, warnings

import numpy as np
import onnxruntime
from safetensors.numpy import load_file, save_file
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

trainer = sys.argv[1]
ROWS = 1000


def run(*args):
    return subprocess.run([trainer, *args], check=True, capture_output=True, text=True).stdout


def table(name, rows, labels=None):
    with open(name, "w", newline="") as file:
        out = csv.writer(file)
        for i, row in enumerate(rows):
            out.writerow(list(row) + ([labels[i]] if labels is not None else []))


def classes(net, rows):
    table("rows.csv", rows)
    return np.array(run("predict", net, "--data", "rows.csv").split())


def probabilities(net, rows):
    table("rows.csv", rows)
    lines = run("predict", net, "--data", "rows.csv", "--proba").splitlines()[1:]
    return np.array([[float(x) for x in line.split(",")] for line in lines], dtype=np.float64)


digits, labels = load_digits(return_X_y=True)
raw = digits[:ROWS].astype(np.float32)
ours = probabilities("net.tln", raw)
ours_class = classes("net.tln", raw)


def softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def spread(values):
    return np.repeat(values, raw.shape[1] // len(values))


def same(name, p):
    # f32 products of other orders: 64 and 128 terms of size 1 to 10 leave 1e-5 at most.
    worst = np.abs(p - ours).max()
    assert p.shape == (ROWS, 10) and worst < 1e-5, f"{name}: probabilities differ by {worst}"
    print(f"{name}: probabilities of {ROWS} rows agree within {worst:.1e}")


st = load_file("net.safetensors")
x = (raw - spread(st["mean"])) * spread(st["scale"])
scores = np.maximum(0, x @ st["fc1.weight"].T + st["fc1.bias"]) @ st["fc2.weight"].T + st["fc2.bias"]
same("safetensors", softmax(scores.astype(np.float64)))

npz = np.load("net.npz")
x = (raw - spread(npz["mean"])) * spread(npz["scale"])
scores = np.maximum(0, x @ npz["coefs_0"] + npz["intercepts_0"]) @ npz["coefs_1"] + npz["intercepts_1"]
same("npz", softmax(scores.astype(np.float64)))
assert list(npz["classes"]) == [str(i) for i in range(10)]

session = onnxruntime.InferenceSession("net.onnx", providers=["CPUExecutionProvider"])
onnx_scores, onnx_p, onnx_class = session.run(["scores", "probabilities", "class"], {"input": raw})
same("onnx", onnx_p)
assert (onnx_class.astype(str) == ours_class).all(), "onnx: other classes"
np.testing.assert_allclose(onnx_scores, scores, atol=1e-3)

# C and Rust: every bit of every score as infer-nostd has it.
random = np.random.default_rng(1)
numbers = (random.uniform(-0.2, 1.2, (ROWS, 2)) * [1e5, 0.1]).astype(np.float32)
for net, rows in (("net", raw), ("bytes8", random.integers(0, 256, raw.shape, np.uint8)), ("numbers8", numbers)):
    scores_of = {}
    for name, command in (("trainer", [sys.argv[2], f"{net}.tln"]), ("C", [f"./{net}_c"]), ("Rust", [f"./{net}_rust"])):
        out = subprocess.run(command, input=rows.tobytes(), capture_output=True, check=True).stdout
        scores_of[name] = np.frombuffer(out, np.uint32).reshape(ROWS, -1)
    assert len(np.unique(scores_of["trainer"])) > 100, f"{net}: scores that compare nothing"
    if net == "net":
        np.testing.assert_allclose(scores_of["trainer"].view(np.float32), scores, atol=1e-3)
    for name in ("C", "Rust"):
        assert scores_of[name].tobytes() == scores_of["trainer"].tobytes(), f"{net}, {name}: other bits"
        print(f"{net}, {name}: {ROWS} rows, every bit as the trainer has it")

# Back again: the same file.
for name in ("safetensors", "npz"):
    run("import", f"net.{name}", "--out", "back.tln")
    assert open("back.tln", "rb").read() == open("net.tln", "rb").read(), f"{name}: another net came back"
    print(f"{name}: imported again, the same net file, byte for byte")

# scikit-learn's own nets: many classes from npz, two classes (one output), and PyTorch's layout from safetensors.
warnings.simplefilter("ignore")
for what, y in (("ten classes", labels), ("two classes", labels % 2)):
    mlp = MLPClassifier(hidden_layer_sizes=(40,), max_iter=60, random_state=1).fit(digits, y)
    arrays = {f"coefs_{i}": w for i, w in enumerate(mlp.coefs_)} | {f"intercepts_{i}": b for i, b in enumerate(mlp.intercepts_)}
    for save in (np.savez, np.savez_compressed):
        save("sk.npz", classes_=mlp.classes_, **arrays)
        run("import", "sk.npz", "--out", "sk.tln")
        assert (classes("sk.tln", digits) == mlp.predict(digits).astype(str)).all(), f"scikit-learn, {what}: other classes"
    print(f"scikit-learn, {what}: the same class for all {len(digits)} rows")
linear = {"0.weight": mlp.coefs_[0].T, "0.bias": mlp.intercepts_[0], "2.weight": mlp.coefs_[1].T, "2.bias": mlp.intercepts_[1]}
for kind in (np.float32, np.float64):
    save_file({name: np.ascontiguousarray(w.astype(kind)) for name, w in linear.items()}, "torch.safetensors")
    run("import", "torch.safetensors", "--out", "torch.tln")
    assert (classes("torch.tln", digits) == mlp.predict(digits).astype(str)).all(), "Linear layout: other classes"
print("safetensors in the Linear layout, f32 and f64: the same classes")
