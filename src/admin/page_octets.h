// SPDX-License-Identifier: Apache-2.0
// page.html, in a source file that CMake writes (src/CMakeLists.txt).
#ifndef YETT_ADMIN_PAGE_OCTETS_H
#define YETT_ADMIN_PAGE_OCTETS_H

#include <stddef.h>

extern const unsigned char page_octets[];
extern const size_t page_octets_len;

#endif
