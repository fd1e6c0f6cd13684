/* Weighted means of the pixels around, by Gaussians along columns and rows. Everything is one sum, of some rows with
   weights, one after the other: so no result depends on how an image is cut, and the loops run along contiguous
   pixels. Weights add up to exactly 1 in that order, hence so does the weight of pixels that are all valid, and it
   need not be computed. */
#include "smoothing.h"

#define LANES 32
#define TOGETHER 16
#define BLOCK 256          /* columns for which it is asked at once whether all weights are 1 */
#define STRIP 128          /* rows whose sums along columns stay in a cache until those along rows are made */
#define WINDOW_FLOATS 49152 /* of the rows that are summed over: they stay in the cache of a core */

typedef float Lane __attribute__((vector_size(32)));

/* out = sum over t of weights[t] * rows[t][offset : offset + n], added up a few at a time: so that what is lost to
   rounding does not grow with their number. */
FOR_EACH_CPU static void weighted_sum(float *restrict out, const float *const *rows, ptrdiff_t offset,
                                      const float *weights, ptrdiff_t count, ptrdiff_t n)
{
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        Lane sum[LANES / 8] = {{0}};
        for (ptrdiff_t first = 0; first < count; first += TOGETHER) {
            ptrdiff_t last = first + TOGETHER < count ? first + TOGETHER : count;
            Lane a = {0}, b = {0}, c = {0}, d = {0}, pixels;
            for (ptrdiff_t t = first; t < last; t++) {
                const float *row = rows[t] + offset + i;
                Lane weight = weights[t] - (Lane){0};
                memcpy(&pixels, row, sizeof pixels);
                a += weight * pixels;
                memcpy(&pixels, row + 8, sizeof pixels);
                b += weight * pixels;
                memcpy(&pixels, row + 16, sizeof pixels);
                c += weight * pixels;
                memcpy(&pixels, row + 24, sizeof pixels);
                d += weight * pixels;
            }
            sum[0] += a;
            sum[1] += b;
            sum[2] += c;
            sum[3] += d;
        }
        memcpy(out + i, sum, sizeof sum);
    }
    for (; i < n; i++) {
        float sum = 0;
        for (ptrdiff_t first = 0; first < count; first += TOGETHER) {
            ptrdiff_t last = first + TOGETHER < count ? first + TOGETHER : count;
            float part = 0;
            for (ptrdiff_t t = first; t < last; t++)
                part += weights[t] * rows[t][offset + i];
            sum += part;
        }
        out[i] = sum;
    }
}

/* Valid pixels as they are, with weight 1, and invalid ones as 0; returns whether any is invalid. */
FOR_EACH_CPU static int take_valid(const float *restrict from, float *restrict to, float *restrict weight, ptrdiff_t n)
{
    uint32_t invalid = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        uint32_t bits, one = 0x3f800000u;
        memcpy(&bits, from + i, 4);
        uint32_t keep = (bits & 0x7f800000u) == 0x7f800000u ? 0 : 0xffffffffu;
        invalid |= ~keep;
        bits &= keep;
        one &= keep;
        memcpy(to + i, &bits, 4);
        memcpy(weight + i, &one, 4);
    }
    return invalid != 0;
}

FOR_EACH_CPU static void divide_valid(float *restrict values, const float *restrict weight, const float *restrict image,
                                      ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, image + i, 4);
        float mean = values[i] / weight[i];
        values[i] = (bits & 0x7f800000u) == 0x7f800000u ? NAN : mean;
    }
}

FOR_EACH_CPU static int all_one(const float *values, ptrdiff_t n)
{
    uint32_t differ = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, 4);
        differ |= bits ^ 0x3f800000u;
    }
    return differ == 0;
}

FOR_EACH_CPU static int all_valid(const float *values, ptrdiff_t n)
{
    int invalid = 0;
    for (ptrdiff_t i = 0; i < n; i++)
        invalid |= !is_valid(values[i]);
    return !invalid;
}

FOR_EACH_CPU static void fill_one(float *values, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++)
        values[i] = 1;
}

/* Rows of an image: those from `first` up to `first` + `rows` of `ny`, each of `nx` pixels. */
typedef struct {
    const float *pixels;
    ptrdiff_t first, rows, ny, nx;
} Band;

