#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make the training text of the demo model: public-domain stories as plain ASCII prose.

Reads git checkouts or bare git directories of
  * Standard Ebooks productions (src/epub/text/*.xhtml; public-domain texts, CC0 mark-up), and
  * FairytaleQA (data-by-origin/section-stories/**/*.csv; Project Gutenberg stories),
and writes DIR/train.txt, DIR/valid.txt and DIR/sources.json.  Documents (one chapter or one
story each) are separated by a line holding only DOC_SEP.  The held-out documents are chosen by
a hash of their text, and a held-out document that shares long word runs with any training
document is dropped, so that the validation text is really unseen.

usage: prepare_corpus.py --out DIR REPO [REPO ...]
"""
import argparse, csv, hashlib, html, io, json, re, subprocess, sys, unicodedata
from html.parser import HTMLParser

DOC_SEP = "<|end_of_text|>"
SKIP = re.compile(r"(titlepage|imprint|colophon|uncopyright|loi|halftitle|dedication|endnotes|toc|"
                  r"introduction|preface|foreword|acknowledg|epigraph|epilogue-note|nav)", re.I)


def git(repo, *args):
    return subprocess.run(["git", "-C", repo, *args], check=True, stdout=subprocess.PIPE).stdout


class Paragraphs(HTMLParser):
    """Collects the text of <p> elements, without note references and page furniture."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.out, self.buf, self.depth, self.mute = [], None, 0, 0

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if self.mute or (tag == "a" and "noteref" in (a.get("epub:type") or "")) or \
                tag in ("header", "hgroup", "figcaption", "table"):
            if tag not in ("br", "img", "hr"):
                self.mute += 1
            return
        if tag == "p":
            self.buf = []
        elif tag == "br" and self.buf is not None:
            self.buf.append(" ")

    def handle_startendtag(self, tag, attrs):
        if tag == "br" and self.buf is not None and not self.mute:
            self.buf.append(" ")

    def handle_endtag(self, tag):
        if self.mute:
            if tag not in ("br", "img", "hr"):
                self.mute -= 1
            return
        if tag == "p" and self.buf is not None:
            self.out.append("".join(self.buf))
            self.buf = None

    def handle_data(self, data):
        if self.buf is not None and not self.mute:
            self.buf.append(data)


TABLE = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2014": "--",
                       "\u2e3a": "--", "\u2e3b": "--", "\u2013": "-", "\u2011": "-", "\u2010": "-",
                       "\u2212": "-", "\u2026": "...", "\u2060": "", "\ufeff": "", "\u00ad": "",
                       "\u00e6": "ae", "\u00c6": "Ae", "\u0153": "oe", "\u0152": "Oe",
                       "\u2032": "'", "\u2033": '"', "`": "'"})


def clean(text):
    text = unicodedata.normalize("NFKD", text.translate(TABLE))
    text = text.translate(TABLE).encode("ascii", "ignore").decode()
    text = text.replace("''", '"').replace(" . . .", "...").replace(". . .", "...")
    text = text.replace("_", "")
    return re.sub(r"\s+", " ", text).strip()


def standard_ebooks(repo):
    names = git(repo, "ls-tree", "-r", "--name-only", "HEAD", "src/epub/text").decode().split("\n")
    for n in names:
        base = n.rsplit("/", 1)[-1]
        if not base.endswith(".xhtml") or SKIP.search(base):
            continue
        p = Paragraphs()
        p.feed(git(repo, "show", "HEAD:" + n).decode("utf-8"))
        yield base, [c for c in map(clean, p.out) if c]


def fairytale_qa(repo):
    names = git(repo, "ls-tree", "-r", "--name-only", "HEAD",
                "data-by-origin/section-stories").decode().split("\n")
    for n in names:
        if not n.endswith(".csv"):
            continue
        text = git(repo, "show", "HEAD:" + n).decode("utf-8", "replace")
        rows = list(csv.reader(io.StringIO(text)))
        col = rows[0].index("text") if "text" in rows[0] else len(rows[0]) - 1
        paras = []
        for r in rows[1:]:
            if len(r) > col:
                t = clean(html.unescape(r[col]))
                t = re.sub(r" ([.,;:?!])", r"\1", t)
                if t:
                    paras.append(t)
        yield n.split("/", 2)[2], paras


def shingles(text, n=12):
    w = re.findall(r"[a-z]+", text.lower())
    return {" ".join(w[i:i + n]) for i in range(0, len(w) - n)}


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", required=True)
    ap.add_argument("--valid-share", type=float, default=0.02)
    ap.add_argument("repos", nargs="+")
    a = ap.parse_args()
    train, valid, sources, seen = [], [], [], set()
    for repo in sorted(a.repos):
        kind = fairytale_qa if "FairytaleQA" in repo else standard_ebooks
        head = git(repo, "rev-parse", "HEAD").decode().strip()
        ndoc = nbytes = 0
        for name, paras in kind(repo):
            text = "\n".join(paras)
            key = hashlib.sha256(text.encode()).digest()
            if len(text) < 400 or key in seen:
                continue
            seen.add(key)
            held = int.from_bytes(key[:4], "big") < a.valid_share * 2 ** 32
            (valid if held else train).append(text)
            ndoc, nbytes = ndoc + 1, nbytes + len(text)
        name = [p for p in repo.rstrip("/").split("/") if p not in ("repo", ".git")][-1]
        sources.append({"repository": name.replace("+", "/"), "commit": head, "documents": ndoc,
                        "bytes": nbytes})
    # FairytaleQA and the books overlap: drop near-duplicates, first inside the training text ...
    kept, pool = [], set()
    for t in sorted(train, key=len, reverse=True):
        s = shingles(t)
        if s and len(s & pool) > 0.2 * len(s):
            continue
        kept.append(t)
        pool |= s
    dropped_train = len(train) - len(kept)
    # ... then held-out documents that a training document gives away
    clean_valid = [t for t in valid if len(shingles(t) & pool) <= 0.01 * len(shingles(t))]
    order = lambda t: hashlib.sha256(t.encode()).digest()
    kept.sort(key=order)
    clean_valid.sort(key=order)
    for fn, docs in (("train.txt", kept), ("valid.txt", clean_valid)):
        with open(f"{a.out}/{fn}", "w", encoding="ascii") as f:
            f.write(f"\n{DOC_SEP}\n".join(docs) + "\n")
    info = {"train_documents": len(kept), "train_bytes": sum(map(len, kept)),
            "valid_documents": len(clean_valid), "valid_bytes": sum(map(len, clean_valid)),
            "near_duplicates_dropped_from_train": dropped_train,
            "held_out_dropped_for_overlap": len(valid) - len(clean_valid), "sources": sources}
    with open(f"{a.out}/sources.json", "w") as f:
        json.dump(info, f, indent=1)
        f.write("\n")
    json.dump({k: v for k, v in info.items() if k != "sources"}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
