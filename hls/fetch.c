/* SPDX-License-Identifier: Apache-2.0
 *
 * Command fetch: 64 bytes of the list as fields. Checks nothing.
 */
#include "hls/memory.h"

enum { COMMAND_BEATS = TRI_COMMAND_BYTES / HLS_BEAT_BYTES };

/* `count` bytes from `first` on, little endian. */
static uint64_t field(const uint8_t *bytes, uint32_t first, uint32_t count) {
#pragma HLS inline
    uint64_t value = 0;
    for (uint32_t i = 0; i < 8; i++) {
#pragma HLS unroll
        if (i < count) value |= (uint64_t)bytes[first + i] << (8 * i);
    }
    return value;
}

bool hls_fetch(const struct hls_beat *commands, uint32_t index, struct tri_command *command) {
    uint8_t bytes[TRI_COMMAND_BYTES];
#pragma HLS array_partition variable = bytes complete
    bool good = true;
    for (uint32_t i = 0; i < COMMAND_BEATS; i++) {
#pragma HLS pipeline II = 1
        struct hls_beat beat;
        good &= hls_read_beat(HLS_DATA_PORT, commands, (uint64_t)index * COMMAND_BEATS + i, &beat);
        for (uint32_t j = 0; j < HLS_BEAT_BYTES; j++) bytes[i * HLS_BEAT_BYTES + j] = beat.byte[j];
    }
#define FIELD(type, name)                                                                          \
    command->name = (type)field(bytes, (uint32_t)offsetof(struct tri_command, name), sizeof(type))
    FIELD(uint16_t, opcode);
    FIELD(uint16_t, flags);
    FIELD(uint32_t, tag);
    FIELD(uint32_t, rows);
    FIELD(uint32_t, columns);
    FIELD(uint32_t, tokens);
    FIELD(uint32_t, reserved0);
    FIELD(uint64_t, weight_offset);
    FIELD(uint64_t, activation_offset);
    FIELD(uint64_t, result_offset);
    FIELD(uint32_t, activation_stride);
    FIELD(uint32_t, result_stride);
    FIELD(uint64_t, reserved1);
#undef FIELD
    return good;
}
