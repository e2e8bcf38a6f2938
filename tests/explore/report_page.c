/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a report from a document on disk, for the browser's test: documents there hold what no
 * sweep would make. Usage: report-page DOCUMENT.json REPORT.html
 */
#include <stdio.h>

#include "explore/report.h"

int main(int argc, char **argv) {
    json_error_t error;
    if (argc != 3) return 2;
    json_t *document = json_load_file(argv[1], 0, &error);
    if (document == NULL) {
        (void)fprintf(stderr, "%s:%d: %s\n", argv[1], error.line, error.text);
        return 1;
    }
    enum tri_status status = tri_report_write_document(document, TRI_REPORT_CHART, argv[2]);
    if (status != TRI_OK) (void)fprintf(stderr, "%s\n", tri_error());
    json_decref(document);
    return status == TRI_OK ? 0 : 1;
}
