/* Weighted means of the valid pixels around, by Gaussians. All give 0 if there is no memory.

   A band holds rows of an image of ny x nx pixels: `rows` of them from row `first` on, with all that are within the radius
   of those that results are centred on. `taps` has the 2 * radius + 1 weights. */
#ifndef SKERRY_SMOOTHING_H
#define SKERRY_SMOOTHING_H

#include "native.h"

/* The rows (from + j) * step of the smoothed image, for j < count. */
int smooth_rows(const float *pixels, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t ny, ptrdiff_t nx, const float *taps,
                ptrdiff_t radius, ptrdiff_t step, ptrdiff_t from, ptrdiff_t count, float *out);

/* Weighted sums, and sums of weights, round the points ((from + j) * step, (k - pad) * step) of a coarse grid, which may
   lie beyond the image: `count` rows of `mx`. */
int shrink_rows(const float *pixels, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t ny, ptrdiff_t nx, const float *taps,
                ptrdiff_t radius, ptrdiff_t step, ptrdiff_t pad, ptrdiff_t from, ptrdiff_t count, ptrdiff_t mx,
                float *out, float *out_weight);

/* Rows start, start + every, ... before `stop` of weighted means from coarse sums: `rows` rows of `mx`, the first of which
   is needed for the interval `first` of the image's rows. `taps` has `count` weights for each of `step` places in an
   interval; `image` and `out` hold the rows that are asked for, and where the image is invalid the result is NaN. */
int spread_rows(const float *values, const float *weight, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t mx,
                const float *taps, ptrdiff_t count, ptrdiff_t step, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t every,
                const float *image, ptrdiff_t nx, float *out);

#endif
