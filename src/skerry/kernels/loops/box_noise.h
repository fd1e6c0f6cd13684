/* Rms and level of the pixels of boxes. */
#ifndef SKERRY_BOX_NOISE_H
#define SKERRY_BOX_NOISE_H

#include "native.h"

/* Rms and level of `count` boxes beside each other, each ny rows of `width` pixels but for the last one, which ends with
   the image; 0 if there is no memory. Pixels that are invalid, or `masked`, which may be NULL, are left out, and `used`
   says how many were not. A box with less than half of its pixels gets 0 for rms and level. Boxes that are not `asked`
   for, which may be NULL, keep all three. */
int measure_boxes(const float *image, const uint8_t *masked, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t width,
                  ptrdiff_t count, const uint8_t *asked, float *rms, float *level, int32_t *used);

#endif
