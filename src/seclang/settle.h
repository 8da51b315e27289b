// SPDX-License-Identifier: Apache-2.0
// What rule sets do by rules because SecLang has nothing else, and what is configuration here:
// first values of variables, and paranoia levels.
#ifndef YETT_SECLANG_SETTLE_H
#define YETT_SECLANG_SETTLE_H

#include <stdbool.h>

#include "seclang/model.h"

// Once all files are read. Turns unconditional assignments and defaults of the first phase
// ("&TX:a @eq 0" with setvar:tx.a=…) into first values where nothing else sets the variable, gates
// ("TX:detection_paranoia_level @lt 2" with skipAfter) into the paranoia of the rules behind them,
// and gives the variables that mean the filter's own settings those.
void seclang_settle(struct seclang_set *s);
// Does the variable of the transaction mean a paranoia level?
bool seclang_is_level(struct slice name);

#endif
