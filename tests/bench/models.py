# SPDX-License-Identifier: Apache-2.0
"""Writes build/reports/models.json: models.py PROGRAM HELPER OUT. Keys of others in the file are kept.
The tokenizer runs side by side with tiktoken where Python has it; VOCABULARY names Llama 3's
tokenizer.model where somebody has it, else the toy vocabulary is used, and the report says so."""
import base64, json, os, shutil, subprocess, sys, time

program, helper, out = sys.argv[1:4]
folder = "build/bench-models"
os.makedirs(folder, exist_ok=True)
report = json.load(open(out)) if os.path.exists(out) else {}


def ask(*command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def synth(shape, path, form):
    shutil.rmtree(path, ignore_errors=True)
    if os.path.exists(path):
        os.remove(path)
    subprocess.run([program, "synth", "--shape", shape, "-o", path, "--format", form],
                   check=True, capture_output=True)


# Every shape, tiny: the same tokens from the folder and from GGUF files.
shapes = ["2b4t", "0.7b", "3b", "falcon3-1b", "falcon3-3b", "falcon3-7b", "falcon3-10b", "llama3-8b"]
run = []
for shape in shapes:
    seen = set()
    for form in ["hf", "i2_s", "f32"]:
        path = f"{folder}/{shape}-{form}"
        synth("tiny-" + shape, path, form)
        seen.add(str(ask(program, "run", "-m", path, "-p", "Hello", "-n", "4", "--greedy", "--json")["ids"]))
    if len(seen) == 1:
        run.append(shape)
report["shapes_run"], report["shapes"] = len(run), run

# Tokenizer.
vocabulary = os.environ.get("VOCABULARY")
ranks, lines = (vocabulary, "tests/tokenizer/llama3.jsonl") if vocabulary else (
    "tests/models/toy-tokenizer/toy.tiktoken", "tests/tokenizer/toy.jsonl")
text = "".join(open(f"docs/{name}").read() for name in sorted(os.listdir("docs")) if name.endswith(".md"))
text = text * (2000000 // len(text.encode()) + 1)
with open(f"{folder}/text", "w") as f:
    f.write(text)
have = ask(helper, "tokenizer", ranks, lines, f"{folder}/text")
report.update(tokenizer_lines=have["tokenizer_lines"], tokenizer_lines_equal=have["tokenizer_lines_equal"],
              tokenizer_mb_per_second=round(have["bytes_per_second"] * 1e-6, 2),
              tokenizer_vocabulary="llama3" if vocabulary else "toy (no VOCABULARY given)")
try:
    import tiktoken
    pattern = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
               r"|\s*[\r\n]+|\s+(?!\S)|\s+")
    merges = {base64.b64decode(a): int(b) for a, b in (l.split() for l in open(ranks, "rb") if l.strip())}
    other = tiktoken.Encoding("compared", pat_str=pattern, mergeable_ranks=merges, special_tokens={})
    best = 1e9
    for _ in range(5):
        began = time.perf_counter()
        tokens = other.encode_ordinary(text)
        best = min(best, time.perf_counter() - began)
    have = ask(helper, "tokenizer", ranks, lines, f"{folder}/text")  # again, right beside it
    assert len(tokens) == have["tokens"], (len(tokens), have["tokens"])
    report["tokenizer_ratio_tiktoken"] = round(have["bytes_per_second"] * best / len(text.encode()), 2)
except ImportError:
    report["tokenizer_ratio_tiktoken"] = None
    print("bench-models: no tiktoken, so no ratio")

# The full 2B4T file, warm.
full = f"{folder}/2b4t.gguf"
if not os.path.exists(full):
    synth("2b4t", full, "i2_s")
figures = [ask(helper, "open", full) for _ in range(3)]
report["open_seconds"] = min(f["open_seconds"] for f in figures)
report["extra_rss_mb"] = max(f["extra_rss_mb"] for f in figures)
began = time.perf_counter()
shutil.copyfile(full, f"{folder}/copy")
os.sync()
copy = time.perf_counter() - began
os.remove(f"{folder}/copy")
shutil.rmtree(f"{folder}/hf", ignore_errors=True)
began = time.perf_counter()
done = ask(program, "convert", full, f"{folder}/hf", "--to", "hf", "--json")
os.sync()
report["convert_to_copy_speed"] = round(copy / (time.perf_counter() - began), 2)
shutil.rmtree(f"{folder}/hf")
os.makedirs(os.path.dirname(out), exist_ok=True)
with open(out, "w") as f:
    json.dump(report, f, indent=2)
    f.write("\n")
print(json.dumps(report, indent=2))
