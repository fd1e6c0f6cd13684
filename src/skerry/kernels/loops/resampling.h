/* An image on another grid by a bicubic spline, and what changes slowly over a grid, spread from nodes. */
#ifndef SKERRY_RESAMPLING_H
#define SKERRY_RESAMPLING_H

#include "native.h"

/* Values between nodes, every `half` pixels along both axes, by a parabola through the three nodes of each cell:
   `rows` rows from row `first` on, of `columns` pixels. `across` is the number of nodes in a row. Gives 0 if there is no
   memory. */
int spread_nodes(const double *nodes, ptrdiff_t across, ptrdiff_t half, ptrdiff_t first, ptrdiff_t rows,
                 ptrdiff_t columns, double *out);

/* start * ratio^u * change^(u (u - 1) / 2) at pixel u of each cell of `cell` pixels along a row. */
void spread_powers(const double *start, const double *ratio, const double *change, ptrdiff_t cells, ptrdiff_t cell,
                   ptrdiff_t rows, ptrdiff_t columns, double *out);

/* Coefficients of the bicubic B-spline through `width` columns, from column `first` on, of ny rows of `stride` pixels.
   Beyond its edges the image goes on with their values. Gives 0 if there is no memory. */
int spline_coefficients(const float *image, ptrdiff_t ny, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t width, float *out);

/* A part of an image of ny x nx pixels: `rows` x `columns` from row `top` and column `left` on, which may lie beyond it.
   `valid` and `weight` may be none. */
typedef struct {
    const float *coefficients;
    const uint8_t *valid;
    const float *weight;
    ptrdiff_t rows, columns, top, left, ny, nx;
} SplinePart;

/* Add what an image has at some positions to sums: value times weight times response, and weight times the square of
   the response, 1 where there is none. Left out are positions outside the image, those whose response is not above the
   cutoff, and those where invalid pixels have more than 1 % of the weight in bilinear interpolation. `count` gets the
   number of others. Gives 0 if a position lies beyond the part. */
int add_spline(const SplinePart *part, const double *x, const double *y, const double *response, double cutoff,
               ptrdiff_t rows, ptrdiff_t columns, float *total, float *sum, ptrdiff_t stride, int64_t *count);

#endif
