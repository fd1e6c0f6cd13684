/* Pixels compared with a level of their own, and with their neighbours. */
#include "native.h"
#include <float.h>

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

/* Take a row into the lowest pixels of its columns, and the negative of the highest ones. */
FOR_EACH_CPU static void join_rows(const float *restrict row, float *restrict lows, float *restrict highs, Py_ssize_t n)
{
    for (Py_ssize_t x = 0; x < n; x++) {
        const int valid = is_valid(row[x]);
        lows[x] = least(valid ? row[x] : INFINITY, lows[x]);
        highs[x] = least(valid ? -row[x] : INFINITY, highs[x]);
    }
}

FOR_EACH_CPU static int32_t flat_row(const float *restrict pixels, const float *restrict lows,
                                     const float *restrict highs, uint8_t *restrict target, Py_ssize_t n, float limit)
{
    int32_t count = 0;
    for (Py_ssize_t x = 0; x < n; x++) {
        const float low = least(least(lows[x], lows[x + 1]), lows[x + 2]);
        const float high = -least(least(highs[x], highs[x + 1]), highs[x + 2]);
        const int flat = (high - low <= limit) & is_valid(pixels[x]);
        target[x] = flat;
        count += flat;
    }
    return count;
}

/* Flat pixels of some rows of a band, whose number it returns; -1 for want of memory. */
static Py_ssize_t flat_of(const float *source, uint8_t *target, Py_ssize_t n, Py_ssize_t nx, Py_ssize_t first,
                          Py_ssize_t rows, float limit)
{
    float *lows = malloc(2 * (nx + 2) * sizeof(float));
    if (!lows)
        return -1;
    float *highs = lows + nx + 2;
    Py_ssize_t count = 0;
    for (Py_ssize_t y = first; y < first + rows; y++) {
        for (Py_ssize_t x = 0; x < 2 * (nx + 2); x++)
            lows[x] = INFINITY;
        for (Py_ssize_t around = y > 0 ? y - 1 : 0; around < n && around < y + 2; around++)
            join_rows(source + around * nx, lows + 1, highs + 1, nx);
        count += flat_row(source + y * nx, lows, highs, target + (y - first) * nx, nx, limit);
    }
    free(lows);
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
    Py_ssize_t n, nx, first, rows, count = -1;
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
    return count < 0 ? PyErr_NoMemory() : PyLong_FromSsize_t(count);
}

static PyMethodDef methods[] = {
    {"exceeds", exceeds, METH_VARARGS, "Pixels above a factor of their level."},
    {"marks", marks, METH_VARARGS, "Pixels above a factor of their level, and above another too."},
    {"flat", flat, METH_VARARGS, "Pixels that differ little from their neighbours."},
    {NULL, NULL, 0, NULL},
};

MODULE(_levels, "Pixels compared with a level.", methods)
