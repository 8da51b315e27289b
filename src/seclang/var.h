// SPDX-License-Identifier: Apache-2.0
// setvar: "tx.a=1", "tx.a=+%{tx.b}", "tx.a=-1", "!tx.a", "tx.a".
#ifndef YETT_SECLANG_VAR_H
#define YETT_SECLANG_VAR_H

#include "base/attr.h"
#include "seclang/model.h"

enum seclang_change { SECLANG_CHANGE_TO, SECLANG_CHANGE_ADD, SECLANG_CHANGE_UNSET };

struct seclang_setvar {
    struct slice collection, name;
    enum seclang_change change;
    bool is_minus;      // of ADD
    struct slice value; // of TO and ADD
};

// False when it is none.
MUST_USE bool seclang_setvar_parse(struct slice text, struct seclang_setvar *out);
// Has the text a macro in it?
bool seclang_has_macro(struct slice text);
// May a rule that is going to be written set the transaction's variable of that name?
bool seclang_var_is_set(const struct seclang_set *s, struct slice name);

#endif
