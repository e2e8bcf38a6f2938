# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/xilinx/pair_decode.sv that its proof must find: a corrupt byte's
# trits stay.
s/64'h0606_0606_0404_0404/64'h6666_6666_4444_4444/
