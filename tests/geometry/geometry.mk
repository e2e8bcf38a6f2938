# SPDX-License-Identifier: Apache-2.0
# Every corner of the kernel's geometry: `make geometries` goes through the generated list of
# tests/geometry/geometries.py. Not part of `make test`: twenty minutes of CPU, and it needs pip.
# GEOMETRIES= passes options to tests/geometry/run.py, e.g. GEOMETRIES='--only g16 --seeds 100'.

geometries: build/hdl-venv/ready $(KERNEL_OUT)/test_kernel build/tools/design_params build/gen/accel.svh ## lint, build and test the kernel in 50 geometries; resumes; 20 minutes of CPU
	$(Q)nice tests/geometry/run.py --jobs $(J) $(GEOMETRIES)

.PHONY: geometries