/* Whether rows from `top` up to `bottom` all lie in the image, and have valid pixels alone. */
static int is_clean(const Band *band, ptrdiff_t top, ptrdiff_t bottom)
{
    return top >= 0 && bottom <= band->ny &&
           all_valid(band->pixels + (top - band->first) * band->nx, (bottom - top) * band->nx);
}

/* Sums along columns, centred on the rows (from + j) * step, which may lie beyond the image: values and weights. Rows
   of the image within `radius` of these are in the band; if all are clean, the weights, all 1, are left out. Returns 0
   without memory. */
static int along_columns(const Band *band, const float *taps, ptrdiff_t radius, ptrdiff_t step, ptrdiff_t from,
                         ptrdiff_t count, int clean, float *out, float *out_weight)
{
    ptrdiff_t window = 2 * radius + 1, nx = band->nx, width = WINDOW_FLOATS / window / LANES * LANES;
    width = width < 2 * LANES ? 2 * LANES : width > 1024 ? 1024 : width;
    width = width < nx ? width : (nx + LANES - 1) / LANES * LANES;
    ptrdiff_t stride = width + 16; /* not a power of two: rows of the window share no place in the cache */
    float *space = calloc((size_t)(2 * window + 2) * stride, sizeof(float));
    const float **rows = malloc(2 * window * sizeof *rows);
    char *dirty = malloc(window);
    int enough = space && rows && dirty;
    float *nothing = space, *ring = enough ? space + 2 * stride : NULL;
    for (ptrdiff_t x = 0; enough && x < nx; x += width) {
        ptrdiff_t n = nx - x < width ? nx - x : width, next = 0;
        for (ptrdiff_t j = 0; j < count; j++) {
            ptrdiff_t top = (from + j) * step - radius, bottom = top + window;
            if (next < top)
                next = top;
            for (; next < bottom; next++)
                if (next >= 0 && next < band->ny) {
                    const float *pixels = band->pixels + (next - band->first) * nx + x;
                    float *at = ring + 2 * (next % window) * stride;
                    if (clean)
                        memcpy(at, pixels, n * sizeof(float));
                    dirty[next % window] = (char)(!clean && take_valid(pixels, at, at + stride, n));
                }
            int any = top < 0 || bottom > band->ny;
            for (ptrdiff_t t = 0; t < window; t++) {
                ptrdiff_t y = top + t;
                int inside = y >= 0 && y < band->ny;
                rows[t] = inside ? ring + 2 * (y % window) * stride : nothing;
                rows[window + t] = inside ? rows[t] + stride : nothing;
                any |= inside && dirty[y % window];
            }
            weighted_sum(out + j * nx + x, rows, 0, taps, window, n);
            if (any)
                weighted_sum(out_weight + j * nx + x, rows + window, 0, taps, window, n);
            else if (!clean)
                fill_one(out_weight + j * nx + x, n);
        }
    }
    free(space);
    free(rows);
    free(dirty);
    return enough;
}

/* Smooth the rows (from + j) * step of a band. */
static int smooth_band(const Band *band, const float *taps, ptrdiff_t radius, ptrdiff_t step, ptrdiff_t from,
                       ptrdiff_t count, float *out)
{
    ptrdiff_t nx = band->nx, window = 2 * radius + 1, padded = nx + 2 * radius;
    ptrdiff_t strip = count < STRIP ? count : STRIP;
    float *weight = malloc((size_t)strip * nx * sizeof(float) + 1);
    float *around = calloc(2 * padded, sizeof(float));
    const float **rows = malloc(2 * window * sizeof *rows);
    int enough = weight && around && rows, clean = 0;
    for (ptrdiff_t t = 0; enough && t < window; t++) {
        rows[t] = around + t;
        rows[window + t] = around + padded + t;
    }
    for (ptrdiff_t j = 0; enough && j < count; j++) {
        if (j % STRIP == 0) {
            ptrdiff_t now = count - j < STRIP ? count - j : STRIP;
            clean = is_clean(band, (from + j) * step - radius, (from + j + now - 1) * step + radius + 1);
            enough = along_columns(band, taps, radius, step, from + j, now, clean, out + j * nx, weight);
            if (!enough)
                break;
            if (clean)
                fill_one(around + padded + radius, nx);
        }
        float *row = out + j * nx, *row_weight = weight + j % STRIP * nx;
        memcpy(around + radius, row, nx * sizeof(float));
        if (!clean)
            memcpy(around + padded + radius, row_weight, nx * sizeof(float));
        weighted_sum(row, rows, 0, taps, window, nx);
        for (ptrdiff_t x = 0; x < nx; x += BLOCK) {
            ptrdiff_t n = nx - x < BLOCK ? nx - x : BLOCK;
            if (clean && x >= radius && x + n + radius <= nx)
                continue; /* All weights are 1. */
            if (!clean && all_one(around + padded + x, n + 2 * radius))
                fill_one(row_weight + x, n);
            else
                weighted_sum(row_weight + x, rows + window, x, taps, window, n);
            divide_valid(row + x, row_weight + x, band->pixels + ((from + j) * step - band->first) * nx + x, n);
        }
    }
    free(weight);
    free(around);
    free(rows);
    return enough;
}

