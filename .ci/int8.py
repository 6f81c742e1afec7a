"""int8.py LAYERS8 NET DIGITS. Writes an int8 net as a TensorFlow Lite model and compares hidden bytes and scores with ours: 1,000
digits, and 1,000 rows of random bytes, whose sums run into both ends. All within a step of each other; how many are equal is told.
Ours must be the specification's two roundings, as NumPy has them, in every byte."""

import gzip, subprocess, sys

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter, OpResolverType

ROWS, LOWEST = 1000, -127


def read(path):
    """FORMAT.md: the two layers as (weights outputs x inputs, bias, (m, e), scale, zero)."""
    file = open(path, "rb").read()
    assert file[:4] == b"TLN\0" and file[6] == 1, "no int8 net"
    d, h, c, q = map(int, np.frombuffer(file, "<u4", 4, 8))
    at = 32

    def take(kind, count):
        nonlocal at
        array = np.frombuffer(file, kind, count, at)
        at += array.nbytes
        return array

    def weights(inputs, outputs):
        blocks, tiles = -(-outputs // 4), -(-inputs // 16)
        w = take(np.uint8, 64 * blocks * tiles).reshape(blocks, tiles, 4, 4, 4)  # block, tile, group, output, input
        w = w ^ np.array([0x80, 0, 0x80, 0], np.uint8)
        return w.transpose(0, 3, 1, 2, 4).reshape(4 * blocks, 16 * tiles)[:outputs, :inputs].view(np.int8)

    w1, w2 = weights(d, h), weights(h, c)
    layers = [(take("<i4", -(-n // 4) * 4)[:n], take("<i4", -(-n // 4) * 4)[:n]) for n in (h, c)]
    s1, s2, z2 = *take("<f4", 2), *take("<i4", 1)
    take("<f4", 2 * q)
    shifts = [take(np.uint8, -(-n // 4) * 4)[:n] for n in (h, c)]
    (b1, m1), (b2, m2) = layers
    return [(w1, b1, (m1, shifts[0]), s1, LOWEST), (w2, b2, (m2, shifts[1]), s2, z2)]


def specification(q, layer, low):
    """MultiplyByQuantizedMultiplier with two roundings: ties up, then ties away from zero."""
    w, bias, (m, e), _, zero = layer
    a, e = bias + q.astype(np.int64) @ w.T.astype(np.int64), e.astype(np.int64)
    high = a * m + (1 << 30) >> 31
    rest = high & (1 << e) - 1
    return np.clip((high >> e) + (rest > ((1 << e) - 1 >> 1) + (high < 0)) + zero, low, 127)


def model(layers):
    """The flatbuffer: FULLY_CONNECTED twice, the first with a fused ReLU. Theirs is a = bias + sum w (q - z), ours has -z sum w in the bias."""
    m, graph = tfl.ModelT(), tfl.SubGraphT()
    m.version, m.buffers, graph.tensors = 3, [tfl.BufferT()], []

    def tensor(name, shape, kind, scale, zero, data=None):
        t, q = tfl.TensorT(), tfl.QuantizationParametersT()
        q.scale, q.zeroPoint, q.quantizedDimension = list(map(float, scale)), list(map(int, zero)), 0
        t.name, t.shape, t.type, t.quantization, t.buffer = name, list(map(int, shape)), kind, q, 0
        if data is not None:
            buffer = tfl.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            m.buffers.append(buffer)
            t.buffer = len(m.buffers) - 1
        graph.tensors.append(t)
        return len(graph.tensors) - 1

    i8, i32 = tfl.TensorType.INT8, tfl.TensorType.INT32
    s, z = 1.0, LOWEST
    x = tensor("x", (1, layers[0][0].shape[1]), i8, [s], [z])
    graph.inputs, graph.operators = [x], []
    for i, (w, bias, (m31, e), scale, zero) in enumerate(layers):
        factor = m31 / 2.0 ** (31 + e.astype(float))
        scales = (factor * scale / s).astype(np.float32)
        assert (scales > 0).all()
        zeros = np.zeros(len(w))
        theirs = bias + z * w.astype(np.int32).sum(axis=1)
        weights = tensor(f"w{i}", w.shape, i8, scales, zeros, w)
        biases = tensor(f"b{i}", bias.shape, i32, scales * s, zeros, theirs.astype("<i4"))
        out = tensor(f"out{i}", (1, len(w)), i8, [scale], [zero])
        op, options = tfl.OperatorT(), tfl.FullyConnectedOptionsT()
        relu = tfl.ActivationFunctionType.RELU if i == 0 else tfl.ActivationFunctionType.NONE
        options.fusedActivationFunction = relu
        op.opcodeIndex, op.inputs, op.outputs = 0, [x, weights, biases], [out]
        op.builtinOptionsType, op.builtinOptions = tfl.BuiltinOptions.FullyConnectedOptions, options
        graph.operators.append(op)
        x, s, z = out, scale, zero
    code = tfl.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = tfl.BuiltinOperator.FULLY_CONNECTED
    code.version = 12
    graph.outputs, m.subgraphs, m.operatorCodes = [1 + 3 * i + 2 for i in range(2)], [graph], [code]
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(m.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def digits(path):
    data = np.frombuffer(gzip.open(path).read(), np.uint8)
    return data[len(data) // 65 :].reshape(64, -1).T[-ROWS:]  # after the labels, one plane a pixel


layers = read(sys.argv[2])
d, h, c = layers[0][0].shape[1], len(layers[0][0]), len(layers[1][0])
random = np.random.default_rng(1).integers(0, 256, (ROWS, d), np.uint8)
flat = model(layers)
# Plain loops, and what a processor gets, without and with XNNPACK. In ai-edge-litert 2.3.0 plain loops and XNNPACK round a M
# once, to nearest; the middle one rounds twice, ties up.
kernels = {
    "reference": OpResolverType.BUILTIN_REF,
    "optimised": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "XNNPACK": OpResolverType.BUILTIN,
}
for what, rows in (("digits", digits(sys.argv[3])), ("random", random)):
    out = subprocess.run([sys.argv[1], sys.argv[2]], input=rows.tobytes(), capture_output=True, check=True).stdout
    q, hidden, scores = np.split(np.frombuffer(out, np.int8).reshape(ROWS, d + h + c), [d, d + h], axis=1)
    assert len(np.unique(hidden)) > 100 and len(np.unique(scores)) > 50, "these bytes compare nothing"
    assert (specification(q, layers[0], LOWEST) == hidden).all(), "hidden bytes: not the specification's"
    assert (specification(hidden, layers[1], -128) == scores).all(), "scores: not the specification's"
    for name, resolver in kernels.items():
        theirs = Interpreter(model_content=flat, experimental_op_resolver_type=resolver, num_threads=1)
        theirs.allocate_tensors()
        took, gave = theirs.get_input_details()[0]["index"], [o["index"] for o in theirs.get_output_details()]
        found = [[], []]
        for row in q:
            theirs.set_tensor(took, row[None])
            theirs.invoke()
            for to, index in zip(found, gave):
                to.append(theirs.get_tensor(index)[0])
        off = [np.abs(ours.astype(int) - np.array(them)) for ours, them in zip((hidden, scores), found)]
        assert off[0].shape == hidden.shape and off[1].shape == scores.shape
        told = [f"{(o == 0).sum():,} of {o.size:,} {n} equal" for o, n in zip(off, ("hidden bytes", "scores"))]
        print(f"{d}-{h}-{c}, {ROWS:,} rows of {what}, TensorFlow Lite {name}: {told[0]}, {told[1]}, worst {off[0].max()}, {off[1].max()}")
        assert max(o.max() for o in off) <= 1, "more than one step apart"
