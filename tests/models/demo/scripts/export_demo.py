#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Export a trained demo model in the layout of BitNet b1.58 2B4T.

usage: export_demo.py CHECKPOINT.pt TOKENIZER_DIR OUT_DIR
writes OUT_DIR/hf-packed (2-bit weights + one bf16 scale per matrix, "offline"; what the kit reads)
and    OUT_DIR/hf-master (bf16 master weights, quantised while loading, "online").

Everything is first rounded to bf16; the ternary weights are those of the rounded master weights,
so that both exports hold the same ternary weights.
"""
import json, os, shutil, sys

import torch
from safetensors.torch import save_file


def pack(t):
    """{-1,0,1} (rows, cols) -> uint8 (rows/4, cols): row i of the result holds rows i, i+R, i+2R
    and i+3R (R = rows/4) in bits 0-1, 2-3, 4-5, 6-7, each as t+1."""
    q = (t + 1).to(torch.uint8).view(4, t.shape[0] // 4, t.shape[1])
    return q[0] | q[1] << 2 | q[2] << 4 | q[3] << 6


def main():
    ck, tokdir, out = sys.argv[1:4]
    d = torch.load(ck, weights_only=True)
    c, state = d["c"], {k: v.to(torch.bfloat16) for k, v in d["state"].items()}
    quant = c["kind"] == "ternary"
    config = {"architectures": ["BitNetForCausalLM"], "model_type": "bitnet",
              "bos_token_id": c["bos"], "eos_token_id": c["eos"], "hidden_act": "relu2",
              "hidden_size": c["hidden_size"], "initializer_range": 0.02,
              "intermediate_size": c["intermediate_size"],
              "max_position_embeddings": c["max_position_embeddings"],
              "num_attention_heads": c["num_attention_heads"],
              "num_hidden_layers": c["num_hidden_layers"],
              "num_key_value_heads": c["num_key_value_heads"], "rms_norm_eps": c["rms_norm_eps"],
              "rope_theta": c["rope_theta"], "tie_word_embeddings": True, "torch_dtype": "bfloat16",
              "use_cache": True, "vocab_size": c["vocab_size"]}
    master = {"model." + k: v.contiguous() for k, v in state.items()}
    packed, report = {}, []
    for k, v in master.items():
        if not k.endswith("_proj.weight"):
            packed[k] = v
            continue
        w = v.float()
        s = w.abs().mean().clamp(min=1e-5)
        t = (w * (1.0 / s)).round().clamp(-1, 1)
        packed[k] = pack(t)
        packed[k[:-len("weight")] + "weight_scale"] = s.to(torch.bfloat16).view(1)
        report.append((k, float((t == 0).float().mean()), float(s)))
    kinds = {"hf-master": (master, "online"), "hf-packed": (packed, "offline")} if quant else {"hf-float": (master, None)}
    for name, (tensors, mode) in kinds.items():
        p = os.path.join(out, name)
        os.makedirs(p, exist_ok=True)
        save_file(tensors, os.path.join(p, "model.safetensors"), metadata={"format": "pt"})
        cfg = dict(config)
        if mode:
            cfg["quantization_config"] = {"quant_method": "bitnet", "linear_class": "autobitlinear",
                                          "quantization_mode": mode}
        with open(os.path.join(p, "config.json"), "w") as f:
            json.dump(cfg, f, indent=2)
            f.write("\n")
        with open(os.path.join(p, "generation_config.json"), "w") as f:
            json.dump({"bos_token_id": c["bos"], "eos_token_id": c["eos"]}, f, indent=2)
            f.write("\n")
        for fn in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(os.path.join(tokdir, fn), p)
        print(name, os.path.getsize(os.path.join(p, "model.safetensors")), "bytes")
    if quant:
        for k, z, s in report:
            print(f"{k:45s} zeros {z:.3f} scale {s:.5f}")


if __name__ == "__main__":
    main()