/* Sums along rows of `nx`, centred on the columns (k - pad) * step for k < mx. `space` holds `mx * step + window + step`
   zeros. */
static void along_row(const float *row, ptrdiff_t nx, const float *taps, ptrdiff_t radius, ptrdiff_t step,
                      ptrdiff_t pad, ptrdiff_t mx, float *space, const float **rows, float *out)
{
    /* Every `step`-th pixel together: then the sums run along contiguous ones. */
    ptrdiff_t window = 2 * radius + 1, length = mx + window / step + 1, ahead = pad * step + radius;
    for (ptrdiff_t phase = 0; phase < step; phase++) {
        float *part = space + phase * length;
        ptrdiff_t i = ahead > phase ? (ahead - phase + step - 1) / step : 0;
        for (ptrdiff_t x = i * step + phase - ahead; x < nx && i < length; x += step, i++)
            part[i] = row[x];
    }
    for (ptrdiff_t t = 0; t < window; t++)
        rows[t] = space + t % step * length + t / step;
    weighted_sum(out, rows, 0, taps, window, mx);
}

/* Coarse values and weights at ((from + j) * step, (k - pad) * step): `count` rows of `mx`. */
static int shrink_band(const Band *band, const float *taps, ptrdiff_t radius, ptrdiff_t step, ptrdiff_t pad,
                       ptrdiff_t from, ptrdiff_t count, ptrdiff_t mx, float *out, float *out_weight)
{
    ptrdiff_t nx = band->nx, window = 2 * radius + 1;
    float *values = malloc((size_t)2 * count * nx * sizeof(float) + 1);
    float *weight = values ? values + count * nx : NULL;
    float *space = calloc((mx + window / step + 1) * step, sizeof(float));
    const float **rows = malloc(window * sizeof *rows);
    int enough = values && space && rows && along_columns(band, taps, radius, step, from, count, 0, values, weight);
    for (ptrdiff_t j = 0; enough && j < count; j++) {
        float *row = weight + j * nx;
        along_row(values + j * nx, nx, taps, radius, step, pad, mx, space, rows, out + j * mx);
        if (j > 0 && memcmp(row - nx, row, nx * sizeof(float)) == 0)
            memcpy(out_weight + j * mx, out_weight + (j - 1) * mx, mx * sizeof(float));
        else
            along_row(row, nx, taps, radius, step, pad, mx, space, rows, out_weight + j * mx);
    }
    free(values);
    free(space);
    free(rows);
    return enough;
}

/* Values between those of a coarse row: `taps` has `count` weights for each of `step` places in an interval. */
static void along_coarse_row(const float *row, const float *taps, ptrdiff_t count, ptrdiff_t step, ptrdiff_t nx,
                             float *space, const float **rows, float *out)
{
    for (ptrdiff_t t = 0; t < count; t++)
        rows[t] = row + t;
    for (ptrdiff_t phase = 0; phase < step && phase < nx; phase++) {
        ptrdiff_t n = (nx - 1 - phase) / step + 1;
        weighted_sum(space, rows, 0, taps + phase * count, count, n);
        for (ptrdiff_t i = 0; i < n; i++)
            out[i * step + phase] = space[i];
    }
}

/* Coarse rows of a band: `rows` rows of `mx`, the first of which is needed for interval `first` of the image's rows. */
typedef struct {
    const float *values, *weight;
    ptrdiff_t first, rows, mx;
} Coarse;

