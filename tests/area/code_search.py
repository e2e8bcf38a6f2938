#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""All 40,320 ways to give three bits to the eight pairs of trits that are not (0,0): in how many can
one LUT6_2 a bit add the pair (rtl/xilinx/pair_add.sv), and what do its ones cost then? Prints a
summary; docs/area.md quotes it. Seconds, no arguments."""

import itertools

PAIRS = [(x, y) for x in (1, -1, 0) for y in (1, -1, 0) if (x, y) != (0, 0)]


def addable(code, wire):
    """code: pair of each three-bit number. With bit `wire` low the sum bit S must serve as the carry's
    DI: at most one term. With it high DI is what it was: one of the two terms that are added now."""
    for low in range(8):
        if low >> wire & 1:
            continue
        alone, both = code[low], code[low | 1 << wire]
        if 0 not in alone or 0 in both:
            return False
        if not (alone[0] == both[0] or alone[1] == both[1]):
            return False
    return True


def ones(code):
    """Inputs of the smallest function f of the three bits with: number of -1 = one bit + f."""
    best = None
    for bit in range(3):
        f = [sum(t < 0 for t in code[n]) - (n >> bit & 1) for n in range(8)]
        if any(v not in (0, 1) for v in f):
            continue
        uses = sum(any(f[n] != f[n ^ 1 << b] for n in range(8)) for b in range(3))
        best = uses if best is None else min(best, uses)
    return best


def main():
    found, by_ones = 0, {}
    for code in itertools.permutations(PAIRS):
        if any(addable(code, wire) for wire in range(3)):
            found += 1
            by_ones[ones(code)] = by_ones.get(ones(code), 0) + 1
    print(f"40320 codes of a pair, {found} can be added by one LUT6_2 a bit; of these, the second one is")
    for uses in sorted(by_ones, key=lambda u: 9 if u is None else u):
        text = "not one function" if uses is None else f"a function of {uses} bits"
        print(f"  {text}: {by_ones[uses]}")
    # The chosen code: {p2, p1, p0}, see docs/accelerator.md.
    chosen = ((1, 0), (0, -1), (0, 1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
    print(f"chosen: addable {addable(chosen, 2)}, second one a function of {ones(chosen)} bits")


if __name__ == "__main__":
    main()
