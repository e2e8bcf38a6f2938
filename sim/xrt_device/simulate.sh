#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Started by XRT's hardware emulation in the folder it unpacked from the xclbin. XRT adds one argument
# for a vendor's simulator, which ours does not need.
exec ./tritium_device
