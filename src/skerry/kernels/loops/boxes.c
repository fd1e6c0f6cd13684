/* Statistics of the box round every pixel, in a time that hardly depends on the box. */
#include "boxes.h"

#define SUFFIX_BYTES (1 << 18)
#define LEAST_STRIP 64
#define WIDEST_STRIP 2048
#define TILE 2048
#define SHARED 64 /* columns from the first to the last of places whose boxes are looked at together */

typedef struct {
    const float *source;
    ptrdiff_t n, nx, stride, first, rows, before, after, left, right;
} Band;

static inline ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static inline ptrdiff_t larger(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }

/* A band of which boxes reach no further than they meet pixels. */
static Band cut(const float *source, ptrdiff_t n, ptrdiff_t nx, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t rows,
                ptrdiff_t before, ptrdiff_t after)
{
    return (Band){.source = source,
                  .n = n,
                  .nx = nx,
                  .stride = stride,
                  .first = first,
                  .rows = rows,
                  .before = smaller(before, n),
                  .after = smaller(after, n),
                  .left = smaller(before, nx),
                  .right = smaller(after, nx)};
}

/* The value that the minimum is taken of. */
static inline float judged(float value, float sign) { return is_valid(value) ? sign * value : INFINITY; }

static void fill(float *values, ptrdiff_t n, float value)
{
    for (ptrdiff_t i = 0; i < n; i++)
        values[i] = value;
}

FOR_EACH_CPU static void join(const float *row, const float *known, float *joined, ptrdiff_t n, float sign)
{
#pragma GCC ivdep
    for (ptrdiff_t x = 0; x < n; x++)
        joined[x] = least(judged(row[x], sign), known[x]);
}

FOR_EACH_CPU static void join_both(const float *restrict row, float *restrict front, const float *restrict suffix,
                                   float *restrict out, ptrdiff_t n, float sign)
{
    for (ptrdiff_t x = 0; x < n; x++) {
        front[x] = least(judged(row[x], sign), front[x]);
        out[x] = least(front[x], suffix[x]);
    }
}

/* Minima down a strip of columns for up to one window of rows (van Herk 1992; Gil and Werman 1993): all their windows
   share a row, and each is what is left of it ahead of that row and what there is behind it. */
static void down_strip(const Band *band, ptrdiff_t out, ptrdiff_t count, ptrdiff_t left, ptrdiff_t width,
                       float *suffix, float *front, float *target, float sign)
{
    const ptrdiff_t window = band->before + band->after + 1, top = band->first + out - band->before;
    const float *source = band->source + left, *known = front;
    fill(front, width, INFINITY);
    for (ptrdiff_t i = window - 1; i >= 0; i--) {
        const ptrdiff_t y = top + i;
        float *joined = i < count ? suffix + i * width : front;
        if (y >= 0 && y < band->n)
            join(source + y * band->stride, known, joined, width, sign);
        else if (joined != known)
            memcpy(joined, known, width * sizeof(float));
        known = joined;
    }
    fill(front, width, INFINITY);
    for (ptrdiff_t i = 0; i < count; i++) {
        const ptrdiff_t y = top + window + i - 1;
        float *to = target + (out + i) * band->nx + left;
        if (i > 0 && y < band->n)
            join_both(source + y * band->stride, front, suffix + i * width, to, width, sign);
        else
            for (ptrdiff_t x = 0; x < width; x++)
                to[x] = least(front[x], suffix[i * width + x]);
    }
}

/* Adding 0 leaves one kind of zero, for which of them a minimum meets first depends on how the image is cut. */
FOR_EACH_CPU static void join_four(const float *restrict from, float *restrict to, ptrdiff_t n, ptrdiff_t a,
                                   ptrdiff_t b, ptrdiff_t c, float sign)
{
    for (ptrdiff_t x = 0; x < n; x++)
        to[x] = sign * least(least(from[x], from[x + a]), least(from[x + b], from[x + c])) + 0.0f;
}

