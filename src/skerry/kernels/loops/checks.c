/* What the faces check of many numbers at once. */
#include "checks.h"

#define FARTHEST (INT32_C(1) << 30)
#define PIECE 1024 /* runs: their numbers are counted in 32 bits, and both loops find them in the cache */

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

/* How many of some runs are none of nx columns, and how many begin no later than where the one before them ends. */
FOR_EACH_CPU static void survey_runs(const int32_t *restrict starts, const int32_t *restrict ends, ptrdiff_t n, int32_t nx,
                                     ptrdiff_t *none, ptrdiff_t *back)
{
    for (ptrdiff_t first = 0; first < n; first += PIECE) {
        const ptrdiff_t stop = n - first < PIECE ? n : first + PIECE, before_last = stop == n ? n - 1 : stop;
        int32_t nowhere = 0, earlier = 0;
        for (ptrdiff_t i = first; i < stop; i++)
            nowhere += (starts[i] < 0) | (ends[i] > nx) | (ends[i] <= starts[i]);
        for (ptrdiff_t i = first; i < before_last; i++)
            earlier += starts[i + 1] <= ends[i];
        *none += nowhere;
        *back += earlier;
    }
}

int are_runs(const int32_t *per_row, ptrdiff_t rows, const int32_t *starts, const int32_t *ends, ptrdiff_t total,
             ptrdiff_t nx)
{
    ptrdiff_t at = 0, none = 0, back = 0, back_in_new_row = 0;
    for (ptrdiff_t y = 0; y < rows; y++) {
        if (per_row[y] < 0 || per_row[y] > total - at)
            return 0;
        back_in_new_row += per_row[y] > 0 && at > 0 && starts[at] <= ends[at - 1];
        at += per_row[y];
    }
    if (at != total)
        return 0;
    survey_runs(starts, ends, total, (int32_t)nx, &none, &back);
    return none == 0 && back == back_in_new_row;
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
