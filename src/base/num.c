// SPDX-License-Identifier: Apache-2.0
// strtoul and its kin skip blanks, take signs and wrap; lengths from outside must not be read that
// way. These readers take digits alone and compare with the limit before each step, so that no
// intermediate value can overflow.
#include "base/num.h"

#include "base/ascii.h"

// Adds one digit in `base` to *value; false when the result would exceed `max`.
static bool push_digit(uint64_t *value, unsigned base, unsigned digit, uint64_t max)
{
    if (digit > max || *value > (max - digit) / base)
        return false;
    *value = *value * base + digit;
    return true;
}

bool num_decimal(struct slice text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!ascii_is_digit(text.ptr[i]) ||
            !push_digit(&value, 10, (unsigned)(text.ptr[i] - '0'), max))
            return false;
    }
    if (text.len == 0)
        return false;
    *out = value;
    return true;
}

bool num_hex(struct slice text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = ascii_hex(text.ptr[i]);
        if (digit < 0 || !push_digit(&value, 16, (unsigned)digit, max))
            return false;
    }
    if (text.len == 0)
        return false;
    *out = value;
    return true;
}

size_t num_write_decimal(char *out, uint64_t value)
{
    char digits[20];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    for (size_t i = 0; i < n; i++)
        out[i] = digits[n - 1 - i];
    return n;
}

size_t num_write_hex(char *out, uint64_t value)
{
    size_t n = 1;
    for (uint64_t rest = value >> 4; rest; rest >>= 4)
        n++;
    for (size_t i = n; i-- > 0; value >>= 4)
        out[i] = "0123456789abcdef"[value & 15];
    return n;
}
