# SPDX-License-Identifier: Apache-2.0
"""A second, independent model: reads a Hugging Face folder or a GGUF file with numpy and checks what
the reference computed on it. `np_model.py DUMP MODEL [x86|arm|rows]`, DUMP from tests/tools/dump_model.c.

Every int32 sum must be equal. The floats here are float64, so an int8 code may round the other way
once in a while; the model goes on with the reference's codes, and so the logits stay comparable."""
import json
import os
import sys

import numpy as np

import np_files as files

MATRICES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
GGUF_MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
GROUPS = ((0, 1, 2), (3,), (4, 5), (6,))


class HuggingFace:
    """Configuration and tensors of a folder."""

    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
            c = json.load(f)
        self.tensors = files.folder_tensors(folder)
        q = c.get("quantization_config") or {}
        linear = q.get("linear_class", "bitlinear") if q else None
        self.divides = linear == "bitlinear"
        self.online = linear == "autobitlinear" and q.get("quantization_mode") == "online"
        self.layers, self.heads, self.kv = c["num_hidden_layers"], c["num_attention_heads"], c["num_key_value_heads"]
        self.dim = c.get("head_dim") or c["hidden_size"] // self.heads
        self.eps, self.theta, self.act = c["rms_norm_eps"], c["rope_theta"], c["hidden_act"]
        self.sub_norms = c["model_type"] == "bitnet"
        self.tied = c["tie_word_embeddings"]

    def matrix(self, layer, which):
        name = f"model.layers.{layer}.{'self_attn' if which < 4 else 'mlp'}.{MATRICES[which]}.weight"
        w = self.tensors[name]()
        if w.dtype == np.uint8:
            return files.unpack_hf(w), self.tensors[name + "_scale"]().astype(np.float32)[0]
        return files.ternary_of(w.astype(np.float32), self.online)

    def norm(self, layer, which):
        names = ("input_layernorm", "self_attn.attn_sub_norm", "post_attention_layernorm", "mlp.ffn_sub_norm")
        old = {"self_attn.attn_sub_norm": "self_attn.inner_attn_ln", "mlp.ffn_sub_norm": "mlp.ffn_layernorm"}
        if which == 4:
            return self.tensors["model.norm.weight"]().astype(np.float64)
        name = f"model.layers.{layer}.{names[which]}.weight"
        if name not in self.tensors:
            name = f"model.layers.{layer}.{old[names[which]]}.weight"
        return self.tensors[name]().astype(np.float64)

    def table(self, head):
        return self.tensors["lm_head.weight" if head and not self.tied else "model.embed_tokens.weight"]()


