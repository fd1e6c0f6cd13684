/* A mesh of boxes over an image: the pixels of boxes laid together to be measured, and values of boxes spread over the
   pixels by a spline. */
#include "native.h"

#include <float.h>

#define LIMIT(value, low, high) ((value) < (low) ? (low) : (value) > (high) ? (high) : (value))

static inline int is_valid(float value)
{
    return fabsf(value) <= FLT_MAX;
}

/* One row of one box: pixels that are not to be used become 0 and are flagged. Gives how many are to be used. */
FOR_EACH_CPU static int32_t gather_row(const float *restrict image, const uint8_t *restrict masked, Py_ssize_t width,
                                       float *restrict pixels, uint8_t *restrict flags)
{
    int32_t good = 0;
    for (Py_ssize_t i = 0; i < width; i++) {
        int usable = is_valid(image[i]) & (masked == NULL || !masked[i]);
        pixels[i] = usable ? image[i] : 0.0f;
        flags[i] = (uint8_t)!usable;
        good += usable;
    }
    return good;
}

/* gather(image, masked, ny, nx, first, width, count, stride, pixels, flags, good): pixels of `count` boxes beside each
   other, each ny rows of `width` pixels, the first from column `first`; box k begins at pixels[k * stride], and what is
   left of its stride is flagged. `masked` may be None. */
static PyObject *gather(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer image, masked, pixels, flags, good;
    Py_ssize_t ny, nx, first, width, count, stride;
    if (!PyArg_ParseTuple(args, "y*z*nnnnnnw*w*w*", &image, &masked, &ny, &nx, &first, &width, &count, &stride, &pixels,
                          &flags, &good))
        return NULL;
    int fits = first >= 0 && width > 0 && count >= 0 && first + width * count <= nx && stride >= ny * width;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "boxes outside of the image");
    fits = fits && holds(&image, ny * nx, 4, "image") && (masked.buf == NULL || holds(&masked, ny * nx, 1, "masked")) &&
           holds(&pixels, count * stride, 4, "pixels") && holds(&flags, count * stride, 1, "flags") &&
           holds(&good, count, 4, "good");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t k = 0; k < count; k++) {
            float *box = (float *)pixels.buf + k * stride;
            uint8_t *box_flags = (uint8_t *)flags.buf + k * stride;
            int32_t usable = 0;
            for (Py_ssize_t y = 0; y < ny; y++) {
                Py_ssize_t from = y * nx + first + k * width;
                usable += gather_row((const float *)image.buf + from,
                                     masked.buf == NULL ? NULL : (const uint8_t *)masked.buf + from, width,
                                     box + y * width, box_flags + y * width);
            }
            for (Py_ssize_t i = ny * width; i < stride; i++) {
                box[i] = 0.0f;
                box_flags[i] = 1;
            }
            ((int32_t *)good.buf)[k] = usable;
        }
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&image);
    PyBuffer_Release(&masked);
    PyBuffer_Release(&pixels);
    PyBuffer_Release(&flags);
    PyBuffer_Release(&good);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

/* A row of nodes between two rows of the mesh. */
FOR_EACH_CPU static void node_row(const float *restrict low, const float *restrict high, const float *restrict curve_low,
                                  const float *restrict curve_high, double t, Py_ssize_t count, float *restrict nodes)
{
    double s = 1 - t, s3 = s * s * s - s, t3 = t * t * t - t;
    for (Py_ssize_t i = 0; i < count; i++)
        nodes[i] = (float)(s * low[i] + t * high[i] + s3 * curve_low[i] + t3 * curve_high[i]);
}

/* Pixels from `start` up to `stop` between two nodes, with the four weights of each column. */
FOR_EACH_CPU static void between_nodes(const float *restrict weights, Py_ssize_t nx, Py_ssize_t start, Py_ssize_t stop,
                                       float low, float high, float curve_low, float curve_high, float *restrict out)
{
    const float *restrict w0 = weights, *restrict w1 = w0 + nx, *restrict w2 = w1 + nx, *restrict w3 = w2 + nx;
    for (Py_ssize_t x = start; x < stop; x++)
        out[x] = w0[x] * low + w1[x] * high + w2[x] * curve_low + w3[x] * curve_high;
}

FOR_EACH_CPU static void clip_pixels(float *restrict out, Py_ssize_t count, float low, float high)
{
    for (Py_ssize_t x = 0; x < count; x++)
        out[x] = LIMIT(out[x], low, high);
}

FOR_EACH_CPU static void spoil_invalid(const float *restrict image, Py_ssize_t count, float *restrict out)
{
    for (Py_ssize_t x = 0; x < count; x++)
        out[x] = is_valid(image[x]) ? out[x] : NAN;
}