/* Minima along n pixels: from windows of s to those of 4 s, as long as the window holds them. */
static void along(const float *line, ptrdiff_t n, ptrdiff_t window, float *one, float *other, float *target,
                  float sign)
{
    ptrdiff_t s = 1, length = n + window - 1;
    const float *from = line;
    for (; 4 * s <= window; s *= 4) {
        float *to = from == one ? other : one;
        length -= 3 * s;
        join_four(from, to, length, s, 2 * s, 3 * s, 1.0f);
        from = to;
    }
    const ptrdiff_t last = window - s;
    join_four(from, target, n, smaller(s, last), smaller(2 * s, last), last, sign);
}

static int extremum_of(const Band *band, float *target, float sign)
{
    const ptrdiff_t nx = band->nx, window = band->before + band->after + 1;
    const ptrdiff_t left = band->left, right = band->right, across = left + right + 1;
    const ptrdiff_t block = smaller(window, band->rows);
    if (nx == 0 || block == 0)
        return 1;
    ptrdiff_t strip = larger(SUFFIX_BYTES / (ptrdiff_t)sizeof(float) / block / 16 * 16, LEAST_STRIP);
    strip = smaller(smaller(strip, WIDEST_STRIP), nx);
    float *suffix = malloc((block + 1) * strip * sizeof(float));
    float *line = malloc((nx + across + 2 * (TILE + across)) * sizeof(float));
    if (suffix && line) {
        float *front = suffix + block * strip, *one = line + nx + across, *other = one + TILE + across;
        fill(line, left, INFINITY);
        fill(line + left + nx, right, INFINITY);
        for (ptrdiff_t out = 0; out < band->rows; out += block) {
            const ptrdiff_t count = smaller(block, band->rows - out);
            for (ptrdiff_t x = 0; x < nx; x += strip)
                down_strip(band, out, count, x, smaller(strip, nx - x), suffix, front, target, sign);
            for (ptrdiff_t y = out; y < out + count; y++) {
                float *row = target + y * nx;
                memcpy(line + left, row, nx * sizeof(float));
                for (ptrdiff_t x = 0; x < nx; x += TILE)
                    along(line + x, smaller(TILE, nx - x), across, one, other, row + x, sign);
            }
        }
    }
    const int done = suffix && line;
    free(suffix);
    free(line);
    return done;
}

static inline int is_positive(float value) { return (value > 0) & (value <= FLT_MAX); }

/* Count the positive pixels of columns anew as a row comes in and one goes out; returns the invalid ones of the former. */
FOR_EACH_CPU static int32_t count_positive(const float *restrict in, const float *restrict out,
                                           int32_t *restrict positive, ptrdiff_t n)
{
    int32_t invalid = 0;
    for (ptrdiff_t x = 0; x < n; x++) {
        positive[x] += is_positive(in[x]) - is_positive(out[x]);
        invalid += !is_valid(in[x]);
    }
    return invalid;
}

FOR_EACH_CPU static void count_invalid(const float *restrict row, int32_t *restrict invalid, ptrdiff_t n, int32_t step)
{
    for (ptrdiff_t x = 0; x < n; x++)
        invalid[x] += is_valid(row[x]) ? 0 : step;
}

/* Sums of boxes, and the limits that they are compared with, by numbers that hold the pixels of a box:

   - sums[left + 1 + x] = the sum up to values[x], which may run over; the sums of a box differ by it, beyond the ends of
     the row too;
   - limit[x] = a fraction of the valid pixels of a box, of its height and widths[x];
   - whether the sum of a box exceeds its limit. */
