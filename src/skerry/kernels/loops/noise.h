/* The signal image of a band: all in one loop, so that the time is that of memory. */
#ifndef SKERRY_NOISE_H
#define SKERRY_NOISE_H

#include "native.h"

/* (image - bkg) / rms, NaN where it is not finite or the rms not positive; `bkg` may be NULL. */
void signal_to_noise(const float *image, const float *bkg, const float *rms, ptrdiff_t n, float *signal);

#endif
