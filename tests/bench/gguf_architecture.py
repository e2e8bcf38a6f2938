#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copies a GGUF file under another architecture's name: `gguf_architecture.py IN OUT NAME`.

Some programs run a network only under the name they know it by. Nothing but the name changes.
"""

import struct
import sys

SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
STRING, ARRAY = 8, 9


def read_string(file):
    (length,) = struct.unpack("<Q", file.read(8))
    return file.read(length)


def text(value):
    return struct.pack("<Q", len(value)) + value


def read_value(file, kind):
    """The bytes of a value, as they are."""
    if kind == STRING:
        return text(read_string(file))
    if kind == ARRAY:
        element, count = head = struct.unpack("<IQ", file.read(12))
        if element == STRING:
            return struct.pack("<IQ", *head) + b"".join(
                text(read_string(file)) for _ in range(count)
            )
        return struct.pack("<IQ", *head) + file.read(count * SCALARS[element])
    return file.read(SCALARS[kind])


def copy_renamed(source, target, name):
    magic, version, tensors, values = struct.unpack("<4sIQQ", source.read(24))
    if magic != b"GGUF" or version != 3:
        raise ValueError("wanted a GGUF file of version 3")
    pairs, old, alignment = [], None, 32
    for _ in range(values):
        key = read_string(source)
        (kind,) = struct.unpack("<I", source.read(4))
        value = read_value(source, kind)
        if key == b"general.architecture":
            old, value = value[8:], text(name)
        if key == b"general.alignment":
            (alignment,) = struct.unpack("<I", value)
        pairs.append((key, kind, value))
    if old is None:
        raise ValueError("wanted general.architecture")
    out = struct.pack("<4sIQQ", magic, version, tensors, values)
    for key, kind, value in pairs:
        if key.startswith(old + b"."):
            key = name + key[len(old) :]
        out += text(key) + struct.pack("<I", kind) + value
    for _ in range(tensors):
        out += text(read_string(source))
        dims = source.read(4)
        out += dims + source.read(8 * struct.unpack("<I", dims)[0] + 12)
    source.seek(-source.tell() % alignment, 1)
    target.write(out + bytes(-len(out) % alignment))
    while block := source.read(1 << 24):
        target.write(block)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__.strip())
    try:
        with open(sys.argv[1], "rb") as source, open(sys.argv[2], "xb") as target:
            copy_renamed(source, target, sys.argv[3].encode())
    except (OSError, ValueError, KeyError, struct.error) as error:
        sys.exit(f"{sys.argv[1]}: {error}")


if __name__ == "__main__":
    main()