#define OF_BOXES(bits)                                                                                                 \
    static void running_sums_##bits(const int32_t *values, ptrdiff_t n, ptrdiff_t left, ptrdiff_t right, void *to)     \
    {                                                                                                                  \
        uint##bits##_t *sums = to, sum = 0;                                                                            \
        memset(sums, 0, (size_t)(left + 1) * sizeof *sums);                                                            \
        for (ptrdiff_t x = 0; x < n; x++)                                                                              \
            sums[left + 1 + x] = sum += (uint##bits##_t)values[x];                                                     \
        for (ptrdiff_t x = n; x < n + right; x++)                                                                      \
            sums[left + 1 + x] = sum;                                                                                  \
    }                                                                                                                  \
    FOR_EACH_CPU static void limit_of_##bits(const int32_t *restrict widths, const void *restrict bad,                 \
                                             ptrdiff_t window, ptrdiff_t height, double fraction, void *restrict to,   \
                                             ptrdiff_t n)                                                              \
    {                                                                                                                  \
        const uint##bits##_t *restrict invalid = bad;                                                                  \
        int##bits##_t *restrict limit = to;                                                                            \
        const int##bits##_t rows = (int##bits##_t)height;                                                              \
        for (ptrdiff_t x = 0; x < n; x++) {                                                                            \
            const int##bits##_t valid = rows * widths[x] - (int##bits##_t)(invalid[x + window] - invalid[x]);          \
            limit[x] = (int##bits##_t)(valid * fraction);                                                              \
        }                                                                                                              \
    }                                                                                                                  \
    FOR_EACH_CPU static void pass_limit_##bits(const void *restrict from, ptrdiff_t window, const void *restrict of,   \
                                               uint8_t *restrict target, ptrdiff_t n)                                  \
    {                                                                                                                  \
        const uint##bits##_t *restrict sums = from;                                                                    \
        const int##bits##_t *restrict limit = of;                                                                      \
        for (ptrdiff_t x = 0; x < n; x++)                                                                              \
            target[x] = (int##bits##_t)(sums[x + window] - sums[x]) > limit[x];                                        \
    }

OF_BOXES(32)
OF_BOXES(64)

/* Of boxes of fewer than 2**31 pixels, or of any number. */
#define BY_SIZE(large, name, ...) ((large) ? name##_64(__VA_ARGS__) : name##_32(__VA_ARGS__))

typedef struct {
    int are_large;
    size_t size; /* of a number that holds the pixels of a box */
    void *limit, *sums, *bad_sums;
    int32_t *positive, *invalid, *widths, *row_invalid;
    float *nothing;
} Counts;

static void skewed_of(const Band *band, Counts *counts, uint8_t *target, double fraction)
{
    const ptrdiff_t nx = band->nx, n = band->n;
    const ptrdiff_t left = band->left, right = band->right, window = left + right + 1;
    const int large = counts->are_large;
    ptrdiff_t bad_rows = 0, limit_height = -1;
    ptrdiff_t in = larger(0, band->first - band->before), out = in;
    for (ptrdiff_t x = 0; x < nx; x++)
        counts->widths[x] = (int32_t)(smaller(nx, x + right + 1) - larger(0, x - left));
    for (ptrdiff_t y = band->first; y < band->first + band->rows; y++) {
        const ptrdiff_t stop = smaller(n, y + band->after + 1), start = larger(0, y - band->before);
        while (in < stop || out < start) {
            const float *coming = in < stop ? band->source + in * band->stride : counts->nothing;
            const float *going = out < start ? band->source + out * band->stride : counts->nothing;
            const int32_t invalid = count_positive(coming, going, counts->positive, nx);
            if (out < start && counts->row_invalid[out]) {
                count_invalid(going, counts->invalid, nx, -1);
                bad_rows--;
            }
            if (in < stop) {
                counts->row_invalid[in] = invalid;
                if (invalid) {
                    count_invalid(coming, counts->invalid, nx, 1);
                    bad_rows++;
                }
            }
            in += in < stop;
            out += out < start;
        }
        const ptrdiff_t height = stop - start;
        BY_SIZE(large, running_sums, counts->positive, nx, left, right, counts->sums);
        if (bad_rows) {
            BY_SIZE(large, running_sums, counts->invalid, nx, left, right, counts->bad_sums);
            BY_SIZE(large, limit_of, counts->widths, counts->bad_sums, window, height, fraction, counts->limit, nx);
            limit_height = -1;
        } else if (limit_height != height) {
            memset(counts->bad_sums, 0, (size_t)(nx + window) * counts->size);
            BY_SIZE(large, limit_of, counts->widths, counts->bad_sums, window, height, fraction, counts->limit, nx);
            limit_height = height;
        }
        BY_SIZE(large, pass_limit, counts->sums, window, counts->limit, target + (y - band->first) * nx, nx);
    }
}

/* Whether boxes of a band may hold 2**31 pixels. */
static int may_be_large(const Band *band)
{
    const ptrdiff_t height = smaller(band->n, band->before + band->after + 1);
    return height * smaller(band->nx, band->left + band->right + 1) > INT32_MAX;
}

static int skewed_with_memory(const Band *band, uint8_t *target, double fraction)
{
    const int are_large = may_be_large(band);
    const size_t size = are_large ? sizeof(int64_t) : sizeof(int32_t);
    const size_t nx = (size_t)band->nx, line = nx + (size_t)(band->left + band->right + 1);
    char *wide = calloc(nx + 2 * line, size);
    int32_t *memory = calloc(4 * nx + (size_t)band->n, sizeof(int32_t));
    if (wide && memory) {
        Counts counts = {.are_large = are_large,
                         .size = size,
                         .limit = wide,
                         .sums = wide + nx * size,
                         .bad_sums = wide + (nx + line) * size,
                         .positive = memory,
                         .invalid = memory + nx,
                         .widths = memory + 2 * nx,
                         .nothing = (float *)(memory + 3 * nx),
                         .row_invalid = memory + 4 * nx};
        skewed_of(band, &counts, target, fraction);
    }
    const int done = wide && memory;
    free(wide);
    free(memory);
    return done;
}

int box_extremum(const float *source, ptrdiff_t n, ptrdiff_t nx, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t rows,
                 ptrdiff_t before, ptrdiff_t after, int maximum, float *target)
{
    const Band band = cut(source, n, nx, stride, first, rows, before, after);
    return extremum_of(&band, target, maximum ? -1.0f : 1.0f);
}

/* The lowest valid pixel of each column of a rectangle. */
static void lowest_of_columns(const float *pixels, ptrdiff_t nx, ptrdiff_t rows, ptrdiff_t width, float *lowest)
{
    fill(lowest, width, INFINITY);
    for (ptrdiff_t y = 0; y < rows; y++, pixels += nx)
        join(pixels, lowest, lowest, width, 1.0f);
}

#define LANES 16

/* The lowest of some values; it ends with the last LANES of them, some of which were looked at already. */
FOR_EACH_CPU static float lowest_of(const float *values, ptrdiff_t n)
{
    float lane[LANES], lowest = INFINITY;
    for (int k = 0; k < LANES; k++)
        lane[k] = INFINITY;
    for (ptrdiff_t x = 0; x < n && n < LANES; x++)
        lowest = least(values[x], lowest);
    for (ptrdiff_t x = 0; x < n && n >= LANES; x += LANES) {
        const float *some = values + smaller(x, n - LANES);
        for (int k = 0; k < LANES; k++)
            lane[k] = least(some[k], lane[k]);
    }
    for (int k = 0; k < LANES; k++)
        lowest = least(lane[k], lowest);
    return lowest;
}

/* Boxes of neighbours in a row share most of their columns, which are gone down once for all of them. */
int box_minimum_at(const float *source, ptrdiff_t ny, ptrdiff_t nx, const int64_t *places, ptrdiff_t n, ptrdiff_t before,
                   ptrdiff_t after, float *target)
{
    float *columns = malloc(smaller(nx, before + after + 1 + SHARED) * sizeof(float) + 1);
    if (columns == NULL)
        return 0;
    for (ptrdiff_t i = 0, next; i < n; i = next) {
        const ptrdiff_t y = places[2 * i], first = places[2 * i + 1];
        for (next = i + 1; next < n && places[2 * next] == y; next++)
            if (places[2 * next + 1] < places[2 * next - 1] || places[2 * next + 1] > first + SHARED)
                break;
        const ptrdiff_t top = larger(0, y - before), rows = smaller(ny - 1, y + after) + 1 - top;
        const ptrdiff_t start = larger(0, first - before), stop = smaller(nx - 1, places[2 * next - 1] + after) + 1;
        lowest_of_columns(source + top * nx + start, nx, rows, stop - start, columns);
        for (ptrdiff_t k = i; k < next; k++) {
            const ptrdiff_t x = places[2 * k + 1], left = larger(0, x - before), right = smaller(nx - 1, x + after) + 1;
            /* Adding 0 leaves one kind of zero, as in the boxes of all pixels. */
            target[k] = lowest_of(columns + left - start, right - left) + 0.0f;
        }
    }
    free(columns);
    return 1;
}

int box_skewed(const float *source, ptrdiff_t n, ptrdiff_t nx, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t rows,
               ptrdiff_t before, ptrdiff_t after, double fraction, uint8_t *target)
{
    const Band band = cut(source, n, nx, stride, first, rows, before, after);
    return skewed_with_memory(&band, target, fraction);
}
