/* Statistics of the box round every pixel of some rows of a band.

   A band is n rows of nx pixels, `stride` from row to row, nx where none is named; the results are for `rows` rows from
   `first` on, and the band holds all rows that their boxes reach. A box reaches `before` pixels ahead of its pixel and
   `after` behind it, and is cut at the band. All give 0 if there is no memory. */
#ifndef SKERRY_BOXES_H
#define SKERRY_BOXES_H

#include "native.h"

/* Minimum or maximum of the valid pixels. */
int box_extremum(const float *source, ptrdiff_t n, ptrdiff_t nx, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t rows,
                 ptrdiff_t before, ptrdiff_t after, int maximum, float *target);

/* Whether more than a fraction, from 0 to 1, of the valid pixels are positive. */
int box_skewed(const float *source, ptrdiff_t n, ptrdiff_t nx, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t rows,
               ptrdiff_t before, ptrdiff_t after, double fraction, uint8_t *target);

/* The lowest valid pixel of the box round each of n places, rows and columns of ny x nx pixels; infinite if there is
   none. Quickest in raster order, for boxes of neighbours have most pixels in common. */
int box_minimum_at(const float *source, ptrdiff_t ny, ptrdiff_t nx, const int64_t *places, ptrdiff_t n, ptrdiff_t before,
                   ptrdiff_t after, float *target);

#endif
