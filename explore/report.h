/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep as one HTML file that needs no network: the page's own template and script (report.html,
 * report.js), Debian's Chart.js and the sweep's data, put together. Draws nothing itself.
 */
#ifndef TRI_REPORT_H
#define TRI_REPORT_H

#include <jansson.h>

#include "explore/result.h"

/* A report stays below this; a sweep too long for it loses pruned points first, then refused ones,
 * then those off the front, then failed ones; the page says how many. */
enum { TRI_REPORT_BYTES = 2000000 };

/* Where Debian's package libjs-chart.js puts the library. */
#define TRI_REPORT_CHART "/usr/share/javascript/chart.js/chart.min.js"

/* Writes the page of a result to `path`, whole or not at all; to a path ending in ".json" the
 * document of tri_result_json instead, for other programs. Errors: IO (also the library is
 * absent: names its package), FORMAT (not the library, or too long), MEMORY. */
enum tri_status tri_report_write(const struct tri_result *result, const char *path);

/* The same of a document as tri_result_json makes it, with the library of this path. */
enum tri_status tri_report_write_document(const json_t *document, const char *library,
                                          const char *path);

/* What the page's script reads: the document with figures and design of each point short (names
 * once, what all designs share once). Points of the states in `left_out` (bits: 1 pruned, 2
 * refused) are only counted. *data: a new reference. Errors: FORMAT, MEMORY. */
enum tri_status tri_report_data(const json_t *document, unsigned left_out, json_t **data);

#endif
