/* The signal image of a band: all in one loop, so that the time is that of memory. */
#ifndef SKERRY_NOISE_H
#define SKERRY_NOISE_H

#include "native.h"

/* Invalid where the result is not finite: then so is one of the two, or the rms 0; NaN compares false throughout. */
static inline float over_rms(float excess, float rms)
{
    const float value = excess / rms;
    return (rms > 0) & (rms <= FLT_MAX) & is_valid(value) ? value : NAN;
}

/* (image - bkg) / rms, NaN where it is not finite or the rms not positive; `bkg` may be NULL. */
void signal_to_noise(const float *image, const float *bkg, const float *rms, ptrdiff_t n, float *signal);

#endif
