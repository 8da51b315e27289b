// SPDX-License-Identifier: Apache-2.0
// How values of a message are handed out, shared by the files that take it apart. All answer an
// array that lives until the next call.
#ifndef YETT_RULES_VALUES_H
#define YETT_RULES_VALUES_H

#include "rules/run.h"

const struct http_param *rules_give_one(struct rules_run *run, struct slice value, size_t *count);
// Facts that are not known (no country, no TLS) are not there: not even an empty value is compared.
const struct http_param *rules_give_known(struct rules_run *run, struct slice value, size_t *count);
const struct http_param *rules_give_number(struct rules_run *run, uint64_t value, size_t *count);
const struct http_param *rules_give(struct rules_run *run, const struct http_params *params,
                                    size_t *count);
// The names of the parameters, each as name and value.
const struct http_param *rules_give_names(struct rules_run *run, const struct http_params *params,
                                          size_t *count);
// The parameters of the query, decoded once per evaluation.
const struct http_params *rules_query(struct rules_run *run);
// Of the parameters those that were spelled out in escapes, laid open (escaped_values.c); the same
// of query and fields; the parameters in the address that the client came from.
const struct http_param *rules_escaped(struct rules_run *run, const struct http_params *params,
                                       size_t *count);
const struct http_param *rules_escaped_in_head(struct rules_run *run, size_t *count);
const struct http_param *rules_referer(struct rules_run *run, size_t *count);
// Collections that come with the body (body_values.c).
const struct http_param *rules_body_values(struct rules_run *run, enum rules_collection collection,
                                           size_t *count);

#endif
