/* Weighted means of the pixels around, by Gaussians along columns and rows. Everything is one sum, of some rows with
   weights, one after the other: so no result depends on how an image is cut, and the loops run along contiguous
   pixels. Weights add up to exactly 1 in that order, hence so does the weight of pixels that are all valid, and it
   need not be computed. */
#include "native.h"

#define LANES 32
#define TOGETHER 16
#define BLOCK 256          /* columns for which it is asked at once whether all weights are 1 */
#define STRIP 128          /* rows whose sums along columns stay in a cache until those along rows are made */
#define WINDOW_FLOATS 49152 /* of the rows that are summed over: they stay in the cache of a core */

typedef float Lane __attribute__((vector_size(32)));

/* out = sum over t of weights[t] * rows[t][offset : offset + n], added up a few at a time: so that what is lost to
   rounding does not grow with their number. */
FOR_EACH_CPU static void weighted_sum(float *restrict out, const float *const *rows, Py_ssize_t offset,
                                      const float *weights, Py_ssize_t count, Py_ssize_t n)
{
    Py_ssize_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        Lane sum[LANES / 8] = {{0}};
        for (Py_ssize_t first = 0; first < count; first += TOGETHER) {
            Py_ssize_t last = first + TOGETHER < count ? first + TOGETHER : count;
            Lane a = {0}, b = {0}, c = {0}, d = {0}, pixels;
            for (Py_ssize_t t = first; t < last; t++) {
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
        for (Py_ssize_t first = 0; first < count; first += TOGETHER) {
            Py_ssize_t last = first + TOGETHER < count ? first + TOGETHER : count;
            float part = 0;
            for (Py_ssize_t t = first; t < last; t++)
                part += weights[t] * rows[t][offset + i];
            sum += part;
        }
        out[i] = sum;
    }
}

/* Valid pixels as they are, with weight 1, and invalid ones as 0; returns whether any is invalid. */
FOR_EACH_CPU static int take_valid(const float *restrict from, float *restrict to, float *restrict weight, Py_ssize_t n)
{
    uint32_t invalid = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
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
                                      Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, image + i, 4);
        float mean = values[i] / weight[i];
        values[i] = (bits & 0x7f800000u) == 0x7f800000u ? NAN : mean;
    }
}

FOR_EACH_CPU static int all_one(const float *values, Py_ssize_t n)
{
    uint32_t differ = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, 4);
        differ |= bits ^ 0x3f800000u;
    }
    return differ == 0;
}

FOR_EACH_CPU static void fill_one(float *values, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++)
        values[i] = 1;
}

/* Rows of an image: those from `first` up to `first` + `rows` of `ny`, each of `nx` pixels. */
typedef struct {
    const float *pixels;
    Py_ssize_t first, rows, ny, nx;
} Band;

/* Sums along columns, centred on the rows (from + j) * step, which may lie beyond the image: values and weights. Rows
   of the image within `radius` of these are in the band. Returns 0 without memory. */
static int along_columns(const Band *band, const float *taps, Py_ssize_t radius, Py_ssize_t step, Py_ssize_t from,
                         Py_ssize_t count, float *out, float *out_weight)
{
    Py_ssize_t window = 2 * radius + 1, nx = band->nx, width = WINDOW_FLOATS / window / LANES * LANES;
    width = width < 2 * LANES ? 2 * LANES : width > 1024 ? 1024 : width;
    Py_ssize_t stride = width + 16; /* not a power of two: rows of the window share no place in the cache */
    float *space = calloc((size_t)(2 * window + 2) * stride, sizeof(float));
    const float **rows = malloc(2 * window * sizeof *rows);
    char *dirty = malloc(window);
    int enough = space && rows && dirty;
    float *nothing = space, *ring = enough ? space + 2 * stride : NULL;
    for (Py_ssize_t x = 0; enough && x < nx; x += width) {
        Py_ssize_t n = nx - x < width ? nx - x : width, next = 0;
        for (Py_ssize_t j = 0; j < count; j++) {
            Py_ssize_t top = (from + j) * step - radius, bottom = top + window;
            if (next < top)
                next = top;
            for (; next < bottom; next++)
                if (next >= 0 && next < band->ny) {
                    float *at = ring + 2 * (next % window) * stride;
                    dirty[next % window] =
                        (char)take_valid(band->pixels + (next - band->first) * nx + x, at, at + stride, n);
                }
            int any = top < 0 || bottom > band->ny;
            for (Py_ssize_t t = 0; t < window; t++) {
                Py_ssize_t y = top + t;
                int inside = y >= 0 && y < band->ny;
                rows[t] = inside ? ring + 2 * (y % window) * stride : nothing;
                rows[window + t] = inside ? rows[t] + stride : nothing;
                any |= inside && dirty[y % window];
            }
            weighted_sum(out + j * nx + x, rows, 0, taps, window, n);
            if (any)
                weighted_sum(out_weight + j * nx + x, rows + window, 0, taps, window, n);
            else
                fill_one(out_weight + j * nx + x, n);
        }
    }
    free(space);
    free(rows);
    free(dirty);
    return enough;
}

