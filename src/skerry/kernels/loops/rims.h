/* Pixels of a mask near bright ones that do not stand above the artefacts there. */
#ifndef SKERRY_RIMS_H
#define SKERRY_RIMS_H

#include "native.h"

/* What is bright, how far its artefacts reach, and what stands above them. */
typedef struct {
    float clip, factor;
    ptrdiff_t reach;
    const float *taps; /* weights of a Gaussian along an axis, 2 * radius + 1; NULL if nothing is smoothed */
    ptrdiff_t radius;
    float least; /* of all weight, on pixels that count */
    float smooth_factor;
} Rims;

/* Unset those of the pixels of a mask, `kept`, which are 0 or 1, in `rows` rows of nx from row `first` on of a band of n:
   the band holds all rows of the image that decide about them. Returns 0 without memory. */
int without_rims(const float *signal, ptrdiff_t n, ptrdiff_t nx, ptrdiff_t first, ptrdiff_t rows, const Rims *rims,
                 uint8_t *kept);

#endif
