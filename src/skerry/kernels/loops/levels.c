/* Pixels compared with a level of their own, and with their neighbours. */
#include "levels.h"

#define PIECE 64

FOR_EACH_CPU static void exceeds_of(const float *restrict image, const float *restrict level, uint8_t *restrict target,
                                    ptrdiff_t n, float factor)
{
    for (ptrdiff_t i = 0; i < n; i++)
        target[i] = (image[i] > factor * level[i]) & is_valid(image[i]);
}

FOR_EACH_CPU static void marks_of(const float *restrict image, const float *restrict level, uint8_t *restrict target,
                                  ptrdiff_t n, float seed, float floor)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        const int in_floor = (image[i] > floor * level[i]) & is_valid(image[i]);
        target[i] = in_floor + ((in_floor & (image[i] > seed * level[i])) << 1);
    }
}

FOR_EACH_CPU static void signal_marks_of(const float *restrict signal, ptrdiff_t n, float seed, float flood,
                                         uint8_t *restrict marks)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        int32_t floor = (signal[i] > flood) & (signal[i] <= FLT_MAX);
        int32_t seeded = signal[i] >= seed;
        marks[i] = (uint8_t)(floor + 2 * (floor & seeded));
    }
}

FOR_EACH_CPU static void smoothed_marks_of(const float *restrict smooth, const float *restrict minimum,
                                           const float *restrict signal, ptrdiff_t n, float unit, float flood_factor,
                                           float flood_clip, float pixel_clip, float seed_factor, float seed_clip,
                                           uint8_t *restrict marks)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        const float depth = -minimum[i], level = (depth > 0 ? depth : 0) / unit;
        const int valid = is_valid(smooth[i]), bright = signal[i] <= FLT_MAX;
        const int floor = valid & (smooth[i] > flood_factor * level) & (smooth[i] > flood_clip) & bright &
                          (signal[i] > pixel_clip);
        const int seed = valid & (smooth[i] > seed_factor * level) & (smooth[i] >= seed_clip);
        marks[i] = (uint8_t)(floor | seed << 1 | (bright & (signal[i] >= seed_clip)) << 2);
    }
}

/* Whether pixels differ by no more than a limit, or the other one is invalid. */
static inline int may_be_alike(float one, float other, float limit)
{
    return !(fabsf(one - other) > limit) | !is_valid(other);
}

/* Whether a pixel of a row may be flat: a valid one that is like the next one and the one below. */
FOR_EACH_CPU static int may_be_flat(const float *restrict row, const float *restrict below, ptrdiff_t n, float limit)
{
    int found = 0;
    for (ptrdiff_t x = 0; x < n; x++)
        found |= is_valid(row[x]) & may_be_alike(row[x], row[x + 1], limit) & may_be_alike(row[x], below[x], limit);
    return found;
}

/* Flat pixels from column x to stop; rows above and below that are not there are the row itself. Returns their number. */
FOR_EACH_CPU static int32_t flat_pixels(const float *above, const float *row, const float *below, uint8_t *target,
                                        ptrdiff_t x, ptrdiff_t stop, ptrdiff_t nx, float limit)
{
    float lows[PIECE + 2], highs[PIECE + 2];
    const ptrdiff_t first = x - 1;
    int32_t count = 0;
    for (ptrdiff_t i = 0; i < stop - x + 2; i++) {
        const ptrdiff_t column = first + i < 0 ? 0 : first + i < nx ? first + i : nx - 1;
        const float three[3] = {above[column], row[column], below[column]};
        lows[i] = highs[i] = INFINITY;
        for (int k = 0; k < 3; k++) {
            lows[i] = least(is_valid(three[k]) ? three[k] : INFINITY, lows[i]);
            highs[i] = least(is_valid(three[k]) ? -three[k] : INFINITY, highs[i]);
        }
    }
    for (ptrdiff_t i = 0; i < stop - x; i++) {
        const float low = least(least(lows[i], lows[i + 1]), lows[i + 2]);
        const float high = -least(least(highs[i], highs[i + 1]), highs[i + 2]);
        target[x + i] = (high - low <= limit) & is_valid(row[x + i]);
        count += target[x + i];
    }
    return count;
}

/* Noise is flat nowhere: most pieces of a row are told by the next pixels and those below. */
ptrdiff_t flat_rows(const float *source, ptrdiff_t n, ptrdiff_t nx, ptrdiff_t first, ptrdiff_t rows, float limit,
                    uint8_t *target)
{
    ptrdiff_t count = 0;
    for (ptrdiff_t y = first; y < first + rows; y++, target += nx) {
        const float *row = source + y * nx, *above = y > 0 ? row - nx : row, *below = y + 1 < n ? row + nx : row;
        memset(target, 0, nx);
        for (ptrdiff_t x = 0; x < nx; x += PIECE) {
            const ptrdiff_t stop = x + PIECE < nx ? x + PIECE : nx;
            /* The last pixel has no next one. */
            if ((stop == nx && is_valid(row[nx - 1])) || may_be_flat(row + x, below + x, stop - x - (stop == nx), limit))
                count += flat_pixels(above, row, below, target, x, stop, nx, limit);
        }
    }
    return count;
}

void above_level(const float *image, const float *level, ptrdiff_t n, float factor, uint8_t *target)
{
    exceeds_of(image, level, target, n, factor);
}

void marks_above_level(const float *image, const float *level, ptrdiff_t n, float seed, float floor, uint8_t *marks)
{
    marks_of(image, level, marks, n, seed, floor);
}

void signal_marks(const float *signal, ptrdiff_t n, float seed, float flood, uint8_t *marks)
{
    signal_marks_of(signal, n, seed, flood, marks);
}

void smoothed_marks(const float *smooth, const float *minimum, const float *signal, ptrdiff_t n, float unit,
                    float flood_factor, float flood_clip, float pixel_clip, float seed_factor, float seed_clip,
                    uint8_t *marks)
{
    smoothed_marks_of(smooth, minimum, signal, n, unit, flood_factor, flood_clip, pixel_clip, seed_factor, seed_clip,
                      marks);
}
