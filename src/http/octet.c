// SPDX-License-Identifier: Apache-2.0
// The table is computed by the compiler from one expression per class, so that the classes can be
// read and compared with the grammar, and no literal of 256 numbers has to be believed.
#include "http/octet.h"

#define IS_DIGIT(c) ((c) >= '0' && (c) <= '9')
#define IS_ALPHA(c) (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z'))
#define IS_SUB_DELIM(c)                                                                            \
    ((c) == '!' || (c) == '$' || (c) == '&' || (c) == '\'' || (c) == '(' || (c) == ')' ||          \
     (c) == '*' || (c) == '+' || (c) == ',' || (c) == ';' || (c) == '=')
#define IS_UNRESERVED(c)                                                                           \
    (IS_ALPHA(c) || IS_DIGIT(c) || (c) == '-' || (c) == '.' || (c) == '_' || (c) == '~')
#define IS_PCHAR(c) (IS_UNRESERVED(c) || IS_SUB_DELIM(c) || (c) == ':' || (c) == '@')
#define IS_TCHAR(c)                                                                                \
    (IS_ALPHA(c) || IS_DIGIT(c) || (c) == '!' || (c) == '#' || (c) == '$' || (c) == '%' ||         \
     (c) == '&' || (c) == '\'' || (c) == '*' || (c) == '+' || (c) == '-' || (c) == '.' ||          \
     (c) == '^' || (c) == '_' || (c) == '`' || (c) == '|' || (c) == '~')
#define IS_TEXT(c) ((c) == '\t' || ((c) >= 0x20 && (c) != 0x7f))
#define IS_PATH(c) (IS_PCHAR(c) || (c) == '/' || (c) == '|' || (c) == '[' || (c) == ']')
#define IS_QUERY(c)                                                                                \
    (IS_PATH(c) || (c) == '?' || (c) == '^' || (c) == '`' || (c) == '{' || (c) == '}')

#define OCTET(c)                                                                                   \
    (IS_TCHAR(c) ? HTTP_OCTET_TOKEN : 0) | (IS_TEXT(c) ? HTTP_OCTET_TEXT : 0) |                    \
        (IS_UNRESERVED(c) ? HTTP_OCTET_UNRESERVED | HTTP_OCTET_HOST : 0) |                         \
        (IS_PCHAR(c) ? HTTP_OCTET_PATH_WIRE : 0) | (IS_PATH(c) ? HTTP_OCTET_PATH : 0) |            \
        (IS_QUERY(c) ? HTTP_OCTET_QUERY : 0)
#define FOUR(c)       OCTET(c), OCTET((c) + 1), OCTET((c) + 2), OCTET((c) + 3)
#define SIXTEEN(c)    FOUR(c), FOUR((c) + 4), FOUR((c) + 8), FOUR((c) + 12)
#define SIXTY_FOUR(c) SIXTEEN(c), SIXTEEN((c) + 16), SIXTEEN((c) + 32), SIXTEEN((c) + 48)

const uint8_t http_octets[256] = {SIXTY_FOUR(0), SIXTY_FOUR(64), SIXTY_FOUR(128), SIXTY_FOUR(192)};
