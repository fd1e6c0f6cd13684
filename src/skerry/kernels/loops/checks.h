/* What the faces check of many numbers at once, before the loops rely on it. */
#ifndef SKERRY_CHECKS_H
#define SKERRY_CHECKS_H

#include "native.h"

/* Whether all are from 0 up to below a limit. */
int are_below(const int32_t *values, ptrdiff_t n, int32_t limit);

/* Whether all rows and columns lie in ny x nx pixels, or no further than `around` from them. */
int are_within(const int64_t *places, ptrdiff_t n, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t around);

/* Whether all are `total` runs, of which each row has its number, in ascending order and apart from each other in nx
   columns. */
int are_runs(const int32_t *per_row, ptrdiff_t rows, const int32_t *starts, const int32_t *ends, ptrdiff_t total,
             ptrdiff_t nx);

/* Whether the bits beyond the last of nx columns are unset. */
int are_clear_beyond(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx);

/* Whether all chords (row, first column and length, counted from an origin) have pixels, and reach less than 2**30. */
int are_chords(const int32_t *triples, ptrdiff_t n);

/* Whether all are from 0 up to a limit. */
int are_up_to(const int64_t *values, ptrdiff_t n, int64_t limit);

#endif
