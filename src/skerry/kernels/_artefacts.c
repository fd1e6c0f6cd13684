/* Artefacts round bright sources: how deep the signal is in each ring and sector, and the level that follows. */
#include "native.h"

/* Depth of the deepest pixel below -least of each sector and ring round a pixel of a band; 0 where there is none. */
static void depths(const float *band, Py_ssize_t ny, Py_ssize_t nx, Py_ssize_t y, Py_ssize_t x, const uint16_t *ring_of,
                   Py_ssize_t reach, Py_ssize_t rings, Py_ssize_t sectors, float least, float *depth)
{
    const double turn = sectors / 6.283185307179586;
    memset(depth, 0, (size_t)(sectors * rings) * sizeof *depth);
    Py_ssize_t first = y > reach ? y - reach : 0, last = y + reach < ny - 1 ? y + reach : ny - 1;
    Py_ssize_t left = x > reach ? x - reach : 0, right = x + reach < nx - 1 ? x + reach : nx - 1;
    for (Py_ssize_t row = first; row <= last; row++) {
        const float *pixel = band + row * nx;
        Py_ssize_t dy = row - y;
        for (Py_ssize_t column = left; column <= right; column++) {
            float value = pixel[column];
            if (!(value < -least) || isinf(value))
                continue;
            Py_ssize_t dx = column - x, ring = ring_of[dy * dy + dx * dx];
            if (ring >= rings)
                continue;
            Py_ssize_t sector = (Py_ssize_t)floor(atan2((double)dy, (double)dx) * turn) % sectors;
            float *deepest = depth + (sector < 0 ? sector + sectors : sector) * rings + ring;
            if (-value > *deepest)
                *deepest = -value;
        }
    }
}

/* sector_depths(band, ny, nx, places, n, ring_of, reach, rings, sectors, least, depth): for each of n places (row in the
   band, column; int64) the table of its depths, float32 of shape (n, sectors, rings). `ring_of` has the ring of each
   squared distance up to twice the square of the reach, uint16. */
static PyObject *sector_depths(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer band, places, ring_of, depth;
    Py_ssize_t ny, nx, n, reach, rings, sectors;
    float least;
    if (!PyArg_ParseTuple(args, "y*nny*ny*nnnfw*", &band, &ny, &nx, &places, &n, &ring_of, &reach, &rings, &sectors,
                          &least, &depth))
        return NULL;
    int fits = ny >= 0 && nx >= 0 && reach >= 0 && rings >= 0 && sectors > 0 && holds(&band, ny * nx, 4, "band") &&
               holds(&places, 2 * n, 8, "places") && holds(&ring_of, 2 * reach * reach + 1, 2, "ring_of") &&
               holds(&depth, n * sectors * rings, 4, "depth");
    if (fits) {
        const int64_t *place = places.buf;
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < n; i++)
            depths(band.buf, ny, nx, place[2 * i], place[2 * i + 1], ring_of.buf, reach, rings, sectors, least,
                   (float *)depth.buf + i * sectors * rings);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&band);
    PyBuffer_Release(&places);
    PyBuffer_Release(&ring_of);
    PyBuffer_Release(&depth);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

/* Raise a level to the depth at each distance from a place, which may lie outside the band. */
static void raise_round(float *level, Py_ssize_t ny, Py_ssize_t nx, Py_ssize_t y, Py_ssize_t x, const uint16_t *ring_of,
                        Py_ssize_t reach, Py_ssize_t rings, const float *depth)
{
    Py_ssize_t used = rings;
    while (used > 0 && !(depth[used - 1] > 0))
        used--;
    if (used == 0)
        return;
    reach = (used * reach + rings - 1) / rings;
    Py_ssize_t first = y > reach ? y - reach : 0, last = y + reach < ny - 1 ? y + reach : ny - 1;
    Py_ssize_t left = x > reach ? x - reach : 0, right = x + reach < nx - 1 ? x + reach : nx - 1;
    for (Py_ssize_t row = first; row <= last; row++) {
        float *pixel = level + row * nx;
        Py_ssize_t dy = row - y;
        for (Py_ssize_t column = left; column <= right; column++) {
            Py_ssize_t dx = column - x, ring = ring_of[dy * dy + dx * dx];
            if (ring < used && depth[ring] > pixel[column])
                pixel[column] = depth[ring];
        }
    }
}

/* raise_rounds(level, ny, nx, places, n, ring_of, reach, rings, depth): the same for n places (int64 rows and columns)
   with their depths, float32 of shape (n, rings). */
static PyObject *raise_rounds(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer level, places, ring_of, depth;
    Py_ssize_t ny, nx, n, reach, rings;
    if (!PyArg_ParseTuple(args, "w*nny*ny*nny*", &level, &ny, &nx, &places, &n, &ring_of, &reach, &rings, &depth))
        return NULL;
    int fits = ny >= 0 && nx >= 0 && reach >= 0 && rings >= 0 && holds(&level, ny * nx, 4, "level") &&
               holds(&places, 2 * n, 8, "places") && holds(&ring_of, 2 * reach * reach + 1, 2, "ring_of") &&
               holds(&depth, n * rings, 4, "depth");
    if (fits) {
        const int64_t *place = places.buf;
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < n; i++)
            raise_round(level.buf, ny, nx, place[2 * i], place[2 * i + 1], ring_of.buf, reach, rings,
                        (const float *)depth.buf + i * rings);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&level);
    PyBuffer_Release(&places);
    PyBuffer_Release(&ring_of);
    PyBuffer_Release(&depth);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"sector_depths", sector_depths, METH_VARARGS, "Depths round places of a band, by sector and ring."},
    {"raise_rounds", raise_rounds, METH_VARARGS, "Raise a level round places."},
    {NULL, NULL, 0, NULL},
};

MODULE(_artefacts, "Artefacts round bright sources.", methods)
