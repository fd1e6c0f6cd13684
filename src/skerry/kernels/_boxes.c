/* Statistics of the box round every pixel of some rows of a band, in a time that hardly depends on the box.

   A band is n rows of nx pixels; the results are for the rows from `first` on, and the band holds all rows that their
   boxes reach. A box reaches `before` pixels ahead of its pixel and `after` behind it, and is cut at the band. */
#include "native.h"
#include <float.h>

#define SUFFIX_BYTES (1 << 18)
#define LEAST_STRIP 64
#define WIDEST_STRIP 2048
#define TILE 2048

typedef struct {
    const float *source;
    Py_ssize_t n, nx, first, rows, before, after, left, right;
} Band;

static inline Py_ssize_t smaller(Py_ssize_t a, Py_ssize_t b) { return a < b ? a : b; }

static inline Py_ssize_t larger(Py_ssize_t a, Py_ssize_t b) { return a > b ? a : b; }

static inline float least(float a, float b) { return a < b ? a : b; }

static inline int is_valid(float value) { return fabsf(value) <= FLT_MAX; }

/* The value that the minimum is taken of. */
static inline float judged(float value, float sign) { return is_valid(value) ? sign * value : INFINITY; }

static void fill(float *values, Py_ssize_t n, float value)
{
    for (Py_ssize_t i = 0; i < n; i++)
        values[i] = value;
}

FOR_EACH_CPU static void join(const float *row, const float *known, float *joined, Py_ssize_t n, float sign)
{
#pragma GCC ivdep
    for (Py_ssize_t x = 0; x < n; x++)
        joined[x] = least(judged(row[x], sign), known[x]);
}

FOR_EACH_CPU static void join_both(const float *restrict row, float *restrict front, const float *restrict suffix,
                                   float *restrict out, Py_ssize_t n, float sign)
{
    for (Py_ssize_t x = 0; x < n; x++) {
        front[x] = least(judged(row[x], sign), front[x]);
        out[x] = least(front[x], suffix[x]);
    }
}

/* Minima down a strip of columns for up to one window of rows (van Herk 1992; Gil and Werman 1993): all their windows
   share a row, and each is what is left of it ahead of that row and what there is behind it. */
static void down_strip(const Band *band, Py_ssize_t out, Py_ssize_t count, Py_ssize_t left, Py_ssize_t width,
                       float *suffix, float *front, float *target, float sign)
{
    const Py_ssize_t window = band->before + band->after + 1, top = band->first + out - band->before;
    const float *source = band->source + left, *known = front;
    fill(front, width, INFINITY);
    for (Py_ssize_t i = window - 1; i >= 0; i--) {
        const Py_ssize_t y = top + i;
        float *joined = i < count ? suffix + i * width : front;
        if (y >= 0 && y < band->n)
            join(source + y * band->nx, known, joined, width, sign);
        else if (joined != known)
            memcpy(joined, known, width * sizeof(float));
        known = joined;
    }
    fill(front, width, INFINITY);
    for (Py_ssize_t i = 0; i < count; i++) {
        const Py_ssize_t y = top + window + i - 1;
        float *to = target + (out + i) * band->nx + left;
        if (i > 0 && y < band->n)
            join_both(source + y * band->nx, front, suffix + i * width, to, width, sign);
        else
            for (Py_ssize_t x = 0; x < width; x++)
                to[x] = least(front[x], suffix[i * width + x]);
    }
}

/* Adding 0 leaves one kind of zero, for which of them a minimum meets first depends on how the image is cut. */
FOR_EACH_CPU static void join_four(const float *restrict from, float *restrict to, Py_ssize_t n, Py_ssize_t a,
                                   Py_ssize_t b, Py_ssize_t c, float sign)
{
    for (Py_ssize_t x = 0; x < n; x++)
        to[x] = sign * least(least(from[x], from[x + a]), least(from[x + b], from[x + c])) + 0.0f;
}

/* Minima along n pixels: from windows of s to those of 4 s, as long as the window holds them. */
static void along(const float *line, Py_ssize_t n, Py_ssize_t window, float *one, float *other, float *target,
                  float sign)
{
    Py_ssize_t s = 1, length = n + window - 1;
    const float *from = line;
    for (; 4 * s <= window; s *= 4) {
        float *to = from == one ? other : one;
        length -= 3 * s;
        join_four(from, to, length, s, 2 * s, 3 * s, 1.0f);
        from = to;
    }
    const Py_ssize_t last = window - s;
    join_four(from, target, n, smaller(s, last), smaller(2 * s, last), last, sign);
}