/* Smooth the rows (from + j) * step of a band. */
static int smooth_band(const Band *band, const float *taps, Py_ssize_t radius, Py_ssize_t step, Py_ssize_t from,
                       Py_ssize_t count, float *out)
{
    Py_ssize_t nx = band->nx, window = 2 * radius + 1, padded = nx + 2 * radius;
    Py_ssize_t strip = count < STRIP ? count : STRIP;
    float *weight = malloc((size_t)strip * nx * sizeof(float) + 1);
    float *around = calloc(2 * padded, sizeof(float));
    const float **rows = malloc(2 * window * sizeof *rows);
    int enough = weight && around && rows;
    for (Py_ssize_t t = 0; enough && t < window; t++) {
        rows[t] = around + t;
        rows[window + t] = around + padded + t;
    }
    for (Py_ssize_t j = 0; enough && j < count; j++) {
        if (j % STRIP == 0) {
            Py_ssize_t now = count - j < STRIP ? count - j : STRIP;
            enough = along_columns(band, taps, radius, step, from + j, now, out + j * nx, weight);
            if (!enough)
                break;
        }
        float *row = out + j * nx, *row_weight = weight + j % STRIP * nx;
        memcpy(around + radius, row, nx * sizeof(float));
        memcpy(around + padded + radius, row_weight, nx * sizeof(float));
        weighted_sum(row, rows, 0, taps, window, nx);
        for (Py_ssize_t x = 0; x < nx; x += BLOCK) {
            Py_ssize_t n = nx - x < BLOCK ? nx - x : BLOCK;
            if (all_one(around + padded + x, n + 2 * radius))
                fill_one(row_weight + x, n);
            else
                weighted_sum(row_weight + x, rows + window, x, taps, window, n);
        }
        divide_valid(row, row_weight, band->pixels + ((from + j) * step - band->first) * nx, nx);
    }
    free(weight);
    free(around);
    free(rows);
    return enough;
}

/* Sums along rows of `nx`, centred on the columns (k - pad) * step for k < mx. `space` holds `mx * step + window + step`
   zeros. */
static void along_row(const float *row, Py_ssize_t nx, const float *taps, Py_ssize_t radius, Py_ssize_t step,
                      Py_ssize_t pad, Py_ssize_t mx, float *space, const float **rows, float *out)
{
    /* Every `step`-th pixel together: then the sums run along contiguous ones. */
    Py_ssize_t window = 2 * radius + 1, length = mx + window / step + 1, ahead = pad * step + radius;
    for (Py_ssize_t phase = 0; phase < step; phase++) {
        float *part = space + phase * length;
        Py_ssize_t i = ahead > phase ? (ahead - phase + step - 1) / step : 0;
        for (Py_ssize_t x = i * step + phase - ahead; x < nx && i < length; x += step, i++)
            part[i] = row[x];
    }
    for (Py_ssize_t t = 0; t < window; t++)
        rows[t] = space + t % step * length + t / step;
    weighted_sum(out, rows, 0, taps, window, mx);
}

