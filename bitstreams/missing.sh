#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `make bitstream BOARD=NAME` lacks on this machine: prints one line for each tool, platform or
# variable that is missing, with where it comes from, and fails if there was any. With --platform it
# prints the platform's .xpfm instead. Usage: missing.sh [--platform] BOARD; $PLATFORM overrides the
# board's own.
set -u

wants=$1
[ "$wants" != --platform ] || shift
board=${1:-}
folder=bitstreams/$board
boards=$(for f in bitstreams/*/board.yaml; do basename "$(dirname "$f")"; done | tr '\n' ' ')
if [ -z "$board" ] || [ ! -f "$folder/board.yaml" ]; then
    echo "bitstream: wanted BOARD= one of: ${boards% }, got '$board'" >&2
    exit 2
fi
key() { sed -n "s/^$1: *//p" "$folder/board.yaml"; }
kind=$(key kind)
platform=${PLATFORM:-$(key platform)}

# The .xpfm: a path, or a name looked up where v++ looks.
find_platform() {
    case $platform in
    */* | *.xpfm)
        [ ! -f "$platform" ] || realpath "$platform"
        return
        ;;
    esac
    echo "${PLATFORM_REPO_PATHS:-}:/opt/xilinx/platforms:${XILINX_VITIS:+$XILINX_VITIS/base_platforms}" |
        tr ':' '\n' | while read -r place; do
        for file in "$place/$platform/$platform.xpfm" "$place/$platform.xpfm"; do
            if [ -n "$place" ] && [ -f "$file" ]; then
                echo "$file"
                return
            fi
        done
    done | head -n 1
}

if [ "$wants" = --platform ]; then
    find_platform
    exit 0
fi

missing=0
lacks() {
    missing=$((missing + 1))
    echo "missing: $*" >&2
}
# need COMMAND TEXT...: on PATH.
need() {
    command=$1
    shift
    command -v "$command" >/dev/null 2>&1 || lacks "$command $*"
}
amd="AMD Unified Installer for FPGAs, product Vitis, 2022.1 or later"
need vivado "(packs the kernel): $amd; then: source VIVADO_FOLDER/settings64.sh, which sets XILINX_VIVADO"
need v++ "(links kernel and platform): $amd; then: source VITIS_FOLDER/settings64.sh, which sets XILINX_VITIS"
# Debian's package has a command of this name that starts a program it does not contain, and says 0.
xclbinutil --help 2>/dev/null | grep -q . ||
    lacks "xclbinutil that runs (adds the design to the xclbin): AMD's package xrt;" \
        "then: source /opt/xilinx/xrt/setup.sh, which sets XILINX_XRT (Debian's libxrt-utils is not enough)"
if [ "$kind" = kria ]; then
    need bootgen "(makes the .bit.bin): part of Vitis; then: source VITIS_FOLDER/settings64.sh"
    need dtc "(compiles the overlay): Debian package device-tree-compiler"
    from="a Vitis release that carries it in base_platforms, or your own by AMD's tutorial 01-Edge-KV260"
else
    from="the card's development platform package (on its Getting Started page, named ...-dev), which installs to /opt/xilinx/platforms"
fi
[ -n "$(find_platform)" ] ||
    lacks "platform $platform: $from; or give PLATFORM=FILE.xpfm, or its folder in PLATFORM_REPO_PATHS"
[ "$missing" -eq 0 ] || {
    echo "bitstream: $board: $missing missing, nothing was built; docs/boards-$board.md has the steps" >&2
    exit 1
}
