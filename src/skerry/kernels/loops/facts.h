/* What is known of each run of pixels. `per_row` has the number of runs of each row. */
#ifndef SKERRY_FACTS_H
#define SKERRY_FACTS_H

#include "native.h"

/* Bits that any pixel of a run has. */
void any_of_runs(const uint8_t *pixels, ptrdiff_t nx, const int32_t *per_row, ptrdiff_t rows, const int32_t *starts,
                 const int32_t *ends, uint8_t *out);

/* 1 where a pixel of a run is set in some rows of bits, each of so many bytes. */
void any_set_in_runs(const uint8_t *bits, ptrdiff_t bytes, const int32_t *per_row, ptrdiff_t rows, const int32_t *starts,
                     const int32_t *ends, uint8_t *out);

/* Sums, each from left to right. */
void sums_of_runs(const float *pixels, ptrdiff_t nx, const int32_t *per_row, ptrdiff_t rows, const int32_t *starts,
                  const int32_t *ends, double *out);

/* A number for the highest pixel that is higher for a higher value, and among equal ones for a later pixel: the column
   in its lower 32 bits. */
void ranks_of_runs(const float *pixels, ptrdiff_t nx, const int32_t *per_row, ptrdiff_t rows, const int32_t *starts,
                   const int32_t *ends, uint64_t *out);

#endif
