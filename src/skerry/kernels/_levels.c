/* Pixels compared with a level of their own, and with their neighbours. */
#include "native.h"
#include <float.h>

#define PIECE 64

static inline float least(float a, float b) { return a < b ? a : b; }

static inline int is_valid(float value) { return fabsf(value) <= FLT_MAX; }

FOR_EACH_CPU static void exceeds_of(const float *restrict image, const float *restrict level, uint8_t *restrict target,
                                    Py_ssize_t n, float factor)
{
    for (Py_ssize_t i = 0; i < n; i++)
        target[i] = (image[i] > factor * level[i]) & is_valid(image[i]);
}

FOR_EACH_CPU static void marks_of(const float *restrict image, const float *restrict level, uint8_t *restrict target,
                                  Py_ssize_t n, float seed, float floor)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        const int in_floor = (image[i] > floor * level[i]) & is_valid(image[i]);
        target[i] = in_floor + ((in_floor & (image[i] > seed * level[i])) << 1);
    }
}

/* Whether a pixel of a row may be flat, as it does not differ from the next one by more than a limit. */
FOR_EACH_CPU static int may_be_flat(const float *restrict row, Py_ssize_t n, float limit)
{
    int found = 0;
    for (Py_ssize_t x = 0; x < n; x++)
        found |= !(fabsf(row[x + 1] - row[x]) > limit);
    return found;
}

/* Flat pixels from column x to stop; rows above and below that are not there are the row itself. Returns their number. */
FOR_EACH_CPU static int32_t flat_pixels(const float *above, const float *row, const float *below, uint8_t *target,
                                        Py_ssize_t x, Py_ssize_t stop, Py_ssize_t nx, float limit)
{
    float lows[PIECE + 2], highs[PIECE + 2];
    const Py_ssize_t first = x - 1;
    int32_t count = 0;
    for (Py_ssize_t i = 0; i < stop - x + 2; i++) {
        const Py_ssize_t column = first + i < 0 ? 0 : first + i < nx ? first + i : nx - 1;
        const float three[3] = {above[column], row[column], below[column]};
        lows[i] = highs[i] = INFINITY;
        for (int k = 0; k < 3; k++) {
            lows[i] = least(is_valid(three[k]) ? three[k] : INFINITY, lows[i]);
            highs[i] = least(is_valid(three[k]) ? -three[k] : INFINITY, highs[i]);
        }
    }
    for (Py_ssize_t i = 0; i < stop - x; i++) {
        const float low = least(least(lows[i], lows[i + 1]), lows[i + 2]);
        const float high = -least(least(highs[i], highs[i + 1]), highs[i + 2]);
        target[x + i] = (high - low <= limit) & is_valid(row[x + i]);
        count += target[x + i];
    }
    return count;
}

/* Flat pixels of some rows of a band, whose number it returns. Noise is flat nowhere: most pieces of a row are told by
   the next pixel alone. */
static Py_ssize_t flat_of(const float *source, uint8_t *target, Py_ssize_t n, Py_ssize_t nx, Py_ssize_t first,
                          Py_ssize_t rows, float limit)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t y = first; y < first + rows; y++, target += nx) {
        const float *row = source + y * nx, *above = y > 0 ? row - nx : row, *below = y + 1 < n ? row + nx : row;
        memset(target, 0, nx);
        for (Py_ssize_t x = 0; x < nx; x += PIECE) {
            const Py_ssize_t stop = x + PIECE < nx ? x + PIECE : nx;
            /* The last pixel has no next one. */
            if (stop == nx || may_be_flat(row + x, stop - x, limit))
                count += flat_pixels(above, row, below, target, x, stop, nx, limit);
        }
    }
    return count;
}

/* exceeds(image, level, target, n, factor): 1 where a valid pixel is above a factor of its level */
static PyObject *exceeds(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer image, level, target;
    Py_ssize_t n;
    float factor;
    if (!PyArg_ParseTuple(args, "y*y*w*nf", &image, &level, &target, &n, &factor))
        return NULL;
    const int fits = holds(&image, n, 4, "image") && holds(&level, n, 4, "level") && holds(&target, n, 1, "target");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        exceeds_of(image.buf, level.buf, target.buf, n, factor);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&image);
    PyBuffer_Release(&level);
    PyBuffer_Release(&target);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

/* marks(image, level, target, n, seed, floor): bit 0 where a valid pixel is above a factor of its level, and bit 1
   where it is above another too */
static PyObject *marks(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer image, level, target;
    Py_ssize_t n;
    float seed, floor;
    if (!PyArg_ParseTuple(args, "y*y*w*nff", &image, &level, &target, &n, &seed, &floor))
        return NULL;
    const int fits = holds(&image, n, 4, "image") && holds(&level, n, 4, "level") && holds(&target, n, 1, "target");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        marks_of(image.buf, level.buf, target.buf, n, seed, floor);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&image);
    PyBuffer_Release(&level);
    PyBuffer_Release(&target);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

/* flat(source, target, n, nx, first, rows, limit): 1 where the 3 x 3 pixels round a valid one differ by no more than a
   limit, for some of the n rows of a band; returns how many there are */
static PyObject *flat(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer source, target;
    Py_ssize_t n, nx, first, rows, count = 0;
    float limit;
    if (!PyArg_ParseTuple(args, "y*w*nnnnf", &source, &target, &n, &nx, &first, &rows, &limit))
        return NULL;
    int fits = n >= 0 && nx >= 0 && first >= 0 && rows >= 0 && first + rows <= n;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "rows beyond the band");
    fits = fits && holds(&source, n * nx, 4, "source") && holds(&target, rows * nx, 1, "target");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        count = flat_of(source.buf, target.buf, n, nx, first, rows, limit);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&source);
    PyBuffer_Release(&target);
    if (!fits)
        return NULL;
    return PyLong_FromSsize_t(count);
}

static PyMethodDef methods[] = {
    {"exceeds", exceeds, METH_VARARGS, "Pixels above a factor of their level."},
    {"marks", marks, METH_VARARGS, "Pixels above a factor of their level, and above another too."},
    {"flat", flat, METH_VARARGS, "Pixels that differ little from their neighbours."},
    {NULL, NULL, 0, NULL},
};

MODULE(_levels, "Pixels compared with a level.", methods)
