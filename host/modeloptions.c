/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of --i2s.
 */
#include "host/modeloptions.h"

#include <string.h>

#include "base/yaml.h"

enum tri_status tri_model_choice_options(const struct tri_model_choice *choice,
                                         struct tri_model_options *options) {
    static const char *const words[] = {"x86", "arm", "rows"};
    static const enum tri_layout layouts[] = {TRI_LAYOUT_I2S_X86, TRI_LAYOUT_I2S_ARM,
                                              TRI_LAYOUT_I2S_ROWS};
    *options = (struct tri_model_options){.i2s = TRI_LAYOUT_I2S_X86, .i2s_given = false};
    if (choice->i2s == NULL) return TRI_OK;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(choice->i2s, words[i]) != 0) continue;
        options->i2s = layouts[i];
        options->i2s_given = true;
        return TRI_OK;
    }
    return tri_fail(TRI_E_ARGUMENT, "--i2s: wanted x86, arm or rows, got '%s'; the nearest is %s",
                    choice->i2s, tri_nearest(choice->i2s, words, sizeof words / sizeof words[0]));
}

const char *tri_wave_options_fault(const struct tri_device_options *options) {
    if (options->wave == NULL &&
        (options->wave_from != 0 || options->wave_to != 0 || options->wave_scope != NULL))
        return "--wave-from, --wave-to and --wave-scope want --wave";
    if (options->wave_to != 0 && options->wave_to <= options->wave_from)
        return "--wave-to: wanted more than --wave-from";
    return NULL;
}

enum tri_status tri_sampling_choice_create(const struct tri_sampling_choice *choice, uint32_t vocab,
                                           struct tri_sampler **sampler) {
    struct tri_sampling sampling = choice->sampling;
    if (choice->greedy) sampling.temperature = 0;
    return tri_sampler_create(&sampling, vocab, sampler);
}
