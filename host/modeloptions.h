/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the option tables that several commands have: which model, which device, how the next
 * token is chosen. One place, so that `run`, `chat` and the others cannot drift apart.
 */
#ifndef TRI_HOST_MODELOPTIONS_H
#define TRI_HOST_MODELOPTIONS_H

#include "driver/device.h"
#include "host/options.h"
#include "ref/model.h"
#include "ref/sampler.h"

struct tri_model_choice {
    const char *path;
    const char *i2s; /* NULL: the usual layout */
};

#define TRI_MODEL_OPTIONS(choice)                                                                  \
    {"model", 'm', "MODEL", TRI_OPTION_TEXT, &(choice).path, "Hugging Face folder or GGUF file"},  \
    {                                                                                              \
        "i2s", 0, "LAYOUT", TRI_OPTION_TEXT, &(choice).i2s,                                        \
            "of I2_S files: x86, arm or rows; nothing in the file says it (x86)"                   \
    }

struct tri_device_choice {
    const char *device, *design, *isa;
    uint32_t threads;
    bool pin;
};

#define TRI_DEVICE_OPTIONS(choice)                                                                 \
    {"device",                                                                                     \
     0,                                                                                            \
     "URI",                                                                                        \
     TRI_OPTION_TEXT,                                                                              \
     &(choice).device,                                                                             \
     "cpu[:b2|:b3], ref, ref:DESIGN, hls:DESIGN, sim:DESIGN or xrt:FILE.xclbin (cpu)"},            \
        {"design",         0,                                                                      \
         "NAME",           TRI_OPTION_TEXT,                                                        \
         &(choice).design, "the design of a --device without one (of sim)"},                       \
        {"threads",                                                                                \
         0,                                                                                        \
         "N",                                                                                      \
         TRI_OPTION_U32,                                                                           \
         &(choice).threads,                                                                        \
         "of this processor (all that this process may use)"},                                     \
        {"pin", 0, NULL, TRI_OPTION_FLAG, &(choice).pin, "a core for each thread"}, {              \
        "isa", 0, "NAME", TRI_OPTION_TEXT, &(choice).isa,                                          \
            "instruction set: portable, neon, avx2, avx512 or amx (the best here)"                 \
    }

/* Rows for the waveform of a simulated device, into a struct tri_device_options. */
#define TRI_WAVE_OPTIONS(options)                                                                  \
    {"wave", 0, "OUT.fst", TRI_OPTION_TEXT, &(options).wave, "sim: write a waveform"},             \
        {"wave-from", 0, "CYCLE", TRI_OPTION_U64, &(options).wave_from, "first cycle of it (0)"},  \
        {"wave-to",                                                                                \
         0,                                                                                        \
         "CYCLE",                                                                                  \
         TRI_OPTION_U64,                                                                           \
         &(options).wave_to,                                                                       \
         "one past the last (to the end)"},                                                        \
    {                                                                                              \
        "wave-scope", 0, "PATH", TRI_OPTION_TEXT, &(options).wave_scope,                           \
            "only this instance (all), as tritium_core.u_array"                                    \
    }

/* What is wrong with them, or NULL: a window or scope without a file, a window that is empty. */
const char *tri_wave_options_fault(const struct tri_device_options *options);

struct tri_sampling_choice {
    bool greedy;
    struct tri_sampling sampling;
};

#define TRI_SAMPLING_CHOICE_INIT                                                                   \
    {                                                                                              \
        false, {                                                                                   \
            .temperature = 0.7f, .top_k = 40, .top_p = 1, .repetition_penalty = 1, .seed = 1       \
        }                                                                                          \
    }

#define TRI_SAMPLING_OPTIONS(choice)                                                               \
    {"greedy", 0, NULL, TRI_OPTION_FLAG, &(choice).greedy, "always the likeliest token"},          \
        {"temperature",      0, "X", TRI_OPTION_REAL, &(choice).sampling.temperature,              \
         "0 is greedy (0.7)"},                                                                     \
        {"top-k",                                                                                  \
         0,                                                                                        \
         "N",                                                                                      \
         TRI_OPTION_U32,                                                                           \
         &(choice).sampling.top_k,                                                                 \
         "among the N likeliest, 0: all (40)"},                                                    \
        {"top-p",                                                                                  \
         0,                                                                                        \
         "X",                                                                                      \
         TRI_OPTION_REAL,                                                                          \
         &(choice).sampling.top_p,                                                                 \
         "among X of the probability (1)"},                                                        \
        {"min-p",                                                                                  \
         0,                                                                                        \
         "X",                                                                                      \
         TRI_OPTION_REAL,                                                                          \
         &(choice).sampling.min_p,                                                                 \
         "not below X of the likeliest (0)"},                                                      \
        {"repetition-penalty",                                                                     \
         0,                                                                                        \
         "X",                                                                                      \
         TRI_OPTION_REAL,                                                                          \
         &(choice).sampling.repetition_penalty,                                                    \
         "over prompt and reply (1: none)"},                                                       \
    {                                                                                              \
        "seed", 0, "N", TRI_OPTION_U64, &(choice).sampling.seed, "of the sampling (1)"             \
    }

/* tri_sampler_create, greedy included. */
enum tri_status tri_sampling_choice_create(const struct tri_sampling_choice *choice, uint32_t vocab,
                                           struct tri_sampler **sampler);

/* "x86", "arm", "rows" or NULL as options of tri_model_open. Errors: ARGUMENT. */
enum tri_status tri_model_choice_options(const struct tri_model_choice *choice,
                                         struct tri_model_options *options);

#endif
