/* Closing and opening of masks by boxes, at the edge of which an image neither gives nor takes. */
#ifndef SKERRY_SHAPES_H
#define SKERRY_SHAPES_H

#include "native.h"

/* Rows from `start` up to `stop` of the closing of ny rows by a box, or if `inverted` of their opening, which is the
   closing of what is not set; 0 if there is no memory. The box reaches `before` pixels ahead of a pixel and `after`
   behind it. */
int close_boxes(const uint8_t *pixels, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t before, ptrdiff_t after, int inverted,
                ptrdiff_t start, ptrdiff_t stop, uint8_t *out);

#endif
