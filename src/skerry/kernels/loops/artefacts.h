/* Artefacts round bright sources: how deep the signal is in each ring and sector, and the level that follows.

   `places` are n rows and columns. `ring_of` has the ring of each squared distance in pixels, up to twice the square of
   the reach. */
#ifndef SKERRY_ARTEFACTS_H
#define SKERRY_ARTEFACTS_H

#include "native.h"

/* Depth of the deepest pixel of each sector and ring round each place; 0 where there is none. Of the pixels of ny rows
   `starts` has the first of each row, and how many there are; columns ascend in a row. */
void sector_depths(const int64_t *starts, ptrdiff_t ny, const int32_t *columns, const float *values,
                   const int64_t *places, ptrdiff_t n, const uint16_t *ring_of, ptrdiff_t reach, ptrdiff_t rings,
                   ptrdiff_t sectors, float *depth);

/* Raise a level to the depths, by place and ring, round places that may lie outside of it. */
void raise_rounds(float *level, ptrdiff_t ny, ptrdiff_t nx, const int64_t *places, ptrdiff_t n, const uint16_t *ring_of,
                  ptrdiff_t reach, ptrdiff_t rings, const float *depth);

#endif
