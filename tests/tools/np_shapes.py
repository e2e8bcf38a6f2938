#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every published shape of a ternary model as a tiny random one, in every kind of file it comes in:
`np_shapes.py DUMP_PROGRAM FOLDER`, from the top folder. Writes each into FOLDER, runs it on the reference (DUMP_PROGRAM)
and compares with the numpy model: all sums equal, logits within 2e-5 of their deviation. Files that
hold the same model must also give the same logits, bit for bit. Numbers come from a seed."""
import json
import os
import shutil
import subprocess
import sys

import numpy as np

import np_files as files
from np_model import GGUF_MATRICES, MATRICES, Dump, check

VOCAB, LIMIT = 320, 2e-5
IDS = [310, 5, 17, 5, 200, 319, 0, 88]

# Structure as published: head dimension, share of key/value heads, activation, norms inside, theta, eps,
# tied or not. Only counts and widths are smaller, but for k23040, whose width is the largest there is.
SHAPES = {
    "bitnet-b1.58-2B-4T": dict(hidden=512, ffn=1536, heads=4, kv=1, dim=128, layers=2, theta=500000.0, eps=1e-5, act="relu2", sub=True, tied=True),
    "bitnet_b1_58-large": dict(hidden=768, ffn=1024, heads=8, kv=8, dim=96, layers=2, theta=10000.0, eps=1e-5, act="silu", sub=True, tied=True),
    "bitnet_b1_58-3B": dict(hidden=400, ffn=1080, heads=4, kv=4, dim=100, layers=2, theta=10000.0, eps=1e-5, act="silu", sub=True, tied=True),
    "Falcon3-1B-1.58bit": dict(hidden=512, ffn=2048, heads=2, kv=1, dim=256, layers=2, theta=1000042.0, eps=1e-6, act="silu", sub=False, tied=False),
    "Falcon3-3B-1.58bit": dict(hidden=768, ffn=2304, heads=3, kv=1, dim=256, layers=2, theta=1000042.0, eps=1e-6, act="silu", sub=False, tied=False),
    "Falcon3-7B-1.58bit": dict(hidden=768, ffn=5760, heads=3, kv=1, dim=256, layers=1, theta=1000042.0, eps=1e-6, act="silu", sub=False, tied=False),
    "Falcon3-10B-1.58bit": dict(hidden=768, ffn=5760, heads=3, kv=1, dim=256, layers=3, theta=1000042.0, eps=1e-6, act="silu", sub=False, tied=False),
    "Llama3-8B-1.58": dict(hidden=512, ffn=1792, heads=4, kv=1, dim=128, layers=2, theta=500000.0, eps=1e-5, act="silu", sub=False, tied=False),
    # Not published: heads * head_dim != hidden, K = 23,040, head dimension 64 and an untied head.
    "k23040": dict(hidden=256, ffn=23040, heads=3, kv=1, dim=256, layers=1, theta=1000042.0, eps=1e-6, act="silu", sub=False, tied=False),
    "bitnet-25-untied": dict(hidden=256, ffn=768, heads=4, kv=2, dim=64, layers=2, theta=500000.0, eps=1e-5, act="relu2", sub=True, tied=False),
}

# The files of each: kind, layout or type, and what makes it special.
FILES = {
    "bitnet-b1.58-2B-4T": ["hf-packed", "hf-sharded", "hf-online", "gguf-bitnet-b1.58-x86", "gguf-bitnet-b1.58-arm", "gguf-bitnet-b1.58-rows", "gguf-bitnet-25-TQ1_0", "gguf-bitnet-b1.58-TQ2_0", "gguf-bitnet-b1.58-F16", "gguf-bitnet-b1.58-F32"],
    "bitnet_b1_58-large": ["hf-master-F16", "hf-master-F32", "hf-master-ternary", "gguf-bitnet-x86", "gguf-bitnet-TQ2_0", "gguf-bitnet-BF16", "gguf-bitnet-master"],
    "bitnet_b1_58-3B": ["hf-master-F32", "hf-packed", "gguf-bitnet-rows", "gguf-bitnet-F16", "gguf-bitnet-master"],
    "Falcon3-1B-1.58bit": ["hf-bitlinear", "gguf-llama-x86", "gguf-llama-TQ2_0", "gguf-llama-BF16"],
    "Falcon3-3B-1.58bit": ["hf-bitlinear", "gguf-llama-x86", "gguf-llama-TQ1_0"],
    "Falcon3-7B-1.58bit": ["hf-bitlinear-sharded", "gguf-llama-x86"],
    "Falcon3-10B-1.58bit": ["hf-bitlinear", "gguf-llama-arm"],
    "Llama3-8B-1.58": ["hf-bitlinear-missing", "gguf-llama-x86", "gguf-llama-rows", "gguf-llama-F32"],
    "k23040": ["hf-bitlinear", "gguf-llama-x86", "gguf-llama-TQ2_0"],
    "bitnet-25-untied": ["hf-packed", "gguf-bitnet-25-x86", "gguf-bitnet-25-TQ1_0"],
}


def bf16(x):
    return files.from_bf16(files.to_bf16(np.asarray(x, np.float32)))


class Random:
    """A model: bf16-valued masters, and what they are when quantised."""

    def __init__(self, name):
        self.c = c = SHAPES[name]
        self.r = r = np.random.Generator(np.random.PCG64(sum(map(ord, name))))
        wide, kv = c["heads"] * c["dim"], c["kv"] * c["dim"]
        shapes = ((wide, c["hidden"]), (kv, c["hidden"]), (kv, c["hidden"]), (c["hidden"], wide),
                  (c["ffn"], c["hidden"]), (c["ffn"], c["hidden"]), (c["hidden"], c["ffn"]))
        self.embedding = bf16(r.normal(0, 0.7, (VOCAB, c["hidden"])) + 2.0**-10)
        self.embedding[np.abs(self.embedding) < 2.0**-12] = 2.0**-12  # exact in float16, too
        self.head = self.embedding if c["tied"] else bf16(r.normal(0, 0.02, (VOCAB, c["hidden"])) + 2.0**-13)
        self.head = np.where(np.abs(self.head) < 2.0**-12, np.float32(2.0**-12), self.head)
        self.final = bf16(0.1 + 0.02 * r.normal(size=c["hidden"]))
        self.masters, self.ternary, self.scales, self.norms = [], [], [], []
        for _ in range(c["layers"]):
            masters = [bf16(r.standard_t(3, size=s) * 0.9) for s in shapes]
            masters[6][:, 10:14] = 1e-34  # dead channels
            quantised = [files.ternary_of(w, True) for w in masters]
            self.masters.append(masters)
            self.ternary.append([t for t, _ in quantised])
            self.scales.append([float(bf16(s)) for _, s in quantised])
            self.norms.append([self.norm(n) for n in (c["hidden"], wide, c["hidden"], c["ffn"])])

    def norm(self, n):
        w = 0.5 + 0.2 * self.r.normal(size=n)
        w[3] = -w[3]
        return bf16(w)

    def config(self, kind):
        c = self.c
        out = dict(hidden_size=c["hidden"], intermediate_size=c["ffn"], num_hidden_layers=c["layers"], num_attention_heads=c["heads"],
                   num_key_value_heads=c["kv"], vocab_size=VOCAB, max_position_embeddings=64, rms_norm_eps=c["eps"], rope_theta=c["theta"],
                   hidden_act=c["act"], tie_word_embeddings=c["tied"], bos_token_id=VOCAB - 2, eos_token_id=[VOCAB - 1, VOCAB - 3])
        out["model_type"] = "bitnet" if c["sub"] else "llama"
        out["architectures"] = ["BitNetForCausalLM" if c["sub"] else "LlamaForCausalLM"]
        if not c["sub"]:
            out["head_dim"] = c["dim"]
            out["rope_scaling"] = None
        quantisation = {"quant_method": "bitnet"}
        if "bitlinear" in kind:
            if "missing" not in kind:
                quantisation["linear_class"] = "bitlinear"
            quantisation["modules_to_not_convert"] = ["lm_head"]
        elif "master" in kind:
            quantisation = None
            out["weight_bits"], out["input_bits"] = 1, 8
        else:
            quantisation["linear_class"] = "autobitlinear"
            quantisation["quantization_mode"] = "online" if "online" in kind else "offline"
        if quantisation:
            out["quantization_config"] = quantisation
        return out

    def write_folder(self, folder, kind):
        c = self.c
        floats = "F16" if "F16" in kind else "F32" if "F32" in kind else "BF16"
        T = {"model.embed_tokens.weight": (floats, self.embedding), "model.norm.weight": (floats, self.final)}
        if not c["tied"]:
            T["lm_head.weight"] = (floats, self.head)
        inner = ("self_attn.inner_attn_ln", "mlp.ffn_layernorm") if "master" in kind else ("self_attn.attn_sub_norm", "mlp.ffn_sub_norm")
        for layer in range(c["layers"]):
            base = f"model.layers.{layer}."
            names = ("input_layernorm", inner[0], "post_attention_layernorm", inner[1])
            for i, name in enumerate(names):
                if c["sub"] or i % 2 == 0:
                    T[f"{base}{name}.weight"] = (floats, self.norms[layer][i])
            for i, name in enumerate(MATRICES):
                name = f"{base}{'self_attn' if i < 4 else 'mlp'}.{name}.weight"
                t, scale = self.ternary[layer][i], np.float32(self.scales[layer][i])
                if "ternary" in kind:
                    T[name] = ("F32", t * scale)
                elif "master" in kind or "online" in kind:
                    T[name] = (floats, self.masters[layer][i])
                else:
                    T[name] = ("U8", files.pack_hf(t))
                    stored = np.float32(1) / scale if "bitlinear" in kind else scale
                    T[name + "_scale"] = ("BF16", np.array([stored], np.float32))
        os.makedirs(folder)
        with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as f:
            json.dump(self.config(kind), f, indent=1)
        if "sharded" not in kind:
            files.write_safetensors(os.path.join(folder, "model.safetensors"), T)
            return
        shards = [f"model-{i + 1:05}-of-00003.safetensors" for i in range(3)]
        where = {name: shards[i * 3 // len(T)] for i, name in enumerate(T)}
        for shard in shards:
            files.write_safetensors(os.path.join(folder, shard), {n: T[n] for n in T if where[n] == shard})
        with open(os.path.join(folder, "model.safetensors.index.json"), "w", encoding="utf-8") as f:
            json.dump({"metadata": {"total_size": 1}, "weight_map": where}, f)

    def matrix_bytes(self, layer, i, kind, arch):
        t, scale = self.ternary[layer][i], np.float32(self.scales[layer][i])
        w = self.masters[layer][i] if kind == "master" else t * scale
        if arch == "llama" and i < 2:  # halves to neighbours, as the published converter
            swap = lambda x: x.reshape(-1, 2, self.c["dim"] // 2, x.shape[1]).swapaxes(1, 2).reshape(x.shape)
            t, w = swap(t), swap(w)
        if kind in ("x86", "arm", "rows"):
            return "I2_S", files.pack_i2s(t, kind) + scale.tobytes() + b"\xaa" * 28
        if kind == "TQ1_0":
            return kind, files.pack_tq1(t, scale)
        if kind == "TQ2_0":
            return kind, files.pack_tq2(t, scale)
        if kind == "F16":
            return kind, w.astype(np.float16).tobytes()
        if kind in ("BF16", "master"):
            return "BF16", files.to_bf16(w).tobytes()
        return "F32", w.astype(np.float32).tobytes()

    def write_file(self, path, arch, kind):
        c = self.c
        keys = {"general.architecture": arch, "general.name": "random"}
        for key, value in {"block_count": c["layers"], "embedding_length": c["hidden"], "feed_forward_length": c["ffn"], "context_length": 64,
                           "attention.head_count": c["heads"], "attention.head_count_kv": c["kv"], "vocab_size": VOCAB,
                           "attention.layer_norm_rms_epsilon": c["eps"], "rope.freq_base": c["theta"], "rope.dimension_count": c["dim"]}.items():
            keys[f"{arch}.{key}"] = value
        if c["heads"] * c["dim"] != c["hidden"] or arch == "llama":
            keys[f"{arch}.attention.key_length"] = keys[f"{arch}.attention.value_length"] = c["dim"]
        keys["tokenizer.ggml.tokens"] = [f"<{i}>" for i in range(VOCAB)]
        keys["tokenizer.ggml.bos_token_id"], keys["tokenizer.ggml.eos_token_id"] = VOCAB - 2, VOCAB - 1
        f16 = lambda x: ("F16", x.shape, x.astype(np.float16).tobytes())
        f32 = lambda x: ("F32", x.shape, x.astype(np.float32).tobytes())
        T = {"token_embd.weight": f16(self.embedding), "output_norm.weight": f32(self.final)}
        if not c["tied"]:
            T["output.weight"] = f16(self.head)
        for layer in range(c["layers"]):
            for i, name in enumerate(("attn_norm", "attn_sub_norm", "ffn_norm", "ffn_sub_norm")):
                if c["sub"] or i % 2 == 0:
                    T[f"blk.{layer}.{name}.weight"] = f32(self.norms[layer][i])
            for i, name in enumerate(GGUF_MATRICES):
                number, raw = self.matrix_bytes(layer, i, kind, arch)
                T[f"blk.{layer}.{name}.weight"] = (number, self.ternary[layer][i].shape, raw)
        files.write_gguf(path, keys, T)


def family(kind):
    """Files of a shape with the same letter hold the same numbers in the same order of operations."""
    return "master" if kind in ("hf-online", "hf-master-F32", "hf-master-F16", "gguf-bitnet-master") else "dividing" if "bitlinear" in kind else "ternary"


def run(program, folder, name, model, seen):
    failed = 0
    for kind in FILES[name]:
        path = os.path.join(folder, f"{name}-{kind}")
        layout = kind.rsplit("-", 1)[1] if kind.rsplit("-", 1)[1] in ("x86", "arm", "rows") else "none"
        if kind.startswith("gguf-"):
            path += ".gguf"
            arch, number = kind[5:].rsplit("-", 1)
            model.write_file(path, arch, number)
        else:
            model.write_folder(path, kind)
        dump = path + ".dump"
        if subprocess.run([program, path, layout, dump, *map(str, IDS)], check=False).returncode != 0:
            print(f"FAIL {name} {kind}: does not run")
            failed += 1
            continue
        c = check(dump, path, "x86" if layout == "none" else layout)
        logits = Dump(dump)
        logits.file.seek(-4 * len(IDS) * VOCAB, os.SEEK_END)
        logits = logits.logits().tobytes()
        same = seen.setdefault(family(kind), logits) == logits
        # One float16 master keeps the bf16 values only down to 2^-24: its scale may differ.
        same = same or kind == "hf-master-F16"
        good = c.unequal == 0 and c.flips <= c.codes * 1e-3 and c.logits <= LIMIT and same
        failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {name} {kind}: {c.sums} sums, {c.unequal} unequal; {c.flips} of {c.codes} codes flipped; "
              f"logits {c.logits:.1e}{'' if same else '; other logits than another file of this model'}")
        os.remove(dump)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    return failed


def main(program, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    total = failed = 0
    for name in SHAPES:
        failed += run(program, folder, name, Random(name), {})
        total += len(FILES[name])
    print(f"shapes: {len(SHAPES)} shapes in {total} files")
    os.makedirs("build/reports", exist_ok=True)
    with open("build/reports/shapes.json", "w", encoding="utf-8") as f:
        json.dump({"shapes_run": len(SHAPES), "shapes": list(SHAPES), "files_run": total, "files_failed": failed}, f, indent=1)
    print(f"{total - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