/* spread(mesh, weights, bounds, image, my, mx, height, width, start, stop, nx, out): rows from `start` up to `stop` of
   a spline through the centres of boxes. `mesh` has the values of my x mx boxes, then their curvatures in y, in x and in
   both; `weights` the four weights of each column; `bounds`, which may be None, the lowest and then the highest values
   that the pixels of each box may have; where `image`, the same rows of an image, is invalid, so is the result. */
static PyObject *spread(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer mesh, weights, bounds, image, out;
    Py_ssize_t my, mx, height, width, start, stop, nx;
    if (!PyArg_ParseTuple(args, "y*y*z*y*nnnnnnnw*", &mesh, &weights, &bounds, &image, &my, &mx, &height, &width, &start,
                          &stop, &nx, &out))
        return NULL;
    Py_ssize_t size = my * mx, pixels = (stop - start) * nx;
    int fits = my > 0 && mx > 0 && height > 0 && width > 0 && start >= 0 && stop >= start && stop <= my * height &&
               nx <= mx * width && nx > (mx - 1) * width;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "boxes that do not cover the image");
    fits = fits && holds(&mesh, 4 * size, 4, "mesh") && holds(&weights, 4 * nx, 4, "weights") &&
           (bounds.buf == NULL || holds(&bounds, 2 * size, 4, "bounds")) && holds(&image, pixels, 4, "image") &&
           holds(&out, pixels, 4, "out");
    float *nodes = fits ? malloc(2 * (size_t)mx * sizeof(float)) : NULL;
    if (nodes != NULL) {
        Py_BEGIN_ALLOW_THREADS
        const float *values = mesh.buf;
        for (Py_ssize_t y = start; y < stop; y++) {
            float *row = (float *)out.buf + (y - start) * nx;
            double t = (double)y / (double)height - 0.5;
            Py_ssize_t below = my < 2 ? 0 : (Py_ssize_t)LIMIT(floor(t), 0, my - 2), above = my < 2 ? 0 : below + 1;
            t = my < 2 ? 0 : t - (double)below;
            for (int i = 0; i < 2; i++) {
                const float *part = values + 2 * i * size, *curves = part + size;
                node_row(part + below * mx, part + above * mx, curves + below * mx, curves + above * mx, t, mx,
                         nodes + i * mx);
            }
            for (Py_ssize_t k = 0; k < (mx < 2 ? 1 : mx - 1); k++) {
                Py_ssize_t next = mx < 2 ? 0 : k + 1;
                between_nodes(weights.buf, nx, k == 0 ? 0 : k * width + width / 2,
                              next >= mx - 1 ? nx : next * width + width / 2, nodes[k], nodes[next], nodes[mx + k],
                              nodes[mx + next], row);
            }
            for (Py_ssize_t k = 0; bounds.buf != NULL && k < mx; k++) {
                const float *low = (const float *)bounds.buf + y / height * mx + k;
                clip_pixels(row + k * width, k == mx - 1 ? nx - k * width : width, low[0], low[size]);
            }
            spoil_invalid((const float *)image.buf + (y - start) * nx, nx, row);
        }
        Py_END_ALLOW_THREADS
        free(nodes);
    }
    PyBuffer_Release(&mesh);
    PyBuffer_Release(&weights);
    PyBuffer_Release(&bounds);
    PyBuffer_Release(&image);
    PyBuffer_Release(&out);
    if (!fits)
        return NULL;
    if (nodes == NULL)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

FOR_EACH_CPU static void mark_pixels(const float *restrict image, const float *restrict rms, float level, float floor,
                                     float seed, Py_ssize_t n, uint8_t *restrict marks)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        float excess = image[i] - level;
        int above = (rms[i] > 0) & (excess > floor * rms[i]);
        marks[i] = (uint8_t)(above | (above & (excess > seed * rms[i])) << 1);
    }
}

/* mark_excess(image, rms, level, floor, seed, n, marks): 1 where the image is more than `floor` times a positive rms
   above a level, 3 where it is more than `seed` times above it too. */
static PyObject *mark_excess(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer image, rms, marks;
    float level, floor, seed;
    Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "y*y*fffnw*", &image, &rms, &level, &floor, &seed, &n, &marks))
        return NULL;
    int fits = holds(&image, n, 4, "image") && holds(&rms, n, 4, "rms") && holds(&marks, n, 1, "marks");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        mark_pixels(image.buf, rms.buf, level, floor, seed, n, marks.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&image);
    PyBuffer_Release(&rms);
    PyBuffer_Release(&marks);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"gather", gather, METH_VARARGS, "Lay the pixels of boxes together."},
    {"spread", spread, METH_VARARGS, "Rows of a spline through the centres of boxes."},
    {"mark_excess", mark_excess, METH_VARARGS, "Mark pixels above one and two clips."},
    {NULL, NULL, 0, NULL},
};

MODULE(_mesh, "A mesh of boxes over an image.", methods)
