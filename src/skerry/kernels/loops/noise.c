/* The signal image of a band: all in one loop, so that the time is that of memory. */
#include "noise.h"

FOR_EACH_CPU static void over_noise(const float *restrict image, const float *restrict rms, ptrdiff_t n,
                                    float *restrict signal)
{
    for (ptrdiff_t i = 0; i < n; i++)
        signal[i] = over_rms(image[i], rms[i]);
}

FOR_EACH_CPU static void excess_over_noise(const float *restrict image, const float *restrict bkg,
                                           const float *restrict rms, ptrdiff_t n, float *restrict signal)
{
    for (ptrdiff_t i = 0; i < n; i++)
        signal[i] = over_rms(image[i] - bkg[i], rms[i]);
}

void signal_to_noise(const float *image, const float *bkg, const float *rms, ptrdiff_t n, float *signal)
{
    if (bkg == NULL)
        over_noise(image, rms, n, signal);
    else
        excess_over_noise(image, bkg, rms, n, signal);
}
