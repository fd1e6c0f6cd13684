/* What is known of each run of pixels: a bit that any of them has, their sum, the highest of them. */
#include "facts.h"

#include "runs.h"

/* A number that is higher for a higher value, and among equal ones for a later pixel. */
static inline uint64_t rank(float value, uint32_t column)
{
    uint32_t word;
    value += 0.0f; /* Both zeros are one. */
    memcpy(&word, &value, 4);
    word = word >> 31 ? ~word : word | UINT32_C(1) << 31;
    return (uint64_t)word << 32 | column;
}

void any_of_runs(const uint8_t *pixels, ptrdiff_t nx, const int32_t *per_row, ptrdiff_t rows, const int32_t *starts,
                 const int32_t *ends, uint8_t *out)
{
    for (ptrdiff_t y = 0; y < rows; y++, pixels += nx)
        for (int32_t n = per_row[y]; n > 0; n--) {
            uint8_t any = 0;
            for (ptrdiff_t x = *starts++, end = *ends++; x < end; x++)
                any |= pixels[x];
            *out++ = any;
        }
}

/* Whether a pixel from `start` up to `end` of a row of bits is set. */
static int any_set(const uint8_t *row, ptrdiff_t start, ptrdiff_t end)
{
    const ptrdiff_t first = start >> 3, last = (end - 1) >> 3;
    const uint8_t from = from_column(start), to = (uint8_t)~(0x7f >> ((end - 1) & 7));
    if (first == last)
        return (row[first] & from & to) != 0;
    int any = (row[first] & from) | (row[last] & to);
    for (ptrdiff_t i = first + 1; i < last; i++)
        any |= row[i];
    return any != 0;
}

void any_set_in_runs(const uint8_t *bits, ptrdiff_t bytes, const int32_t *per_row, ptrdiff_t rows, const int32_t *starts,
                     const int32_t *ends, uint8_t *out)
{
    for (ptrdiff_t y = 0; y < rows; y++, bits += bytes)
        for (int32_t n = per_row[y]; n > 0; n--)
            *out++ = (uint8_t)any_set(bits, *starts++, *ends++);
}

void sums_of_runs(const float *pixels, ptrdiff_t nx, const int32_t *per_row, ptrdiff_t rows, const int32_t *starts,
                  const int32_t *ends, double *out)
{
    for (ptrdiff_t y = 0; y < rows; y++, pixels += nx)
        for (int32_t n = per_row[y]; n > 0; n--) {
            double sum = 0;
            for (ptrdiff_t x = *starts++, end = *ends++; x < end; x++)
                sum += pixels[x];
            *out++ = sum;
        }
}

void ranks_of_runs(const float *pixels, ptrdiff_t nx, const int32_t *per_row, ptrdiff_t rows, const int32_t *starts,
                   const int32_t *ends, uint64_t *out)
{
    for (ptrdiff_t y = 0; y < rows; y++, pixels += nx)
        for (int32_t n = per_row[y]; n > 0; n--) {
            uint64_t highest = 0;
            for (ptrdiff_t x = *starts++, end = *ends++; x < end; x++) {
                const uint64_t here = rank(pixels[x], (uint32_t)x);
                highest = here > highest ? here : highest;
            }
            *out++ = highest;
        }
}