class Gguf:
    """The same of a GGUF file."""

    def __init__(self, path, layout):
        self.keys, self.tensors = files.read_gguf(path)
        arch = self.keys["general.architecture"]
        get = lambda key, other=None: self.keys.get(f"{arch}.{key}", other)
        self.layout, self.arch, self.divides = layout, arch, False
        self.layers, self.heads = get("block_count"), get("attention.head_count")
        self.kv = get("attention.head_count_kv", self.heads)
        self.dim = get("attention.key_length") or get("embedding_length") // self.heads
        self.eps, self.theta = get("attention.layer_norm_rms_epsilon"), get("rope.freq_base")
        self.sub_norms = arch != "llama"
        self.act = "silu" if arch in ("bitnet", "llama") else "relu2"

    def matrix(self, layer, which):
        kind, shape, raw = self.tensors[f"blk.{layer}.{GGUF_MATRICES[which]}.weight"]
        if kind == "I2_S":
            t = files.unpack_i2s(raw(), shape, self.layout)
            scale = raw()[t.size // 4 : t.size // 4 + 4].view("<f4")[0]
        elif kind.startswith("TQ"):
            t, scale = files.unpack_tq(raw(), shape, kind)
        else:
            t, scale = files.ternary_of(files.gguf_floats(kind, shape, raw()), False)
        if self.arch == "llama" and which < 2:  # neighbours back to halves
            t = t.reshape(-1, self.dim // 2, 2, shape[1]).swapaxes(1, 2).reshape(shape)
        return t, scale

    def floats(self, name):
        kind, shape, raw = self.tensors[name]
        return files.gguf_floats(kind, shape, raw())

    def norm(self, layer, which):
        names = ("attn_norm", "attn_sub_norm", "ffn_norm", "ffn_sub_norm")
        name = "output_norm.weight" if which == 4 else f"blk.{layer}.{names[which]}.weight"
        return self.floats(name).astype(np.float64)

    def table(self, head):
        return self.floats("output.weight" if head and "output.weight" in self.tensors else "token_embd.weight")


class Dump:
    """What tests/tools/dump_model.c wrote: ids, then products, then logits."""

    def __init__(self, path):
        self.file = open(path, "rb")
        self.tokens, self.vocab = np.fromfile(self.file, np.uint32, 2)
        self.ids = np.fromfile(self.file, np.uint32, self.tokens)

    def product(self):
        layer, group, tokens, rows, cols = np.fromfile(self.file, np.uint32, 5)
        codes = np.fromfile(self.file, np.int8, tokens * cols).reshape(tokens, cols)
        sums = np.fromfile(self.file, np.int32, tokens * rows).reshape(tokens, rows)
        return layer, group, codes, sums

    def logits(self):
        return np.fromfile(self.file, np.float32, self.tokens * self.vocab).reshape(self.tokens, self.vocab)


class Check:
    """Runs the model beside a dump."""

    def __init__(self, model, dump):
        self.model, self.dump = model, dump
        self.sums = self.unequal = self.codes = self.flips = self.products = 0

    def norm(self, x, layer, which):
        if which in (1, 3) and not self.model.sub_norms:
            return x
        return self.model.norm(layer, which) * (x / np.sqrt((x * x).mean(1, keepdims=True) + self.model.eps))

    def linear(self, x, layer, group):
        """The outputs of the group's matrices for x, with the reference's codes."""
        at, which, codes, sums = self.dump.product()
        assert (at, which) == (layer, group), "the dump has another order"
        x = x.astype(np.float32)
        s = np.float32(1) / np.maximum(np.abs(x).max(1, keepdims=True), np.float32(1e-5)) * np.float32(127)
        own = np.clip(np.rint(x * s), -128, 127)
        self.codes += own.size
        self.flips += int((own != codes).sum())
        assert np.abs(own - codes).max() <= 1, f"layer {layer} group {group}: codes differ by more than one"
        out, first = [], 0
        for which in GROUPS[group]:
            t, scale = self.model.matrix(layer, which)
            # Exact in float32: every partial sum is an integer below 2^24.
            acc = codes.astype(np.float32) @ t.astype(np.float32).T
            mine = sums[:, first : first + t.shape[0]]
            self.unequal += int((acc != mine).sum())
            self.sums += mine.size
            self.products += 1
            first += t.shape[0]
            scale, acc, step = float(scale), acc.astype(np.float64), s.astype(np.float64)
            out.append(acc / (step * scale) if self.model.divides else acc / step * scale)
        assert first == sums.shape[1], "the dump has other shapes"
        return out

    def rope(self, x, cos, sin):
        half = self.model.dim // 2
        a, b = x[..., :half], x[..., half:]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)

    def attention(self, q, k, v):
        m, n = self.model, len(q)
        power = np.float64(m.theta) ** (np.arange(0, m.dim, 2).astype(np.float32) / np.float32(m.dim)).astype(np.float64)
        angle = np.arange(n, dtype=np.float32)[:, None] * (np.float32(1) / power.astype(np.float32))
        cos, sin = np.cos(angle.astype(np.float64))[:, None], np.sin(angle.astype(np.float64))[:, None]
        q = self.rope(q.reshape(n, m.heads, m.dim), cos, sin)
        k = self.rope(k.reshape(n, m.kv, m.dim), cos, sin)
        v = v.reshape(n, m.kv, m.dim)
        mask = np.triu(np.full((n, n), -np.inf), 1)
        out = np.empty_like(q)
        for head in range(m.heads):
            shared = head // (m.heads // m.kv)
            score = q[:, head] @ k[:, shared].T / np.sqrt(m.dim) + mask
            score = np.exp(score - score.max(1, keepdims=True))
            out[:, head] = score / score.sum(1, keepdims=True) @ v[:, shared]
        return out.reshape(n, -1)

    def run(self):
        m = self.model
        x = m.table(False)[self.dump.ids].astype(np.float64)
        for layer in range(m.layers):
            q, k, v = self.linear(self.norm(x, layer, 0), layer, 0)
            x = x + self.linear(self.norm(self.attention(q, k, v), layer, 1), layer, 1)[0]
            gate, up = self.linear(self.norm(x, layer, 2), layer, 2)
            act = gate / (1 + np.exp(-gate)) if m.act == "silu" else np.maximum(gate, 0) ** 2
            x = x + self.linear(self.norm(act * up, layer, 3), layer, 3)[0]
        own = self.norm(x, m.layers, 4) @ m.table(True).astype(np.float64).T
        got = self.dump.logits()
        self.logits = float(np.abs(own - got).max() / own.std())
        self.top = float((own.argmax(1) == got.argmax(1)).mean())


def check(dump, path, layout="x86"):
    model = HuggingFace(path) if os.path.isdir(path) else Gguf(path, layout)
    result = Check(model, Dump(dump))
    result.run()
    return result


if __name__ == "__main__":
    c = check(*sys.argv[1:])
    print(f"{c.products} products, {c.sums} sums, {c.unequal} unequal; {c.flips} of {c.codes} codes flipped;"
          f" logits within {c.logits:.2g} of their deviation, top token equal in {100 * c.top:.0f} %")
    sys.exit(c.unequal > 0 or c.flips > c.codes * 1e-3 or not c.logits <= 2e-5)