/* Coarse values and weights at ((from + j) * step, (k - pad) * step): `count` rows of `mx`. */
static int shrink_band(const Band *band, const float *taps, Py_ssize_t radius, Py_ssize_t step, Py_ssize_t pad,
                       Py_ssize_t from, Py_ssize_t count, Py_ssize_t mx, float *out, float *out_weight)
{
    Py_ssize_t nx = band->nx, window = 2 * radius + 1;
    float *values = malloc((size_t)2 * count * nx * sizeof(float) + 1);
    float *weight = values ? values + count * nx : NULL;
    float *space = calloc((mx + window / step + 1) * step, sizeof(float));
    const float **rows = malloc(window * sizeof *rows);
    int enough = values && space && rows && along_columns(band, taps, radius, step, from, count, values, weight);
    for (Py_ssize_t j = 0; enough && j < count; j++) {
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
static void along_coarse_row(const float *row, const float *taps, Py_ssize_t count, Py_ssize_t step, Py_ssize_t nx,
                             float *space, const float **rows, float *out)
{
    for (Py_ssize_t t = 0; t < count; t++)
        rows[t] = row + t;
    for (Py_ssize_t phase = 0; phase < step && phase < nx; phase++) {
        Py_ssize_t n = (nx - 1 - phase) / step + 1;
        weighted_sum(space, rows, 0, taps + phase * count, count, n);
        for (Py_ssize_t i = 0; i < n; i++)
            out[i * step + phase] = space[i];
    }
}

/* Coarse rows of a band: `rows` rows of `mx`, the first of which is needed for interval `first` of the image's rows. */
typedef struct {
    const float *values, *weight;
    Py_ssize_t first, rows, mx;
} Coarse;

/* The rows start, start + every, ... before stop, each divided by its weight, NaN where that of `image` is invalid. */
static int spread_band(const Coarse *coarse, const float *taps, Py_ssize_t count, Py_ssize_t step, Py_ssize_t start,
                       Py_ssize_t stop, Py_ssize_t every, const float *image, Py_ssize_t nx, float *out)
{
    Py_ssize_t blocks = (nx + BLOCK - 1) / BLOCK, size = coarse->rows * nx;
    float *wide = malloc((size_t)2 * size * sizeof(float) + 1);
    float *wide_weight = wide ? wide + size : NULL;
    float *space = malloc((nx / step + 1 + BLOCK) * sizeof(float));
    const float **rows = malloc(2 * count * sizeof *rows);
    char *plain = malloc(coarse->rows * blocks + 1);
    int enough = wide && space && rows && plain;
    for (Py_ssize_t j = 0; enough && j < coarse->rows; j++) {
        const float *row = coarse->weight + j * coarse->mx;
        along_coarse_row(coarse->values + j * coarse->mx, taps, count, step, nx, space, rows, wide + j * nx);
        if (j > 0 && memcmp(row - coarse->mx, row, coarse->mx * sizeof(float)) == 0)
            memcpy(wide_weight + j * nx, wide_weight + (j - 1) * nx, nx * sizeof(float));
        else
            along_coarse_row(row, taps, count, step, nx, space, rows, wide_weight + j * nx);
        for (Py_ssize_t b = 0; b < blocks; b++) {
            Py_ssize_t x = b * BLOCK, n = nx - x < BLOCK ? nx - x : BLOCK;
            plain[j * blocks + b] = (char)all_one(wide_weight + j * nx + x, n);
        }
    }
    for (Py_ssize_t y0 = start; enough && y0 < stop;) {
        /* All rows of an interval, block by block: they are sums of the same coarse rows. */
        Py_ssize_t interval = y0 / step, top = interval - coarse->first, end = (interval + 1) * step;
        for (Py_ssize_t t = 0; t < count; t++) {
            rows[t] = wide + (top + t) * nx;
            rows[count + t] = wide_weight + (top + t) * nx;
        }
        end = end < stop ? end : stop;
        for (Py_ssize_t b = 0; b < blocks; b++) {
            Py_ssize_t x = b * BLOCK, n = nx - x < BLOCK ? nx - x : BLOCK;
            int all = 1;
            for (Py_ssize_t t = 0; t < count; t++)
                all &= plain[(top + t) * blocks + b];
            float *weight = space;
            if (all)
                fill_one(weight, n);
            for (Py_ssize_t y = y0; y < end; y += every) {
                Py_ssize_t at = (y - start) / every * nx + x;
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

static int is_band(const Py_buffer *buffer, const Band *band, Py_ssize_t top, Py_ssize_t bottom)
{
    top = top < 0 ? 0 : top;
    bottom = bottom > band->ny ? band->ny : bottom;
    if (band->nx > 0 && band->first <= top && band->first + band->rows >= bottom)
        return holds(buffer, band->rows * band->nx, 4, "band");
    PyErr_SetString(PyExc_ValueError, "band: lacks rows that are summed over");
    return 0;
}

static PyObject *finish(Py_buffer *buffers, int count, int fits, int enough)
{
    for (int n = 0; n < count; n++)
        PyBuffer_Release(buffers + n);
    if (!fits)
        return NULL;
    if (!enough)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

/* smooth(band, first, rows, ny, nx, taps, radius, step, from, count, out): rows (from + j) * step of the image. */
static PyObject *smooth(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer b[3];
    Band band;
    Py_ssize_t radius, step, from, count;
    if (!PyArg_ParseTuple(args, "y*nnnny*nnnnw*", &b[0], &band.first, &band.rows, &band.ny, &band.nx, &b[1], &radius,
                          &step, &from, &count, &b[2]))
        return NULL;
    band.pixels = b[0].buf;
    int enough = 1;
    int fits = radius >= 0 && step > 0 && count >= 0 && holds(&b[1], 2 * radius + 1, 4, "taps") &&
               holds(&b[2], count * band.nx, 4, "out") && from >= 0 && (from + count - 1) * step < band.ny &&
               is_band(&b[0], &band, from * step - radius, (from + count - 1) * step + radius + 1);
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        enough = smooth_band(&band, b[1].buf, radius, step, from, count, b[2].buf);
        Py_END_ALLOW_THREADS
    } else if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "radius, step or count: out of range");
    return finish(b, 3, fits, enough);
}

/* shrink(band, first, rows, ny, nx, taps, radius, step, pad, from, count, mx, out, out_weight): coarse rows. */
static PyObject *shrink(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer b[4];
    Band band;
    Py_ssize_t radius, step, pad, from, count, mx;
    if (!PyArg_ParseTuple(args, "y*nnnny*nnnnnnw*w*", &b[0], &band.first, &band.rows, &band.ny, &band.nx, &b[1],
                          &radius, &step, &pad, &from, &count, &mx, &b[2], &b[3]))
        return NULL;
    band.pixels = b[0].buf;
    int enough = 1;
    int fits = radius >= 0 && step > 0 && pad >= 0 && count >= 0 && mx > 0 && holds(&b[1], 2 * radius + 1, 4, "taps") &&
               holds(&b[2], count * mx, 4, "out") && holds(&b[3], count * mx, 4, "out_weight") &&
               is_band(&b[0], &band, from * step - radius, (from + count - 1) * step + radius + 1);
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        enough = shrink_band(&band, b[1].buf, radius, step, pad, from, count, mx, b[2].buf, b[3].buf);
        Py_END_ALLOW_THREADS
    } else if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "radius, step, pad, count or mx: out of range");
    return finish(b, 4, fits, enough);
}

/* spread(values, weight, first, rows, mx, taps, count, step, start, stop, every, image, nx, out): rows between coarse
   ones; `image` and `out` hold the rows start, start + every, ... */
static PyObject *spread(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer b[5];
    Coarse coarse;
    Py_ssize_t count, step, start, stop, every, nx;
    if (!PyArg_ParseTuple(args, "y*y*nnny*nnnnny*nw*", &b[0], &b[1], &coarse.first, &coarse.rows, &coarse.mx, &b[2],
                          &count, &step, &start, &stop, &every, &b[3], &nx, &b[4]))
        return NULL;
    coarse.values = b[0].buf;
    coarse.weight = b[1].buf;
    int enough = 1, fits = count > 0 && step > 0 && every > 0 && nx > 0 && start >= 0 && start < stop &&
                           coarse.first <= start / step && coarse.mx >= (nx - 1) / step + count &&
                           coarse.first + coarse.rows >= (stop - 1) / step + count;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "coarse rows: too few, or a size out of range");
    Py_ssize_t wanted = fits ? ((stop - start - 1) / every + 1) * nx : 0;
    fits = fits && holds(&b[0], coarse.rows * coarse.mx, 4, "values") &&
           holds(&b[1], coarse.rows * coarse.mx, 4, "weight") && holds(&b[2], count * step, 4, "taps") &&
           holds(&b[3], wanted, 4, "image") && holds(&b[4], wanted, 4, "out");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        enough = spread_band(&coarse, b[2].buf, count, step, start, stop, every, b[3].buf, nx, b[4].buf);
        Py_END_ALLOW_THREADS
    }
    return finish(b, 5, fits, enough);
}

static PyMethodDef methods[] = {
    {"smooth", smooth, METH_VARARGS, "Weighted mean of the valid pixels round every pixel of some rows."},
    {"shrink", shrink, METH_VARARGS, "Weighted sums round the points of a coarse grid, and of the weights."},
    {"spread", spread, METH_VARARGS, "Weighted means from sums on a coarse grid."},
    {NULL, NULL, 0, NULL},
};

MODULE(_smoothing, "Weighted means of the pixels around, by Gaussians.", methods)
