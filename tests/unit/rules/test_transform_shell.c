// SPDX-License-Identifier: Apache-2.0
// What a shell drops is dropped, and what separates its commands stays.
#include "unit/rules/transform_cases.h"

static const struct transform_case cases[] = {
    CASE(SHELL_UNQUOTE, ";w'h'o\"a\"m\\i", ";whoami"),
    CASE(SHELL_UNQUOTE, "who$@ami; i$1d&l$*s", "whoami; id&ls"),
    CASE(SHELL_UNQUOTE, "who``ami|who$()ami", "whoami|whoami"),
    CASE(SHELL_UNQUOTE, "c${x}a${@}t$u /etc$u/passwd", "cat /etc/passwd"),
    CASE(SHELL_UNQUOTE, "cat${IFS}/x;cat$IFS$9/x;cat${IFS%??}-n", "cat /x;cat /x;cat -n"),
    CASE(SHELL_UNQUOTE, "a \t ${IFS} b", "a b"),
    CASE(SHELL_UNQUOTE, "CAT$'x'", "catx"),
    CASE(SHELL_UNQUOTE, "c^md /c\\\ndir\nver", "cmd /cdir\nver"),
    CASE(SHELL_UNQUOTE, "\\", ""),
    CASE(SHELL_UNQUOTE, "'$", "$"),
    KEPT(SHELL_UNQUOTE, "a;b|c&&d\r\ne `f` $(g) ${path:0:1} $home $ifsx ${} ${ifs"),
    KEPT(SHELL_UNQUOTE, "${a_name_that_is_too_long_for_a_disguise}"),
    KEPT(SHELL_UNQUOTE, "$"),
    KEPT(SHELL_UNQUOTE, "${"),
    KEPT(SHELL_UNQUOTE, "$("),
    KEPT(SHELL_UNQUOTE, ""),
};

TRANSFORM_TEST(undoes_quoting, cases)
