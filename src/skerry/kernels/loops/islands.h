/* Islands as runs of pixels: found in bytes, kept as bits (runs.h) and a label a run, and joined from row to row. */
#ifndef SKERRY_ISLANDS_H
#define SKERRY_ISLANDS_H

#include "native.h"

/* Bits of the pixels that are not 0, or that are; gives the number of runs, of which `per_row` has that of each row. */
int64_t pack_pixels(const uint8_t *pixels, ptrdiff_t ny, ptrdiff_t nx, int inverted, uint8_t *bits, int32_t *per_row);

/* The number of runs of some rows of bits, of which `per_row` has that of each row. */
int64_t count_runs(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, int32_t *per_row);

/* First column of each run, and the one beyond its last; 0 if they are not `count`. */
int find_runs(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t count, int32_t *starts, int32_t *ends);

/* Label the runs of some rows, given those of the row above them. Gives how many labels there are then, of which there
   were `count`; -1 if the parent of a label comes after it. */
int32_t link_runs(const int32_t *per_row, ptrdiff_t rows, const int32_t *starts, const int32_t *ends, int32_t *labels,
                  const int32_t *above_starts, const int32_t *above_ends, const int32_t *above_labels, ptrdiff_t above,
                  int corners, int32_t *parent, int32_t count);

/* Number the islands from 1, in place of the parent of each label; gives how many, -1 as `link_runs` does. */
int32_t number_islands(int32_t *parent, int32_t count);

/* Unset the runs whose label is not to be kept; 0 if the runs are not as many as the labels. */
int clear_runs(uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, const int32_t *labels, ptrdiff_t count, const uint8_t *keep);

/* Number of its island at each pixel, by the number of each label; `out` is 0 elsewhere and stays so; 0 as
   `clear_runs` does. */
int paint_runs(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, const int32_t *labels, ptrdiff_t count,
               const int32_t *island, int32_t *out);

#endif
