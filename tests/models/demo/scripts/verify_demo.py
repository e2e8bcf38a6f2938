#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check an export against the training code and a numpy integer reference; write test vectors.

usage: verify_demo.py CHECKPOINT.pt EXPORT_DIR CORPUS_DIR VECTORS_DIR
"""
import json, math, os, sys
os.environ["TORCH_COMPILE_DISABLE"] = "1"      # transformers' BitNet code compiles three tiny functions
import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
import train_demo as T
from ref_numpy import Ref

PROMPTS = ["Once upon a time", "Once upon a time there was a king who had", "The old woman said to the boy,",
           "\"What is the matter?\" asked", "In the middle of the forest", "The princess was so",
           "The cat and the mouse", "Dorothy looked"]
# written for this test; in no book
PASSAGE = ("Once upon a time there was a little girl who lived with her grandmother in a small house near the "
           "forest. Every morning she went to the well, and the old dog followed her. \"Do not go too far,\" said "
           "the grandmother, \"for the wolf is hungry.\" But one day the girl forgot what she had been told.")


def load_hf(path):
    m = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
    return torch.nn.Module.float(m)     # transformers 5.23 leaves unpacked weights in bf16 whatever dtype says


def nats(model, ids, seq=256, batch=16):
    class View:                          # the scoring loop of the training code, over a HF model
        eval = train = staticmethod(lambda: None)
        def __call__(self, x, y):
            return torch.nn.functional.cross_entropy(model(x).logits.float().flatten(0, 1), y.flatten())
    return T.nats(View(), ids, seq, batch)


def main():
    ck, exp, corpus, out = sys.argv[1:5]
    os.makedirs(out, exist_ok=True)
    torch.set_num_threads(int(os.environ.get("THREADS", "1")))
    d = torch.load(ck, weights_only=True)
    model = T.Model(d["c"])
    model.load_state_dict({k: v.to(torch.bfloat16).float() for k, v in d["state"].items()}, strict=False)
    tok = AutoTokenizer.from_pretrained(os.path.join(exp, "hf-packed"))
    raw = tok.backend_tokenizer
    eos = d["c"]["eos"]
    valid, vbytes = T.encode(raw, os.path.join(corpus, "valid.txt"))
    rep = {"valid_bytes": vbytes, "valid_tokens": len(valid)}

    def score(name, s, n):
        rep[name] = {"nats": s, "tokens": n, "nats_per_token": s / n, "bits_per_byte": s / math.log(2) / vbytes}
        print(name, rep[name], flush=True)

    full = T.Model(d["c"])
    full.load_state_dict(d["state"], strict=False)
    score("training code, float32 master weights", *T.nats(full, valid, 256))
    score("training code, master weights rounded to bf16", *T.nats(model, valid, 256))
    hf = {k: load_hf(os.path.join(exp, k)) for k in ("hf-master", "hf-packed")}
    for k, m in hf.items():
        score("transformers " + k, *nats(m, valid))
    m = hf["hf-packed"]
    ref32, ref64 = Ref(os.path.join(exp, "hf-packed")), Ref(os.path.join(exp, "hf-packed"), np.float64)

    def logits3(ids):
        with torch.no_grad():
            return m(torch.tensor([ids])).logits[0].numpy(), ref32.forward(ids), ref64.forward(ids)

    def text(ids):
        return tok.decode(ids, clean_up_tokenization_spaces=False)

    # greedy vectors: transformers and the integer reference must agree; the gap says how safely
    vec = []
    for p in PROMPTS:
        ids = tok(p).input_ids
        assert ids == raw.encode(p).ids and ids[0] == d["c"]["bos"]
        n = 200 if p == PROMPTS[1] else 64
        kw = dict(do_sample=False, eos_token_id=eos, pad_token_id=eos, max_new_tokens=n)
        g = m.generate(torch.tensor([ids]), **kw)[0].tolist()
        g2 = m.generate(torch.tensor([ids]), repetition_penalty=1.3, **kw)[0].tolist()
        lt, l32, l64 = logits3(g)
        top = np.sort(l64, -1)
        gen = slice(len(ids) - 1, len(g) - 1)
        same = lambda l: bool((l[gen].argmax(-1) == np.array(g[len(ids):])).all())
        vec.append({"prompt": p, "prompt_ids": ids, "greedy_ids": g[len(ids):], "text": text(g[len(ids):]),
                    "smallest_top1_top2_gap": float((top[gen, -1] - top[gen, -2]).min()),
                    "max_abs_logit_difference": {"transformers_vs_int_f32": float(np.abs(lt - l32).max()),
                                                 "transformers_vs_int_f64": float(np.abs(lt - l64).max()),
                                                 "int_f32_vs_int_f64": float(np.abs(l32 - l64).max())},
                    "greedy_same_in_int_f32": same(l32), "greedy_same_in_int_f64": same(l64),
                    "greedy_repetition_penalty_1.3_ids": g2[len(ids):],
                    "greedy_repetition_penalty_1.3_text": text(g2[len(ids):])})
        gaps = top[gen, -1] - top[gen, -2]
        vec[-1]["tokens_before_a_gap_under_0.25"] = int(np.argmax(gaps < 0.25)) if (gaps < 0.25).any() else len(gaps)
        own = list(ids)
        while len(own) < len(g) and own[-1] != eos:
            own.append(int(ref32.forward(own)[-1].argmax()))
        vec[-1]["integer_reference_f32_greedy_ids"] = own[len(ids):]
        vec[-1]["first_difference_from_transformers"] = next((i for i, (a, b) in enumerate(zip(own[len(ids):], g[len(ids):])) if a != b), None)
        v = vec[-1]
        print(p, "|", v["text"], "|", v["greedy_repetition_penalty_1.3_text"], v["smallest_top1_top2_gap"],
              v["max_abs_logit_difference"], same(l32), same(l64), v["first_difference_from_transformers"], v["tokens_before_a_gap_under_0.25"], "\n", flush=True)
    samples = []
    for p in (PROMPTS[1], PROMPTS[0], PROMPTS[4]):
        for temp, top_k, seed in ((0.5, 40, 1), (0.7, 40, 2), (0.8, 20, 3)):
            torch.manual_seed(seed)
            ids = tok(p).input_ids
            g = m.generate(torch.tensor([ids]), max_new_tokens=200, do_sample=True, temperature=temp, top_k=top_k,
                           top_p=1.0, eos_token_id=eos, pad_token_id=eos)[0].tolist()
            samples.append({"temperature": temp, "top_k": top_k, "seed": seed,
                            "text": tok.decode(g, skip_special_tokens=True)})
            print(samples[-1], "\n", flush=True)
    texts = PROMPTS + ["It's 12345 o'clock, isn't it?", "  two  spaces\n\nand\ttabs ",
                       "na\u00efve caf\u00e9 \u2014 \u4f60\u597d \U0001f600", "don't DON'T we'll", "",
                       "<|begin_of_text|>x<|end_of_text|>"]
    # per-position logits over a passage, and what every BitLinear saw in its first tokens
    ids = raw.encode(PASSAGE).ids[:64]
    lt, l32, l64 = logits3(ids)
    nll = lambda l: float(np.mean([np.log(np.exp(r - r.max()).sum()) + r.max() - r[t] for r, t in zip(l.astype(np.float64), ids[1:])]))
    passage = {"ids": ids, "text": text(ids), "mean_nll_of_63_predicted_tokens": {"transformers": nll(lt), "int_f32": nll(l32), "int_f64": nll(l64)},
               "max_abs_logit_difference": {"transformers_vs_int_f32": float(np.abs(lt - l32).max()),
                                            "transformers_vs_int_f64": float(np.abs(lt - l64).max()),
                                            "int_f32_vs_int_f64": float(np.abs(l32 - l64).max())},
               "mean_abs_logit_difference_transformers_vs_int_f32": float(np.abs(lt - l32).mean())}
    print(passage["max_abs_logit_difference"], passage["mean_nll_of_63_predicted_tokens"])
    lt.astype("<f4").tofile(os.path.join(out, "passage.logits.transformers.f32"))
    l32.astype("<f4").tofile(os.path.join(out, "passage.logits.integer.f32"))
    np.array(ids, "<i4").tofile(os.path.join(out, "passage.ids.i32"))
    ref32.tap = {}
    ref32.forward(ids)
    stats, arrays = {}, {}
    for name, (q, s, acc) in ref32.tap.items():
        short = name.replace("model.layers.", "L").replace(".self_attn.", ".").replace(".mlp.", ".")
        w = ref32.t[name + ".weight"]
        stats[short] = {"shape": list(w.shape), "weight_zeros": float((w == 0).mean()), "activation_zeros": float((q == 0).mean()),
                        "activation_rms": float(np.sqrt((q.astype(float) ** 2).mean())), "largest_sum": int(np.abs(acc).max())}
        arrays[short + ".x"], arrays[short + ".s"], arrays[short + ".acc"] = q[:8], s[:8], acc[:8]
    np.savez_compressed(os.path.join(out, "bitlinear.npz"), **arrays)
    json.dump({"measures": rep, "greedy": vec, "samples": samples, "passage": passage, "bitlinear": stats,
               "tokenizer": [{"text": t, "ids": tok(t).input_ids} for t in texts]},
              open(os.path.join(out, "vectors.json"), "w"), indent=1)


if __name__ == "__main__":
    main()
