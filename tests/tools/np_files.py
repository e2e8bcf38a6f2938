# SPDX-License-Identifier: Apache-2.0
"""Model files in plain numpy, read and written from their descriptions (docs/model-files.md) without any
of Tritium's code: safetensors, GGUF, and the layouts of ternary matrices. A test tool, not a library."""
import json
import os
import struct

import numpy as np

# Scalars -------------------------------------------------------------------------------------------


def to_bf16(x):
    """Round to nearest, ties to even; as uint16."""
    u = np.ascontiguousarray(x, np.float32).view(np.uint32).astype(np.uint64)
    return ((u + 0x7FFF + ((u >> 16) & 1)) >> 16).astype(np.uint16)


def from_bf16(h):
    return (np.asarray(h, np.uint16).astype(np.uint32) << 16).view(np.float32)


# Ternary layouts: t is int8 [rows][cols] of -1, 0, 1 ---------------------------------------------------


def pack_hf(t):
    n = t.shape[0] // 4
    u = (t + 1).astype(np.uint8)
    return u[:n] | u[n : 2 * n] << 2 | u[2 * n : 3 * n] << 4 | u[3 * n :] << 6


def unpack_hf(b):
    return np.concatenate([((b >> (2 * i)) & 3).astype(np.int8) - 1 for i in range(4)])


def pack_i2s(t, layout):
    u = (t + 1).astype(np.uint8)
    if layout == "rows":
        u = u.reshape(-1, 4, t.shape[1])
    else:
        u = u.reshape(-1, 4, 32 if layout == "x86" else 16)
    return (u[:, 0] << 6 | u[:, 1] << 4 | u[:, 2] << 2 | u[:, 3]).tobytes()


