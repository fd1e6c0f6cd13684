/* What the faces check of many numbers at once. */
#include "checks.h"

#define FARTHEST (INT32_C(1) << 30)

FOR_EACH_CPU static uint32_t highest_of(const int32_t *values, ptrdiff_t n)
{
    uint32_t highest = 0;
    for (ptrdiff_t i = 0; i < n; i++)
        highest = (uint32_t)values[i] > highest ? (uint32_t)values[i] : highest;
    return highest;
}

/* What is below 0 is, without a sign, above every limit. */
int are_below(const int32_t *values, ptrdiff_t n, int32_t limit)
{
    return n == 0 || (limit > 0 && highest_of(values, n) < (uint32_t)limit);
}

int are_within(const int64_t *places, ptrdiff_t n, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t around)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        const int64_t y = places[2 * i], x = places[2 * i + 1];
        if (y < -around || y >= ny + around || x < -around || x >= nx + around)
            return 0;
    }
    return 1;
}

int are_runs(const int32_t *per_row, ptrdiff_t rows, const int32_t *starts, const int32_t *ends, ptrdiff_t total,
             ptrdiff_t nx)
{
    ptrdiff_t at = 0;
    for (ptrdiff_t y = 0; y < rows; y++) {
        if (per_row[y] < 0 || per_row[y] > total - at)
            return 0;
        ptrdiff_t after = -1;
        for (const ptrdiff_t stop = at + per_row[y]; at < stop; at++) {
            if (starts[at] <= after || ends[at] <= starts[at])
                return 0;
            after = ends[at];
        }
        if (after > nx)
            return 0;
    }
    return at == total;
}

int are_clear_beyond(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx)
{
    const ptrdiff_t bytes = (nx + 7) / 8;
    const uint8_t beyond = nx % 8 ? (uint8_t)(0xff >> (nx & 7)) : 0;
    for (ptrdiff_t y = 0; beyond && y < ny; y++)
        if (bits[y * bytes + bytes - 1] & beyond)
            return 0;
    return 1;
}

int are_chords(const int32_t *triples, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        const int64_t left = triples[3 * i + 1], length = triples[3 * i + 2];
        if (length < 1 || (left < 0 ? -left : left) + length >= FARTHEST)
            return 0;
    }
    return 1;
}

int are_up_to(const int64_t *values, ptrdiff_t n, int64_t limit)
{
    for (ptrdiff_t i = 0; i < n; i++)
        if (values[i] < 0 || values[i] > limit)
            return 0;
    return 1;
}
