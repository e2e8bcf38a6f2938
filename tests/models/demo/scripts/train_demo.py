#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train a small BitNet b1.58 language model and export it in the layout of the real one.

The network is that of BitNet b1.58 2B4T in small: BitLinear layers (ternary absmean weights,
per-token int8 absmax activations, straight-through estimator), squared-ReLU gated FFN, RoPE,
grouped-query attention, RMSNorm before and inside each sub-layer ("sub-norms"), no biases, tied
embeddings.  The export can be read by transformers' BitNetForCausalLM, both as bf16 master
weights (quantised on load, "online") and as packed 2-bit weights ("offline").

  train_demo.py tokenizer --corpus DIR --out DIR [--vocab 2048]
  train_demo.py train     --corpus DIR --tok DIR --out DIR [--kind ternary|float] [...]

DIR of the corpus holds train.txt and valid.txt, documents separated by a line <|end_of_text|>.
Everything is seeded; one thread gives the same numbers again on the same machine.
"""
import argparse, json, math, os, time

import torch
import torch.nn as nn
import torch.nn.functional as F

BOS, EOS = "<|begin_of_text|>", "<|end_of_text|>"
# the pre-tokenizer pattern of the Llama-3 tokenizer, which BitNet b1.58 2B4T uses too
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
          r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


# ------------------------------------------------------------------------------------ tokenizer

def documents(path):
    with open(path, encoding="utf-8") as f:
        return [d.strip("\n") for d in f.read().split("\n" + EOS + "\n")]


def cmd_tokenizer(a):
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    tok = Tokenizer(models.BPE(ignore_merges=True))
    tok.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    tr = trainers.BpeTrainer(vocab_size=a.vocab - 2, show_progress=False, special_tokens=[],
                             initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tok.train_from_iterator(documents(os.path.join(a.corpus, "train.txt")), tr)
    tok.add_special_tokens([BOS, EOS])          # the last two ids, as in Llama 3 (after the text tokens)
    tok.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single=f"{BOS} $A", pair=f"{BOS} $A {BOS} $B",
                                      special_tokens=[(BOS, tok.token_to_id(BOS))])])
    os.makedirs(a.out, exist_ok=True)
    tok.save(os.path.join(a.out, "tokenizer.json"))
    with open(os.path.join(a.out, "tokenizer_config.json"), "w") as f:
        json.dump({"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": BOS, "eos_token": EOS,
                   "clean_up_tokenization_spaces": False, "model_max_length": 512}, f, indent=1)
    print("vocabulary", tok.get_vocab_size(), "bos", tok.token_to_id(BOS), "eos", tok.token_to_id(EOS))


def encode(tok, path):
    docs = documents(path)
    bos, eos = tok.token_to_id(BOS), tok.token_to_id(EOS)
    ids = []
    for e in tok.encode_batch(docs, add_special_tokens=False):
        ids += [bos] + e.ids + [eos]
    return torch.tensor(ids, dtype=torch.int32), sum(len(d.encode()) for d in docs)


# ---------------------------------------------------------------------------------------- model

def ternary(w):
    """absmean: w is replaced by {-1,0,1} / s with s = 1/mean|w|; the gradient passes straight."""
    s = 1.0 / w.abs().mean().clamp(min=1e-5)
    return w + ((w * s).round().clamp(-1, 1) / s - w).detach()


def int8(x):
    """absmax per token: x is replaced by round(x*s)/s with s = 127/max|x|."""
    s = 127.0 / x.abs().amax(-1, keepdim=True).clamp(min=1e-5)
    return x + ((x * s).round().clamp(-128, 127) / s - x).detach()


class RMSNorm(nn.Module):
    def __init__(self, n, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(n)), eps

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


def matrix(n_out, n_in, std):
    lin = nn.Linear(n_in, n_out, bias=False)
    nn.init.normal_(lin.weight, std=std)
    return lin


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, f, self.h, self.kv = c["hidden_size"], c["intermediate_size"], c["num_attention_heads"], c["num_key_value_heads"]
        self.hd, eps = d // self.h, c["rms_norm_eps"]
        std, std_out = 0.04, 0.04 / math.sqrt(2 * c["num_hidden_layers"])
        self.q = c["kind"] == "ternary"
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(d, eps), RMSNorm(d, eps)
        self.self_attn = nn.ModuleDict({
            "q_proj": matrix(d, d, std), "k_proj": matrix(self.kv * self.hd, d, std),
            "v_proj": matrix(self.kv * self.hd, d, std), "o_proj": matrix(d, d, std_out),
            "attn_sub_norm": RMSNorm(d, eps)})
        self.mlp = nn.ModuleDict({
            "gate_proj": matrix(f, d, std), "up_proj": matrix(f, d, std), "down_proj": matrix(d, f, std_out),
            "ffn_sub_norm": RMSNorm(f, eps)})

    def lin(self, x, *mods):
        """One BitLinear, or several that share their input (one activation quantisation)."""
        ws = [m.weight for m in mods]
        if self.q:
            x, ws = int8(x), [ternary(w) for w in ws]
        return F.linear(x, ws[0] if len(ws) == 1 else torch.cat(ws))

    def forward(self, x, cos, sin):
        b, t, d = x.shape
        at, ml = self.self_attn, self.mlp
        qkv = self.lin(self.input_layernorm(x), at["q_proj"], at["k_proj"], at["v_proj"])
        qkv = qkv.view(b, t, self.h + 2 * self.kv, self.hd).transpose(1, 2)
        qk, v = qkv[:, :self.h + self.kv], qkv[:, self.h + self.kv:]
        x1, x2 = qk.chunk(2, -1)
        qk = qk * cos + torch.cat((-x2, x1), -1) * sin
        q, k = qk[:, :self.h], qk[:, self.h:]
        rep = self.h // self.kv
        k, v = (z[:, :, None].expand(b, self.kv, rep, t, self.hd).reshape(b, self.h, t, self.hd) for z in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        y = at["attn_sub_norm"](y.transpose(1, 2).reshape(b, t, d))
        x = x + self.lin(y, at["o_proj"])
        g, u = self.lin(self.post_attention_layernorm(x), ml["gate_proj"], ml["up_proj"]).chunk(2, -1)
        return x + self.lin(ml["ffn_sub_norm"](F.relu(g).square() * u), ml["down_proj"])


class Model(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        nn.init.normal_(self.embed_tokens.weight, std=0.02)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])
        hd = c["hidden_size"] // c["num_attention_heads"]
        inv = 1.0 / c["rope_theta"] ** (torch.arange(0, hd, 2, dtype=torch.float) / hd)
        ang = torch.arange(c["max_position_embeddings"]).float()[:, None] * inv
        ang = torch.cat((ang, ang), -1)
        self.register_buffer("cos", ang.cos(), persistent=False)
        self.register_buffer("sin", ang.sin(), persistent=False)

    def forward(self, ids, targets=None):
        x = self.embed_tokens(ids)
        t = ids.shape[1]
        cos, sin = self.cos[:t], self.sin[:t]
        for layer in self.layers:
            x = layer(x, cos, sin)
        logits = F.linear(self.norm(x), self.embed_tokens.weight)
        if targets is None:
            return logits
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="mean")


# ------------------------------------------------------------------------------------ optimizer

def orthogonalize(g, steps=5):
    """Newton-Schulz iteration of the Muon optimizer (Jordan et al. 2024): g = USV' -> about UV'."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.T if g.shape[0] > g.shape[1] else g
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        s = x @ x.T
        x = a * x + (b * s + c * (s @ s)) @ x
    return x.T if g.shape[0] > g.shape[1] else x


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for grp in self.param_groups:
            for p in grp["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                m.lerp_(p.grad, 1 - grp["momentum"])
                u = orthogonalize(p.grad.lerp(m, grp["momentum"]))
                p.mul_(1 - grp["lr"] * grp["weight_decay"])
                p.add_(u, alpha=-grp["lr"] * max(1.0, p.shape[0] / p.shape[1]) ** 0.5)


# ------------------------------------------------------------------------------------- training

def windows(n_tokens, seq, seed):
    """Endless order of window starts: every epoch covers the stream once, at a new phase."""
    g, epoch = torch.Generator().manual_seed(seed), 0
    while True:
        phase = int(torch.randint(0, seq, (1,), generator=g))
        starts = torch.arange(phase, n_tokens - seq - 1, seq)
        for i in torch.randperm(len(starts), generator=g).tolist():
            yield int(starts[i])
        epoch += 1


@torch.no_grad()
def nats(model, ids, seq, batch=16, limit=None):
    """Sum of -ln p over the stream; every token is predicted once, context at most seq."""
    total = n = 0
    model.eval()
    starts = list(range(0, len(ids) - 1, seq))[:limit]
    full = [s for s in starts if s + seq + 1 <= len(ids)]
    for i in range(0, len(full), batch):
        w = torch.stack([ids[s:s + seq + 1] for s in full[i:i + batch]]).long()
        total += float(model(w[:, :-1], w[:, 1:])) * w[:, 1:].numel()
        n += w[:, 1:].numel()
    for s in starts[len(full):]:
        w = ids[None, s:s + seq + 1].long()
        total += float(model(w[:, :-1], w[:, 1:])) * (w.shape[1] - 1)
        n += w.shape[1] - 1
    model.train()
    return total, n


def cmd_train(a):
    from tokenizers import Tokenizer
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    tok = Tokenizer.from_file(os.path.join(a.tok, "tokenizer.json"))
    train, train_bytes = encode(tok, os.path.join(a.corpus, "train.txt"))
    valid, valid_bytes = encode(tok, os.path.join(a.corpus, "valid.txt"))
    c = dict(kind=a.kind, vocab_size=tok.get_vocab_size(), hidden_size=a.hidden, intermediate_size=a.ffn,
             num_hidden_layers=a.layers, num_attention_heads=a.heads, num_key_value_heads=a.kv_heads,
             rms_norm_eps=1e-5, rope_theta=500000.0, max_position_embeddings=max(512, a.seq),
             bos=tok.token_to_id(BOS), eos=tok.token_to_id(EOS))
    model = Model(c)
    if a.init:
        model.load_state_dict(torch.load(a.init, map_location="cpu")["state"])
    n_par = sum(p.numel() for p in model.parameters())
    mats = [p for n, p in model.layers.named_parameters() if p.ndim == 2]
    rest = [p for p in model.parameters() if not any(p is q for q in mats)]
    opts = [Muon(mats, a.lr_matrix, weight_decay=a.wd),
            torch.optim.AdamW(rest, lr=a.lr_rest, betas=(0.9, 0.95), weight_decay=0.0)]
    steps = a.tokens // (a.batch * a.seq)
    replay = json.load(open(a.replay))["lr_factor"] if a.replay else None
    if replay:
        steps = len(replay)
    print(json.dumps({"parameters": n_par, "in BitLinear": sum(p.numel() for p in mats),
                      "train_tokens": len(train), "train_bytes": train_bytes, "valid_tokens": len(valid),
                      "valid_bytes": valid_bytes, "steps": steps, **c}), flush=True)
    os.makedirs(a.out, exist_ok=True)
    fwd = torch.compile(model) if a.compile else model
    order = windows(len(train), a.seq, a.seed)
    if a.compile:       # before the clock starts
        z = torch.zeros(a.batch, a.seq + 1, dtype=torch.long)
        fwd(z[:, :-1], z[:, 1:]).backward()
        model.zero_grad(set_to_none=True)
    log, t0, c0, run = [], time.time(), time.process_time(), 0.0
    frac, step, factors = 0.0, 0, []
    while step < steps and frac < 1.0:
        # progress counts steps, or wall time where --max-seconds cuts the run; the factors used are
        # recorded, and --replay runs them again, step for step
        frac = step / steps
        if a.max_seconds:
            frac = max(frac, (time.time() - t0) / a.max_seconds)
        lr = min(1.0, (step + 1) / 40) * min(1.0, max(0.0, 1 - frac) / (1 - a.flat))
        lr = round(lr, 6) if not replay else replay[step]
        factors.append(lr)
        for o, base in zip(opts, (a.lr_matrix, a.lr_rest)):
            for grp in o.param_groups:
                grp["lr"] = base * lr
        w = torch.stack([train[s:s + a.seq + 1] for s in (next(order) for _ in range(a.batch))]).long()
        loss = fwd(w[:, :-1], w[:, 1:])
        loss.backward()
        for o in opts:
            o.step()
            o.zero_grad(set_to_none=True)
        step += 1
        run = loss.item() if step == 1 else 0.95 * run + 0.05 * loss.item()
        if step % a.report == 0 or step in (1, 10):
            row = {"step": step, "lr": lr, "tokens": step * a.batch * a.seq, "train_loss": round(run, 4),
                   "wall_s": round(time.time() - t0, 1), "cpu_s": round(time.process_time() - c0, 1)}
            if step % (5 * a.report) == 0:
                s, n = nats(model, valid, a.seq, limit=64)
                row["valid_loss_part"] = round(s / n, 4)
                torch.save({"c": c, "state": model.state_dict(), "step": step}, os.path.join(a.out, "checkpoint.pt"))
            log.append(row)
            print(json.dumps(row), flush=True)
    torch.save({"c": c, "state": model.state_dict(), "step": step}, os.path.join(a.out, "checkpoint.pt"))
    s, n = nats(model, valid, a.seq)
    res = {"steps": step, "tokens_seen": step * a.batch * a.seq, "epochs": step * a.batch * a.seq / len(train),
           "wall_s": round(time.time() - t0, 1), "cpu_s": round(time.process_time() - c0, 1),
           "valid_nats_per_token": s / n, "valid_bits_per_byte": s / math.log(2) / valid_bytes,
           "valid_tokens_scored": n, "parameters": n_par, "args": vars(a) | {"fn": None}}
    with open(os.path.join(a.out, "training.json"), "w") as f:
        json.dump({"result": res, "config": c, "log": log, "lr_factor": factors}, f, indent=1)
    print(json.dumps(res), flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(required=True)
    p = sub.add_parser("tokenizer")
    p.add_argument("--corpus", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--vocab", type=int, default=2048)
    p.set_defaults(fn=cmd_tokenizer)
    p = sub.add_parser("train")
    for k in ("--corpus", "--tok", "--out"):
        p.add_argument(k, required=True)
    p.add_argument("--kind", choices=("ternary", "float"), default="ternary")
    for k, v in (("hidden", 256), ("ffn", 512), ("layers", 4), ("heads", 4), ("kv-heads", 2), ("seq", 256),
                 ("batch", 16), ("tokens", 4000000), ("seed", 1), ("threads", 1), ("report", 20)):
        p.add_argument("--" + k, type=int, default=v)
    for k, v in (("lr-matrix", 0.02), ("lr-rest", 0.004), ("wd", 0.05), ("flat", 0.3), ("max-seconds", 0.0)):
        p.add_argument("--" + k, type=float, default=v)
    p.add_argument("--compile", action="store_true")
    p.add_argument("--init", help="checkpoint.pt whose weights to start from (a further learning-rate cycle)")
    p.add_argument("--replay", help="training.json of an earlier run, whose learning rates to use again")
    p.set_defaults(fn=cmd_train)
    a = ap.parse_args()
    a.fn(a)


if __name__ == "__main__":
    main()