def unpack_i2s(raw, shape, layout):
    width = {"x86": 32, "arm": 16, "rows": shape[1]}[layout]
    q = raw[: shape[0] * shape[1] // 4].reshape(-1, width)
    return (np.stack([(q >> s) & 3 for s in (6, 4, 2, 0)], 1).astype(np.int8) - 1).reshape(shape)


def block_scales(t, scale):
    blocks = t.reshape(-1, 256)
    some = (blocks != 0).any(1, keepdims=True)
    return np.where(some, np.float16(scale), np.float16(0)).astype("<f2").view(np.uint8)


def pack_tq2(t, scale):
    u = (t + 1).astype(np.uint8).reshape(-1, 2, 4, 32)
    q = u[:, :, 0] | u[:, :, 1] << 2 | u[:, :, 2] << 4 | u[:, :, 3] << 6
    return np.concatenate([q.reshape(-1, 64), block_scales(t, scale)], 1).tobytes()


def pack_tq1(t, scale):
    u = (t + 1).astype(np.uint32).reshape(-1, 256)
    w = np.array([81, 27, 9, 3, 1], np.uint32)
    parts = [(u[:, :160].reshape(-1, 5, 32), w), (u[:, 160:240].reshape(-1, 5, 16), w), (u[:, 240:].reshape(-1, 4, 4), w[:4])]
    codes = [((p * v[None, :, None]).sum(1) * 256 + 242) // 243 for p, v in parts]
    return np.concatenate([np.concatenate(codes, 1).astype(np.uint8), block_scales(t, scale)], 1).tobytes()


def unpack_tq(raw, shape, kind):
    size = 66 if kind == "TQ2_0" else 54
    b = raw.reshape(-1, size)
    d = b[:, -2:].copy().view("<f2").astype(np.float32).reshape(-1)
    if kind == "TQ2_0":
        q = b[:, :64].reshape(-1, 2, 1, 32)
        t = ((q >> np.array([0, 2, 4, 6], np.uint8)[None, None, :, None]) & 3).astype(np.int8) - 1
    else:
        t = []
        for first, count, trits in ((0, 32, 5), (32, 16, 5), (48, 4, 4)):
            q = b[:, first : first + count].astype(np.uint32)
            for k in range(trits):
                t.append(((q * 3**k & 255) * 3 >> 8).astype(np.int8) - 1)
        t = np.concatenate(t, 1)
    t = t.reshape(-1, 256)
    t[d == 0] = 0
    used = set(d[d != 0])
    assert len(used) <= 1, "group scales"
    return t.reshape(shape), used.pop() if used else np.float32(1)


def ternary_of(w, online):
    """Float weights: already ternary (one magnitude) unless online, else absmean."""
    m = np.unique(np.abs(w[w != 0]))
    if len(m) <= 1 and not online:
        return np.sign(w).astype(np.int8), np.float32(m[0] if len(m) else 1)
    s = np.float32(1) / np.maximum(np.float32(np.abs(w).mean(dtype=np.float64)), np.float32(1e-5))
    return np.clip(np.rint(w * s), -1, 1).astype(np.int8), np.float32(1) / s


# safetensors ------------------------------------------------------------------------------------------
DTYPES = {"BF16": np.uint16, "F16": np.float16, "F32": np.float32, "U8": np.uint8, "I64": np.int64}


def write_safetensors(path, tensors):
    """tensors: {name: (dtype, array)}; BF16 arrays are float32 here."""
    header, data = {}, []
    at = 0
    for name, (dtype, array) in tensors.items():
        raw = (to_bf16(array) if dtype == "BF16" else np.asarray(array, DTYPES[dtype])).tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + len(raw)]}
        at += len(raw)
        data.append(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def read_safetensors(path):
    """{name: function that returns the array}; floats become float32."""
    file = np.memmap(path, np.uint8, "r")
    length = struct.unpack("<Q", file[:8].tobytes())[0]
    header = json.loads(file[8 : 8 + length].tobytes())
    header.pop("__metadata__", None)

    def reader(entry):
        begin, end = (8 + length + x for x in entry["data_offsets"])

        def read():
            x = np.frombuffer(file[begin:end].tobytes(), DTYPES[entry["dtype"]]).reshape(entry["shape"])
            return from_bf16(x) if entry["dtype"] == "BF16" else x

        return read

    return {name: reader(entry) for name, entry in header.items()}


# GGUF ---------------------------------------------------------------------------------------------------
SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
GGML = {"F32": 0, "F16": 1, "BF16": 30, "TQ1_0": 34, "TQ2_0": 35, "I2_S": 36}


def gguf_string(text):
    return struct.pack("<Q", len(text)) + text.encode()


def write_gguf(path, keys, tensors):
    """keys: {name: int, float, str or list of str}; tensors: {name: (type, shape, bytes)}."""
    out = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)))
    for key, value in keys.items():
        out += gguf_string(key)
        if isinstance(value, str):
            out += struct.pack("<I", 8) + gguf_string(value)
        elif isinstance(value, float):
            out += struct.pack("<If", 6, value)
        elif isinstance(value, list):
            out += struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(gguf_string, value))
        else:
            out += struct.pack("<II", 4, value)
    at = 0
    for name, (kind, shape, raw) in tensors.items():
        out += gguf_string(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", n) for n in reversed(shape))
        out += struct.pack("<IQ", GGML[kind], at)
        at += len(raw) + -len(raw) % 32
    out += bytes(-len(out) % 32)
    with open(path, "wb") as f:
        f.write(out)
        for _, _, raw in tensors.values():
            f.write(raw + bytes(-len(raw) % 32))


def read_gguf(path):
    """(keys, {name: (type, shape, function that returns the bytes as uint8)})"""
    file = np.memmap(path, np.uint8, "r")
    at = 24

    def take(form):
        nonlocal at
        size = struct.calcsize(form)
        at += size
        return struct.unpack(form, file[at - size : at].tobytes())[0]

    def text():
        nonlocal at
        n = take("<Q")
        at += n
        return file[at - n : at].tobytes().decode()

    def value(kind):
        if kind == 9:
            element, count = take("<I"), take("<Q")
            return [value(element) for _ in range(count)]
        return text() if kind == 8 else take(SCALARS[kind])

    tensor_count, key_count = struct.unpack("<QQ", file[8:24].tobytes())
    keys = {}
    for _ in range(key_count):
        name = text()
        keys[name] = value(take("<I"))
    infos = []
    for _ in range(tensor_count):
        name, dims = text(), take("<I")
        shape = tuple(reversed([take("<Q") for _ in range(dims)]))
        infos.append((name, shape, take("<I"), take("<Q")))
    start = at + -at % keys.get("general.alignment", 32)
    kinds = {number: name for name, number in GGML.items()}
    tensors = {}
    for name, shape, number, offset in infos:
        n, kind = int(np.prod(shape)), kinds[number]
        size = {"F32": n * 4, "F16": n * 2, "BF16": n * 2, "TQ1_0": n // 256 * 54, "TQ2_0": n // 256 * 66, "I2_S": n // 4 + 32}[kind]
        begin = start + offset
        tensors[name] = (kind, shape, lambda begin=begin, size=size: np.frombuffer(file[begin : begin + size].tobytes(), np.uint8))
    return keys, tensors


def gguf_floats(kind, shape, raw):
    kinds = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}
    x = raw.view(kinds[kind]).reshape(shape)
    return from_bf16(x) if kind == "BF16" else x.astype(np.float32)


def folder_tensors(folder):
    index = os.path.join(folder, "model.safetensors.index.json")
    if not os.path.exists(index):
        return read_safetensors(os.path.join(folder, "model.safetensors"))
    with open(index, encoding="utf-8") as f:
        files = set(json.load(f)["weight_map"].values())
    tensors = {}
    for name in sorted(files):
        tensors.update(read_safetensors(os.path.join(folder, name)))
    return tensors
