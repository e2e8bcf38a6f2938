# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/array.sv that its proof must find: a row starts from what the
# group's row before left.
/old\[/s/first ? /first \& last ? /
