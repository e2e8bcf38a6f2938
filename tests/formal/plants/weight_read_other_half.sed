# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/weight_read.sv that its proof must find: what is put overwrites the job that
# is being issued.
s/put_at = {put_port, asked_q\[0\]}/put_at = {put_port, ~asked_q[0]}/
