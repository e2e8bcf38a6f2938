# SPDX-License-Identifier: Apache-2.0
"""Checks `tritium score` by another way: score_check.py PROGRAM MODEL TASK DETAILS SUMMARY.

Log-likelihoods come from the logits that `tritium run --logits` writes, one fresh run a choice; acc and
acc_norm are written down again from lm-evaluation-harness's definitions. Exits 1 at a difference.
"""
import array, json, math, os, subprocess, sys

program, model, task, details, summary = sys.argv[1:6]


def ids(text):
    out = subprocess.run([program, "tokenize", "-m", model, "--ids", "-p", text],
                         check=True, capture_output=True, text=True).stdout.strip()
    return [int(x) for x in out.split(",")] if out else []


def logits(tokens, path):
    subprocess.run([program, "run", "-m", model, "--prompt-ids", ",".join(map(str, tokens)), "-n", "1",
                    "--greedy", "--json", "--logits", path], check=True, capture_output=True)
    with open(path, "rb") as f:
        data = f.read()
    start = 10 + int.from_bytes(data[8:10], "little")
    values = array.array("f", data[start:])
    vocab = len(values) // (len(tokens) + 1)
    return [values[i * vocab:(i + 1) * vocab] for i in range(len(tokens))]


def log_softmax(row, token):
    top = max(row)
    return row[token] - top - math.log(sum(math.exp(v - top) for v in row))


def encode_pair(context, continuation):
    # HFLM._encode_pair: spaces at the context's end go to the continuation.
    spaces = len(context) - len(context.rstrip())
    if spaces > 0:
        continuation = context[-spaces:] + continuation
        context = context[:-spaces]
    whole, before = ids(context + continuation), ids(context)
    return before, whole[len(before):]


bos = json.load(open(os.path.join(model, "config.json")))["bos_token_id"]
items = [json.loads(line) for line in open(task) if line.strip()]
got = [json.loads(line) for line in open(details)]
assert len(items) == len(got), (len(items), len(got))
acc, acc_norm, worst = [], [], 0.0
for item, line in zip(items, got):
    sums = []
    for choice, said in zip(item["continuations"], line["log_likelihoods"]):
        before, after = encode_pair(item["context"], item.get("delimiter", " ") + choice)
        tokens = [bos] + before + after
        rows = logits(tokens, details + ".npy")
        first = len(tokens) - len(after)
        sums.append(sum(log_softmax(rows[i - 1], tokens[i]) for i in range(first, len(tokens))))
        worst = max(worst, abs(sums[-1] - said))
    norm = [s / len(c) for s, c in zip(sums, item["continuations"])]
    acc.append(float(sums.index(max(sums)) == item["answer"]))
    acc_norm.append(float(norm.index(max(norm)) == item["answer"]))


def mean_stderr(values):
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1)) / math.sqrt(len(values))


said = json.load(open(summary))
wanted = mean_stderr(acc) + mean_stderr(acc_norm)
have = (said["acc"], said["acc_stderr"], said["acc_norm"], said["acc_norm_stderr"])
print("worst difference of a log-likelihood", worst, "wanted", wanted, "got", have)
sys.exit(worst > 1e-9 or max(abs(a - b) for a, b in zip(wanted, have)) > 1e-12)
