/* Erosion and dilation of rows of bits (runs.h) by a shape of any size. */
#ifndef SKERRY_EROSION_H
#define SKERRY_EROSION_H

#include "native.h"

/* Set in `out`, rows of bits from `start` up to `stop`, the pixels at which all chords lie on set pixels; 0 if there is
   no memory. A chord is its row and its first column, counted from the origin of the shape, and its length, above 0;
   they are tried in their order, so those at which most places fail come first. */
int erode_bits(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, const int32_t *triples, ptrdiff_t count,
               ptrdiff_t start, ptrdiff_t stop, uint8_t *out);

/* Set in `out`, rows of bits from `start` up to `stop`, the pixels of all chords round each set pixel. */
void dilate_bits(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, const int32_t *triples, ptrdiff_t count,
                 ptrdiff_t start, ptrdiff_t stop, uint8_t *out);

/* Set a bit of integers where a mask is set. */
void set_bit_8(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, int bit, uint8_t *out);
void set_bit_16(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, int bit, uint16_t *out);
void set_bit_32(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, int bit, uint32_t *out);

#endif