/* The rows start, start + every, ... before stop, each divided by its weight, NaN where that of `image` is invalid. */
static int spread_band(const Coarse *coarse, const float *taps, ptrdiff_t count, ptrdiff_t step, ptrdiff_t start,
                       ptrdiff_t stop, ptrdiff_t every, const float *image, ptrdiff_t nx, float *out)
{
    ptrdiff_t blocks = (nx + BLOCK - 1) / BLOCK, size = coarse->rows * nx;
    float *wide = malloc((size_t)2 * size * sizeof(float) + 1);
    float *wide_weight = wide ? wide + size : NULL;
    float *space = malloc((nx / step + 1 + BLOCK) * sizeof(float));
    const float **rows = malloc(2 * count * sizeof *rows);
    char *plain = malloc(coarse->rows * blocks + 1);
    int enough = wide && space && rows && plain;
    for (ptrdiff_t j = 0; enough && j < coarse->rows; j++) {
        const float *row = coarse->weight + j * coarse->mx;
        along_coarse_row(coarse->values + j * coarse->mx, taps, count, step, nx, space, rows, wide + j * nx);
        if (j > 0 && memcmp(row - coarse->mx, row, coarse->mx * sizeof(float)) == 0)
            memcpy(wide_weight + j * nx, wide_weight + (j - 1) * nx, nx * sizeof(float));
        else
            along_coarse_row(row, taps, count, step, nx, space, rows, wide_weight + j * nx);
        for (ptrdiff_t b = 0; b < blocks; b++) {
            ptrdiff_t x = b * BLOCK, n = nx - x < BLOCK ? nx - x : BLOCK;
            plain[j * blocks + b] = (char)all_one(wide_weight + j * nx + x, n);
        }
    }
    for (ptrdiff_t y0 = start; enough && y0 < stop;) {
        /* All rows of an interval, block by block: they are sums of the same coarse rows. */
        ptrdiff_t interval = y0 / step, top = interval - coarse->first, end = (interval + 1) * step;
        for (ptrdiff_t t = 0; t < count; t++) {
            rows[t] = wide + (top + t) * nx;
            rows[count + t] = wide_weight + (top + t) * nx;
        }
        end = end < stop ? end : stop;
        for (ptrdiff_t b = 0; b < blocks; b++) {
            ptrdiff_t x = b * BLOCK, n = nx - x < BLOCK ? nx - x : BLOCK;
            int all = 1;
            for (ptrdiff_t t = 0; t < count; t++)
                all &= plain[(top + t) * blocks + b];
            float *weight = space;
            if (all)
                fill_one(weight, n);
            for (ptrdiff_t y = y0; y < end; y += every) {
                ptrdiff_t at = (y - start) / every * nx + x;
                weighted_sum(out + at, rows, x, taps + y % step * count, count, n);
                if (!all)
                    weighted_sum(weight, rows + count, x, taps + y % step * count, count, n);
                divide_valid(out + at, weight, image + at, n);
            }
        }
        y0 += (end - y0 + every - 1) / every * every;
    }
    free(wide);
    free(space);
    free(rows);
    free(plain);
    return enough;
}

int smooth_rows(const float *pixels, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t ny, ptrdiff_t nx, const float *taps,
                ptrdiff_t radius, ptrdiff_t step, ptrdiff_t from, ptrdiff_t count, float *out)
{
    const Band band = {pixels, first, rows, ny, nx};
    return smooth_band(&band, taps, radius, step, from, count, out);
}

int shrink_rows(const float *pixels, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t ny, ptrdiff_t nx, const float *taps,
                ptrdiff_t radius, ptrdiff_t step, ptrdiff_t pad, ptrdiff_t from, ptrdiff_t count, ptrdiff_t mx, float *out,
                float *out_weight)
{
    const Band band = {pixels, first, rows, ny, nx};
    return shrink_band(&band, taps, radius, step, pad, from, count, mx, out, out_weight);
}

int spread_rows(const float *values, const float *weight, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t mx,
                const float *taps, ptrdiff_t count, ptrdiff_t step, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t every,
                const float *image, ptrdiff_t nx, float *out)
{
    const Coarse coarse = {values, weight, first, rows, mx};
    return spread_band(&coarse, taps, count, step, start, stop, every, image, nx, out);
}
