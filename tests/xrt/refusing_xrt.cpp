/* SPDX-License-Identifier: Apache-2.0
 *
 * A libxrt_coreutil that refuses every xclbin with the error number in $TRITIUM_TEST_ERRNO: what
 * the driver of a card says when another process has it, or when it may not be opened. Of XRT only
 * what is called before that.
 */
#if __has_include(<xrt/experimental/xrt_xclbin.h>)
#include <xrt/experimental/xrt_xclbin.h>
#else
#include <experimental/xrt_xclbin.h>
#endif

#include <cstdlib>
#include <system_error>

xrt::xclbin::xclbin(const std::string &) {
    const char *text = std::getenv("TRITIUM_TEST_ERRNO");
    throw std::system_error(text != nullptr ? std::atoi(text) : 0, std::generic_category(),
                            "failed to load xclbin");
}
