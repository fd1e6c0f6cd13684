/* The pixels of an image as such. */
#ifndef SKERRY_PIXELS_H
#define SKERRY_PIXELS_H

#include "native.h"

/* Reverse the bytes of n 4-byte words; the two may be the same. */
void swap_words(const uint32_t *source, uint32_t *target, ptrdiff_t n);

/* The highest and the lowest of the valid values, minus infinity and infinity if there is none; gives their number. */
int64_t extremes_and_valid(const float *values, ptrdiff_t n, float *highest, float *lowest);

#endif
