/* The pixels of an image as such: their bytes as they lie in a file, the highest of them and how many are valid. */
#include "pixels.h"

FOR_EACH_CPU static void swap32(const uint32_t *from, uint32_t *to, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++)
        to[i] = __builtin_bswap32(from[i]);
}

void swap_words(const uint32_t *source, uint32_t *target, ptrdiff_t n) { swap32(source, target, n); }

#define LANES 16

/* As many extremes and counts as a vector has lanes: a loop over one of each would not become vectors. */
FOR_EACH_CPU static int64_t survey(const float *values, ptrdiff_t n, float *highest, float *lowest)
{
    float high[LANES], low[LANES];
    int64_t valid = 0;
    for (int k = 0; k < LANES; k++) {
        high[k] = -INFINITY;
        low[k] = INFINITY;
    }
    ptrdiff_t i = 0;
    while (n - i >= LANES) {
        int32_t counts[LANES] = {0};
        ptrdiff_t stop = n - i > 1 << 20 ? i + (1 << 20) : n;
        for (; stop - i >= LANES; i += LANES)
            for (int k = 0; k < LANES; k++) {
                const float value = values[i + k];
                const int32_t finite = is_valid(value);
                counts[k] += finite;
                high[k] = finite & (value > high[k]) ? value : high[k];
                low[k] = finite & (value < low[k]) ? value : low[k];
            }
        for (int k = 0; k < LANES; k++)
            valid += counts[k];
    }
    for (; i < n; i++) {
        const int finite = is_valid(values[i]);
        valid += finite;
        high[0] = finite & (values[i] > high[0]) ? values[i] : high[0];
        low[0] = finite & (values[i] < low[0]) ? values[i] : low[0];
    }
    for (int k = 0; k < LANES; k++) {
        *highest = high[k] > *highest ? high[k] : *highest;
        *lowest = low[k] < *lowest ? low[k] : *lowest;
    }
    return valid;
}

int64_t extremes_and_valid(const float *values, ptrdiff_t n, float *highest, float *lowest)
{
    *highest = -INFINITY;
    *lowest = INFINITY;
    return survey(values, n, highest, lowest);
}
