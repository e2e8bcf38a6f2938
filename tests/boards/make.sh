#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `make bitstream`: what it says where the vendor's tools are missing, and with stand-ins of them what
# it asks of them, in which order, and that it never passes off a file that they did not make.
# make.sh SCRATCH
. tests/boards/lib.sh

scratch=$1 here=$(pwd)
rm -rf "$scratch"
mkdir -p "$scratch/bin" "$scratch/platforms/some_platform"
unset MAKEFLAGS MAKELEVEL MFLAGS XILINX_VITIS XILINX_VIVADO XILINX_XRT PLATFORM_REPO_PATHS PLATFORM
plain=$(for c in sh make sed dtc tclsh python3; do dirname "$(command -v $c)"; done | sort -u | tr '\n' ':')

# bitstream BOARD ARGUMENTS...: runs make with $path before the plain tools; keeps what it said.
bitstream() {
    board=$1
    shift
    PATH=$path$plain$PATH_REST make bitstream "BOARD=$board" "BITSTREAMS=$scratch/out" "$@" \
        >"$scratch/said" 2>&1
}
PATH_REST=/usr/bin:/bin
says() { verdict "$1: $(tail -n 3 "$scratch/said" | tr '\n' ' ')" grep -Eq -- "$2" "$scratch/said"; }

# ---- without the tools ----
path=''
for board in u55c u280 kv260; do
    verdict "$board: fails without the tools" not bitstream "$board" PLATFORM=not_there
    says "$board: names vivado" 'missing: vivado .*settings64.sh.*XILINX_VIVADO'
    says "$board: names v++" 'missing: v\+\+ .*settings64.sh.*XILINX_VITIS'
    says "$board: names xclbinutil" 'missing: xclbinutil that runs .*XILINX_XRT'
    says "$board: names the platform" 'missing: platform not_there: .*PLATFORM=FILE.xpfm.*PLATFORM_REPO_PATHS'
    says "$board: counts" "$board: [0-9] missing, nothing was built; docs/boards-$board.md"
done
says 'kv260: names bootgen' 'missing: bootgen'
verdict 'an unknown board is refused' not bitstream zx81
says 'the boards are named' "wanted BOARD= one of: kv260 u280 u55c, got 'zx81'"
verdict 'nothing was made' [ ! -e "$scratch/out" ]

# ---- with stand-ins that record their arguments and the folder they run in ----
cat >"$scratch/bin/stand-in" <<'END'
#!/bin/sh
name=$(basename "$0")
echo "$name [$(basename "$(pwd)")] $*" >>"$STAND_IN_LOG"
[ "${1:-}" != --help ] || { echo usage && exit 0; }
[ "${STAND_IN_FAILS:-}" != "$name" ] || exit 3
[ "${STAND_IN_SILENT:-}" != "$name" ] || exit 0
script='' out='' input=''
while [ $# -gt 0 ]; do
    case $1 in
    -source) script=$2 && shift ;;
    -tclargs) shift && exec tclsh tests/boards/package.tcl "$@" ;;
    -o | --output) out=$2 && shift ;;
    --config | -image) [ -s "$2" ] || exit 4; shift ;;
    --platform) [ -f "$2" ] || exit 4; shift ;;
    --dump-section) out=${2#BITSTREAM:RAW:} && shift ;;
    --add-replace-section) [ -s "${2#USER_METADATA:RAW:}" ] || exit 4; shift ;;
    --input) input=$2 && shift ;;
    *.xo | *.xclbin) input=$1 ;;
    esac
    shift
done
[ -z "$input" ] || [ -s "$input" ] || exit 4
echo "stand-in for $name, $script" >"$out"
END
chmod +x "$scratch/bin/stand-in"
for tool in vivado v++ xclbinutil bootgen; do ln -s stand-in "$scratch/bin/$tool"; done
: >"$scratch/platforms/some_platform/some_platform.xpfm"
path=$here/$scratch/bin:
case $scratch in /*) path=$scratch/bin: ;; esac
export STAND_IN_LOG="${path%bin:}log" PLATFORM_REPO_PATHS="/none:${path%bin:}platforms"
xpfm=${path%bin:}platforms/some_platform/some_platform.xpfm

# asked NUMBER TEXT: the text is in line NUMBER of the log, not counting the question for help.
asked() {
    line=$(grep -v -e '--help' "$STAND_IN_LOG" | sed -n "${1}p")
    verdict "call $1 has '$2': $line" sh -c "case \"\$1\" in *\"\$2\"*) ;; *) exit 1 ;; esac" - "$line" "$2"
}
verdict 'u55c: made' bitstream u55c PLATFORM=some_platform
out=$scratch/out/u55c
asked 1 'vivado ['
asked 1 "-mode batch -nojournal -log $out/vivado.log -source bitstreams/package_kernel.tcl -tclargs $out/kernel.tcl build/gen/u55c/tritium_top.sv $out/tritium_top.xo"
asked 2 "v++ [u55c] -t hw --platform $xpfm"
asked 2 ' -l --config link.cfg -o link.xclbin tritium_top.xo'
asked 3 'v++ [u55c] -t hw'
asked 3 ' -p --package.out_dir package -o packaged.xclbin link.xclbin'
asked 4 "xclbinutil ["
asked 4 "--input $out/packaged.xclbin --output $out/tritium.xclbin --add-replace-section USER_METADATA:RAW:bitstreams/u55c/design.yaml"
verdict 'u55c: four calls' [ "$(grep -vc -e '--help' "$STAND_IN_LOG")" -eq 4 ]
verdict 'u55c: the kernel was packed from the board'"'"'s table' grep -q '^register weights7 0x094 64 m_axi_w7' "$out/tritium_top.xo"
verdict 'u55c: again, nothing to do' bitstream u55c PLATFORM=some_platform
verdict 'u55c: no more calls' [ "$(grep -vc -e '--help' "$STAND_IN_LOG")" -eq 4 ]

: >"$STAND_IN_LOG"
verdict 'kv260: made' bitstream kv260 "PLATFORM=$xpfm"
for text in '-l --config link.cfg' "--dump-section BITSTREAM:RAW:$scratch/out/kv260/tritium.bit" \
    '-w -arch zynqmp -process_bitstream bin -image bootgen.bif -o tritium.bit.bin'; do
    verdict "kv260: asked $text" grep -Fq -- "$text" "$STAND_IN_LOG"
done
verdict 'kv260: no packaging for a card' not grep -q -e '--package' "$STAND_IN_LOG"
verdict 'kv260: the folder for the board' [ "$(cd "$scratch/out/kv260/tritium" && echo ./*)" = \
    './shell.json ./tritium.bit.bin ./tritium.dtbo ./tritium.xclbin' ]

# ---- a tool that fails, and one that says all is well and leaves nothing ----
for tool in vivado v++ xclbinutil; do
    rm -rf "$scratch/out"
    STAND_IN_FAILS=$tool
    export STAND_IN_FAILS
    verdict "$tool fails: make fails" not bitstream u280 PLATFORM=some_platform
    unset STAND_IN_FAILS
    verdict "$tool fails: no xclbin" [ ! -e "$scratch/out/u280/tritium.xclbin" ]
    rm -rf "$scratch/out"
    STAND_IN_SILENT=$tool
    export STAND_IN_SILENT
    verdict "$tool is silent: make fails" not bitstream u280 PLATFORM=some_platform
    unset STAND_IN_SILENT
    says "$tool is silent: which file" 'bitstream: .* was not made'
    verdict "$tool is silent: no xclbin" [ ! -e "$scratch/out/u280/tritium.xclbin" ]
done
rm -rf "$scratch/out"
finish
