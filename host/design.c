/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium design`: a design file checked, or shown with every effective value.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/design.h"
#include "base/yaml.h"
#include "driver/paths.h"
#include "host/commands.h"
#include "host/options.h"

static const struct tri_usage usage = {
    .command = "design",
    .synopsis = "show|check FILE",
    .purpose =
        "check: reads a design file and says whether it is one; an error names file, line and the\n"
        "nearest known key. show: prints every effective value, as YAML that is a design again.\n"
        "FILE may be a bare name, as in sim:NAME.",
    .examples = "  tritium design check designs/kv260.yaml\n"
                "  tritium design show kv260\n",
    .statuses = "  0  good   1  not a design   2  wrong command line\n",
    .least = 2,
    .most = 2,
};

int tri_command_design(int argc, char **argv) {
    static const char *const verbs[] = {"show", "check"};
    char **arguments = NULL;
    int code = tri_options_parse(&usage, NULL, 0, argc, argv, &arguments);
    if (code >= 0) return code;
    bool show = strcmp(arguments[0], "show") == 0;
    if (!show && strcmp(arguments[0], "check") != 0)
        return tri_complain_usage("design: unknown word '%s'; the nearest known is '%s'",
                                  arguments[0], tri_nearest(arguments[0], verbs, 2));
    char path[4352];
    enum tri_status status = tri_find_design(arguments[1], path, sizeof path);
    if (status != TRI_OK) return tri_complain(status);
    struct tri_design design;
    status = tri_design_read(path, &design);
    if (status != TRI_OK) return tri_complain(status);
    if (show)
        tri_design_print(&design, stdout);
    else
        printf("%s: a design: %s, %u weights a beat on %u port%s, hash %016" PRIx64 "\n", path,
               design.name, tri_weights_per_beat(&design.geometry), design.geometry.ports,
               design.geometry.ports == 1 ? "" : "s", tri_design_hash(&design.geometry));
    return tri_finish_output(TRI_EXIT_OK);
}