static int extremum_of(const Band *band, float *target, float sign)
{
    const Py_ssize_t nx = band->nx, window = band->before + band->after + 1;
    const Py_ssize_t left = band->left, right = band->right, across = left + right + 1;
    const Py_ssize_t block = smaller(window, band->rows);
    if (nx == 0 || block == 0)
        return 1;
    Py_ssize_t strip = larger(SUFFIX_BYTES / (Py_ssize_t)sizeof(float) / block / 16 * 16, LEAST_STRIP);
    strip = smaller(smaller(strip, WIDEST_STRIP), nx);
    float *suffix = malloc((block + 1) * strip * sizeof(float));
    float *line = malloc((nx + across + 2 * (TILE + across)) * sizeof(float));
    if (suffix && line) {
        float *front = suffix + block * strip, *one = line + nx + across, *other = one + TILE + across;
        fill(line, left, INFINITY);
        fill(line + left + nx, right, INFINITY);
        for (Py_ssize_t out = 0; out < band->rows; out += block) {
            const Py_ssize_t count = smaller(block, band->rows - out);
            for (Py_ssize_t x = 0; x < nx; x += strip)
                down_strip(band, out, count, x, smaller(strip, nx - x), suffix, front, target, sign);
            for (Py_ssize_t y = out; y < out + count; y++) {
                float *row = target + y * nx;
                memcpy(line + left, row, nx * sizeof(float));
                for (Py_ssize_t x = 0; x < nx; x += TILE)
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
                                           int32_t *restrict positive, Py_ssize_t n)
{
    int32_t invalid = 0;
    for (Py_ssize_t x = 0; x < n; x++) {
        positive[x] += is_positive(in[x]) - is_positive(out[x]);
        invalid += !is_valid(in[x]);
    }
    return invalid;
}

FOR_EACH_CPU static void count_invalid(const float *restrict row, int32_t *restrict invalid, Py_ssize_t n, int32_t step)
{
    for (Py_ssize_t x = 0; x < n; x++)
        invalid[x] += is_valid(row[x]) ? 0 : step;
}

/* sums[left + 1 + x] = the sum up to values[x]; the sums of a box differ by it, beyond the ends of the row too. */
static void running_sums(const int32_t *values, Py_ssize_t n, Py_ssize_t left, Py_ssize_t right, int32_t *sums)
{
    int32_t sum = 0;
    memset(sums, 0, (left + 1) * sizeof(int32_t));
    int32_t *to = sums + left + 1;
    for (Py_ssize_t x = 0; x < n; x++)
        to[x] = sum += values[x];
    for (Py_ssize_t x = n; x < n + right; x++)
        to[x] = sum;
}

FOR_EACH_CPU static void pass_limit(const int32_t *restrict sums, Py_ssize_t window, const int32_t *restrict limit,
                                    uint8_t *restrict target, Py_ssize_t n)
{
    for (Py_ssize_t x = 0; x < n; x++)
        target[x] = sums[x + window] - sums[x] > limit[x];
}

FOR_EACH_CPU static void limit_of(const int32_t *restrict widths, const int32_t *restrict invalid, Py_ssize_t window,
                                  int32_t height, double fraction, int32_t *restrict limit, Py_ssize_t n)
{
    for (Py_ssize_t x = 0; x < n; x++)
        limit[x] = (int32_t)((height * widths[x] - (invalid[x + window] - invalid[x])) * fraction);
}

typedef struct {
    int32_t *positive, *invalid, *widths, *limit, *sums, *bad_sums, *row_invalid;
    float *nothing;
} Counts;

static void skewed_of(const Band *band, Counts *counts, uint8_t *target, double fraction)
{
    const Py_ssize_t nx = band->nx, n = band->n;
    const Py_ssize_t left = band->left, right = band->right, window = left + right + 1;
    Py_ssize_t bad_rows = 0, limit_height = -1;
    Py_ssize_t in = larger(0, band->first - band->before), out = in;
    for (Py_ssize_t x = 0; x < nx; x++)
        counts->widths[x] = (int32_t)(smaller(nx, x + right + 1) - larger(0, x - left));
    memset(counts->bad_sums, 0, (nx + window) * sizeof(int32_t));
    for (Py_ssize_t y = band->first; y < band->first + band->rows; y++) {
        const Py_ssize_t stop = smaller(n, y + band->after + 1), start = larger(0, y - band->before);
        while (in < stop || out < start) {
            const float *coming = in < stop ? band->source + in * nx : counts->nothing;
            const float *going = out < start ? band->source + out * nx : counts->nothing;
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
        const Py_ssize_t height = stop - start;
        running_sums(counts->positive, nx, left, right, counts->sums);
        if (bad_rows) {
            running_sums(counts->invalid, nx, left, right, counts->bad_sums);
            limit_of(counts->widths, counts->bad_sums, window, (int32_t)height, fraction, counts->limit, nx);
            limit_height = -1;
        } else if (limit_height != height) {
            memset(counts->bad_sums, 0, (nx + window) * sizeof(int32_t));
            limit_of(counts->widths, counts->bad_sums, window, (int32_t)height, fraction, counts->limit, nx);
            limit_height = height;
        }
        pass_limit(counts->sums, window, counts->limit, target + (y - band->first) * nx, nx);
    }
}

static int skewed_with_memory(const Band *band, uint8_t *target, double fraction)
{
    const Py_ssize_t nx = band->nx, window = band->left + band->right + 1;
    int32_t *memory = calloc(7 * nx + 2 * window + band->n, sizeof(int32_t));
    if (!memory)
        return 0;
    Counts counts = {.positive = memory,
                     .invalid = memory + nx,
                     .widths = memory + 2 * nx,
                     .limit = memory + 3 * nx,
                     .nothing = (float *)(memory + 4 * nx),
                     .sums = memory + 5 * nx,
                     .bad_sums = memory + 6 * nx + window,
                     .row_invalid = memory + 7 * nx + 2 * window};
    skewed_of(band, &counts, target, fraction);
    free(memory);
    return 1;
}

/* Check a band against its buffers, and cut what boxes reach beyond any pixel of it. */
static int fits(Band *band, const Py_buffer *source, const Py_buffer *target, Py_ssize_t size)
{
    if (band->n < 0 || band->nx < 0 || band->nx > INT32_MAX / 4 || band->first < 0 || band->rows < 0 ||
        band->first + band->rows > band->n || band->before < 0 || band->after < 0) {
        PyErr_SetString(PyExc_ValueError, "rows or boxes beyond the band");
        return 0;
    }
    band->left = smaller(band->before, band->nx);
    band->right = smaller(band->after, band->nx);
    band->before = smaller(band->before, band->n);
    band->after = smaller(band->after, band->n);
    return holds(source, band->n * band->nx, 4, "source") && holds(target, band->rows * band->nx, size, "target");
}

/* Release the buffers and give what a function returns that failed for want of memory, or as its error says. */
static PyObject *finish(Py_buffer *source, Py_buffer *target, int checked, int done)
{
    PyBuffer_Release(source);
    PyBuffer_Release(target);
    if (!checked)
        return NULL;
    if (!done)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

/* extremum(source, target, n, nx, first, rows, before, after, maximum) */
static PyObject *extremum(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer source, target;
    Band band;
    int maximum, done = 0;
    if (!PyArg_ParseTuple(args, "y*w*nnnnnnp", &source, &target, &band.n, &band.nx, &band.first, &band.rows,
                          &band.before, &band.after, &maximum))
        return NULL;
    const int checked = fits(&band, &source, &target, 4);
    if (checked) {
        band.source = source.buf;
        Py_BEGIN_ALLOW_THREADS
        done = extremum_of(&band, target.buf, maximum ? -1.0f : 1.0f);
        Py_END_ALLOW_THREADS
    }
    return finish(&source, &target, checked, done);
}

/* skewed(source, target, n, nx, first, rows, before, after, fraction) */
static PyObject *skewed(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer source, target;
    Band band;
    double fraction;
    int done = 0;
    if (!PyArg_ParseTuple(args, "y*w*nnnnnnd", &source, &target, &band.n, &band.nx, &band.first, &band.rows,
                          &band.before, &band.after, &fraction))
        return NULL;
    const int checked = fits(&band, &source, &target, 1);
    if (checked) {
        band.source = source.buf;
        Py_BEGIN_ALLOW_THREADS
        done = skewed_with_memory(&band, target.buf, fraction);
        Py_END_ALLOW_THREADS
    }
    return finish(&source, &target, checked, done);
}

static PyMethodDef methods[] = {
    {"extremum", extremum, METH_VARARGS, "Minimum or maximum of the box round every pixel."},
    {"skewed", skewed, METH_VARARGS, "Where more than a fraction of the valid pixels of the box are positive."},
    {NULL, NULL, 0, NULL},
};

MODULE(_boxes, "Statistics of the box round every pixel.", methods)
