/* Cells of CELL x CELL pixels: how many of each are positive, and what that says of boxes round their pixels. */
#ifndef SKERRY_CELLS_H
#define SKERRY_CELLS_H

#include "native.h"

#define CELL 4

/* Positive pixels and valid ones of the cells of n rows of nx pixels, the first of which begins a cell; cells are cut at
   the last row and column. 0 if there is no memory. */
int count_in_cells(const float *rows, ptrdiff_t n, ptrdiff_t nx, uint8_t *positive, uint8_t *valid);

/* Whether the boxes of a cell's pixels have more than a fraction, from 0 to 1, of their valid pixels positive: 0 where none
   has, 2 where all have, and 1 where that is not sure. It is an image of ny x nx pixels, and the boxes are those of
   boxes.h; of `rows` rows of cells from `first` on. 0 if there is no memory. */
int skew_of_cells(const uint8_t *positive, const uint8_t *valid, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t first,
                  ptrdiff_t rows, ptrdiff_t before, ptrdiff_t after, double fraction, uint8_t *target);

#endif
