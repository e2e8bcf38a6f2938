# SPDX-License-Identifier: Apache-2.0
"""An independent integer reference of the BitNet network in numpy, for the packed export.

BitLinear here is what an accelerator does: int8 activations, ternary weights, exact int32 sums,
one multiplication by weight_scale / x_scale at the end.  All other arithmetic is in `ft`
(float32 by default, float64 to see how much rounding matters)."""
import json, os
import numpy as np
from safetensors import safe_open


def load(path):
    import torch
    cfg = json.load(open(os.path.join(path, "config.json")))
    t = {}
    with safe_open(os.path.join(path, "model.safetensors"), "pt") as f:
        for k in f.keys():
            v = f.get_tensor(k)
            t[k] = v.numpy() if v.dtype == torch.uint8 else v.float().numpy()
    return cfg, t


def unpack(p):
    return np.concatenate([((p >> 2 * i) & 3).astype(np.int8) - 1 for i in range(4)])


class Ref:
    def __init__(self, path, ft=np.float32):
        self.c, t = load(path)
        self.ft, self.tap = ft, None        # tap = {}: keep every BitLinear's input, scale, sums
        self.t = {k: (unpack(v) if v.dtype == np.uint8 else v.astype(ft)) for k, v in t.items()}
        self.emb = self.t["model.embed_tokens.weight"]

    def norm(self, x, name):
        v = np.mean(x * x, -1, keepdims=True, dtype=self.ft)
        return self.t[name] * (x * (self.ft(1) / np.sqrt(v + self.ft(self.c["rms_norm_eps"]))))

    def quant(self, x):
        s = self.ft(127) / np.maximum(np.abs(x).max(-1, keepdims=True), self.ft(1e-5))
        return np.clip(np.rint(x * s), -128, 127).astype(np.int8), s

    def bitlinear(self, q, s, name):
        acc = (q.astype(np.float32) @ self.t[name + ".weight"].astype(np.float32).T).astype(np.int32)
        # (float32 is exact here: |acc| <= 128 * columns < 2**24; numpy multiplies int32 slowly)
        if self.tap is not None:
            self.tap[name] = (q, s, acc)
        return acc.astype(self.ft) * (self.t[name + ".weight_scale"] / s)

    def forward(self, ids):
        c, ft = self.c, self.ft
        n, H, K = len(ids), c["num_attention_heads"], c["num_key_value_heads"]
        D = c["hidden_size"] // H
        inv = 1.0 / c["rope_theta"] ** (np.arange(0, D, 2) / D)
        ang = np.arange(n)[:, None] * np.concatenate((inv, inv))
        cos, sin = np.cos(ang).astype(ft)[:, None], np.sin(ang).astype(ft)[:, None]
        rot = lambda z: z * cos + np.concatenate((-z[..., D // 2:], z[..., :D // 2]), -1) * sin
        mask = np.triu(np.full((n, n), -np.inf, ft), 1)
        x = self.emb[np.asarray(ids)]
        for i in range(c["num_hidden_layers"]):
            L = f"model.layers.{i}."
            q8, s = self.quant(self.norm(x, L + "input_layernorm.weight"))
            q, k, v = (self.bitlinear(q8, s, L + f"self_attn.{z}_proj").reshape(n, -1, D) for z in "qkv")
            q, k = rot(q), rot(k)
            o = np.empty((n, H, D), ft)
            for h in range(H):
                a = q[:, h] @ k[:, h // (H // K)].T * ft(D ** -0.5) + mask
                a = np.exp(a - a.max(-1, keepdims=True))
                o[:, h] = a / a.sum(-1, keepdims=True) @ v[:, h // (H // K)]
            q8, s = self.quant(self.norm(o.reshape(n, H * D), L + "self_attn.attn_sub_norm.weight"))
            x = x + self.bitlinear(q8, s, L + "self_attn.o_proj")
            q8, s = self.quant(self.norm(x, L + "post_attention_layernorm.weight"))
            g, u = self.bitlinear(q8, s, L + "mlp.gate_proj"), self.bitlinear(q8, s, L + "mlp.up_proj")
            m = np.square(np.maximum(g, 0)) * u
            q8, s = self.quant(self.norm(m, L + "mlp.ffn_sub_norm.weight"))
            x = x + self.bitlinear(q8, s, L + "mlp.down_proj")
        return self.norm(x, "model.norm.weight") @ self.emb.T
