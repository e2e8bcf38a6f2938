# SPDX-License-Identifier: Apache-2.0
# The Criterion binary of all unit tests, plain and under the sanitizers. A sanitized build is another
# make with SAN set; its objects live in their own directory.

# What tests run or read besides the library.
UNIT_NEEDS := build/tools/contract $(GEN) build/gen/kv260/params.vlt

test-unit: $(UNIT) $(UNIT_NEEDS) ## unit tests; TEST='suite/name*' picks some
	$(Q)$(UNIT) --jobs $(J) --timeout 120 $(if $(TEST),--filter '$(TEST)')

# Criterion does not see that a test leaked: the sanitizer's reports are files, and any file fails.
SAN_REPORT := build/san-address-undefined/report
test-san: ## unit tests under the address and undefined-behaviour sanitizers
	$(Q)rm -f $(SAN_REPORT).*
	+$(Q)ASAN_OPTIONS=log_path=$(SAN_REPORT) tools/still $(MAKE) SAN=address,undefined CFLAGS='-O1 -g' test-unit
	$(Q)! cat $(SAN_REPORT).* 2>/dev/null || { echo "0 passed, 1 failed (sanitizer reports)"; exit 1; }

# Criterion cannot start under the thread sanitizer (its arena needs an address that the sanitizer
# reserves), so what may run in several threads has a program of its own.
test-threads: $(B)/threads $(B)/thread-pool
	$(Q)$(B)/threads
	$(Q)$(B)/thread-pool

$(B)/threads: $(call objects,tests/thread/threads.c) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

$(B)/thread-pool: $(call objects,tests/thread/pool.c) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

test-tsan: ## sessions, engines and the pool in several threads under the thread sanitizer
	+$(Q)tools/still $(MAKE) SAN=thread CFLAGS='-O1 -g' test-threads

.PHONY: test-unit test-san test-threads test-tsan
