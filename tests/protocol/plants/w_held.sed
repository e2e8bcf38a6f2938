# SPDX-License-Identifier: Apache-2.0
# What waits at the output is overwritten.
# file: skid_buffer rules: W_HELD
s/^    if (out_ready || !out_valid_q) out_data_q <= /    out_data_q <= /
