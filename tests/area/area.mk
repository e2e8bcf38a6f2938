# SPDX-License-Identifier: Apache-2.0
# How large the kernel is: the table of docs/area.md (target area), its placement on an ECP5 (target
# ecp5), and a quick check that it has not grown and that vendors' parts are the portable ones.

##@ Test
area: build/gen/accel.svh ## synthesize the kernel for three technologies, print LUTs per MAC (minutes)
	$(Q)python3 tests/area/area.py table

ecp5: build/gen/accel.svh ## place and route an array of 256 MAC/clock on an ECP5-85F (minutes)
	$(Q)python3 tests/area/area.py ecp5

TESTS += test-area
test-area: build/gen/accel.svh ## the kernel's LUTs within bounds, vendor parts equal to portable ones
	$(Q)python3 tests/area/area.py check

.PHONY: area ecp5 test-area
