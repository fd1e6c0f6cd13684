/* The pixels of an image as such: their bytes as they lie in a file, the highest of them and how many are valid. */
#include "pixels.h"

FOR_EACH_CPU static void swap32(const uint32_t *from, uint32_t *to, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++)
        to[i] = __builtin_bswap32(from[i]);
}

void swap_words(const uint32_t *source, uint32_t *target, ptrdiff_t n) { swap32(source, target, n); }

#define LANES 16

/* As many maxima and counts as a vector has lanes: a loop over one of each would not become vectors. */
FOR_EACH_CPU static int64_t survey(const float *values, ptrdiff_t n, float *highest)
{
    float lane[LANES];
    int64_t valid = 0;
    for (int k = 0; k < LANES; k++)
        lane[k] = -INFINITY;
    ptrdiff_t i = 0;
    while (n - i >= LANES) {
        int32_t counts[LANES] = {0};
        ptrdiff_t stop = n - i > 1 << 20 ? i + (1 << 20) : n;
        for (; stop - i >= LANES; i += LANES)
            for (int k = 0; k < LANES; k++) {
                float value = values[i + k];
                int32_t finite = is_valid(value);
                counts[k] += finite;
                value = finite ? value : -INFINITY;
                lane[k] = value > lane[k] ? value : lane[k];
            }
        for (int k = 0; k < LANES; k++)
            valid += counts[k];
    }
    for (; i < n; i++) {
        int finite = is_valid(values[i]);
        valid += finite;
        lane[0] = finite && values[i] > lane[0] ? values[i] : lane[0];
    }
    for (int k = 0; k < LANES; k++)
        *highest = lane[k] > *highest ? lane[k] : *highest;
    return valid;
}

int64_t highest_and_valid(const float *values, ptrdiff_t n, float *highest)
{
    *highest = -INFINITY;
    return survey(values, n, highest);
}
