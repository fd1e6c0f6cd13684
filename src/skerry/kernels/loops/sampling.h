/* A mask kept by its set pixels, and its nearest pixels on a grid whose positions are interpolated between nodes. Values
   are of 1 byte without, or of 2 or 4 bytes with a sign, and not below 0. */
#ifndef SKERRY_SAMPLING_H
#define SKERRY_SAMPLING_H

#include "native.h"

/* Bits of the pixels that are not 0, of `width` columns from `first` on of ny rows of `stride` pixels: pixel n of a row
   in bit n % 64 of word n / 64. Also their lowest and highest value, 0 if there are none. */
void pack_words(const void *rows, int itemsize, ptrdiff_t ny, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t width,
                uint64_t *bits, int64_t *lowest, int64_t *highest);

/* Give `rows` rows of a grid, from row `first` of its down x across cells on, the nearest pixels of a mask of ny x nx,
   and flag those that are not sure. `x` and `y` are the positions of the corners of cells of `step` pixels a side,
   `bounds` how well they are known in each cell, infinite where they mean nothing. `values` are those of the set pixels,
   row by row, of which `starts` has the first of each row and `ranks` the first of each word, counted from there; if there
   are none, `constant` is the value of all. `out` is 0. Gives 0 if a position is not finite where its bound is, or a table
   points beyond the values. */
int sample_cells(const double *x, const double *y, const double *bounds, ptrdiff_t down, ptrdiff_t across, ptrdiff_t step,
                 const uint64_t *bits, const uint32_t *ranks, const int64_t *starts, const void *values, ptrdiff_t count,
                 int itemsize, int64_t constant, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t first, ptrdiff_t rows,
                 ptrdiff_t columns, void *out, uint8_t *unsure);

#endif
