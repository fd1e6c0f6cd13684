/* Rms and level of the pixels of boxes. */
#ifndef SKERRY_BOX_NOISE_H
#define SKERRY_BOX_NOISE_H

#include "native.h"

/* Rms and level of `count` boxes beside each other, each ny rows of `width` pixels but for the last one, which ends with
   the image; 0 if there is no memory. Pixels that are invalid, or `masked`, which may be NULL, are left out, and `used`
   says how many were not. A box that has as many as `known`, which may be NULL, keeps its rms and level; one with less
   than half of its pixels gets 0 for both. */
int measure_boxes(const float *image, const uint8_t *masked, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t width,
                  ptrdiff_t count, const int32_t *known, float *rms, float *level, int32_t *used);

#endif
