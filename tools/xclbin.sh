#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes an xclbin for XRT's hardware emulation: xclbin.sh DESIGN.yaml UNITS BANK_KIB MODEL.so OUT.xclbin.
# The same input gives the same bytes. XRT unpacks the zip with `unzip` and starts simulate.sh in it.
set -eu
design=$1 units=$2 kib=$3 model=$4 out=$5
room=$out.d inside=$out.d/behav_waveform/xsim
rm -rf "$room"
mkdir -p "$inside"
cp build/xrt/tritium_device sim/xrt_device/simulate.sh "$inside"
cp "$model" "$inside/model.so"
cp "$design" "$inside/design.yaml"
build/tools/xclbin plan rtl/accel.yaml "$design" "$units" "$kib" >"$inside/plan.txt"
find "$room" -exec touch -t 200001010000 {} +
(cd "$room" && find behav_waveform | LC_ALL=C sort | zip -q -X -1 -@ device.zip)
build/tools/xclbin write rtl/accel.yaml "$design" "$units" "$kib" "$room/device.zip" "$out.tmp"
mv "$out.tmp" "$out"
rm -rf "$room"
