/* Islands as runs of pixels: found in bytes, kept as bits and a label a run, and joined from row to row. */
#include <float.h>

#include "runs.h"

FOR_EACH_CPU static int64_t pack_row(const uint8_t *restrict pixels, Py_ssize_t nx, uint64_t flip,
                                     uint8_t *restrict bits)
{
    int64_t runs = 0;
    uint64_t last = 0;
    for (Py_ssize_t x = 0; x < nx; x += 64) {
        Py_ssize_t left = nx - x < 64 ? nx - x : 64;
        uint64_t word = set_pixels(pixels + x, left) ^ flip;
        if (left < 64)
            word &= ~(~UINT64_C(0) >> left);
        runs += __builtin_popcountll(word & ~(word >> 1 | last << 63));
        last = word & 1;
        word = first_highest(word);
        memcpy(bits + x / 8, &word, (size_t)(left + 7) / 8);
    }
    return runs;
}

/* pack(pixels, ny, nx, inverted, bits, per_row): bits of the pixels that are not 0, or that are; returns the number of
   runs, of which per_row has that of each row. */
static PyObject *pack(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer pixels, bits, per_row;
    Py_ssize_t ny, nx;
    int inverted;
    if (!PyArg_ParseTuple(args, "y*nnpw*w*", &pixels, &ny, &nx, &inverted, &bits, &per_row))
        return NULL;
    Py_ssize_t bytes = (nx + 7) / 8;
    int fits = holds(&pixels, ny * nx, 1, "pixels") && holds(&bits, ny * bytes, 1, "bits") &&
               holds(&per_row, ny, 4, "per_row");
    int64_t total = 0;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t y = 0; y < ny; y++) {
            int64_t runs = pack_row((uint8_t *)pixels.buf + y * nx, nx, inverted ? ~UINT64_C(0) : 0,
                                    (uint8_t *)bits.buf + y * bytes);
            ((int32_t *)per_row.buf)[y] = (int32_t)runs;
            total += runs;
        }
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&pixels);
    PyBuffer_Release(&bits);
    PyBuffer_Release(&per_row);
    return fits ? PyLong_FromLongLong(total) : NULL;
}

/* runs(bits, ny, nx, count, starts, ends): first column of each run, and the one beyond its last. */
static PyObject *runs(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer bits, starts, ends;
    Py_ssize_t ny, nx, count;
    if (!PyArg_ParseTuple(args, "y*nnnw*w*", &bits, &ny, &nx, &count, &starts, &ends))
        return NULL;
    Py_ssize_t bytes = (nx + 7) / 8;
    int fits = holds(&bits, ny * bytes, 1, "bits") && holds(&starts, count, 4, "starts") &&
               holds(&ends, count, 4, "ends");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        Py_ssize_t n = 0, start, end;
        for (Py_ssize_t y = 0; y < ny && n < count; y++) {
            Walk walk = along((uint8_t *)bits.buf + y * bytes, bytes);
            for (; n < count && next_run(&walk, nx, &start, &end); n++) {
                ((int32_t *)starts.buf)[n] = (int32_t)start;
                ((int32_t *)ends.buf)[n] = (int32_t)end;
            }
        }
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&bits);
    PyBuffer_Release(&starts);
    PyBuffer_Release(&ends);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

typedef struct {
    const int32_t *starts, *ends;
    int32_t *labels;
    Py_ssize_t count;
} Row;

static int32_t root(int32_t *parent, int32_t label)
{
    while (parent[label] != label) {
        parent[label] = parent[parent[label]];
        label = parent[label];
    }
    return label;
}

/* Label the runs of a row as those of the row above that they touch; the lowest label of an island is its root. */
static int32_t link_row(Row above, Row row, int32_t corners, int32_t *parent, int32_t count)
{
    Py_ssize_t first = 0;
    for (Py_ssize_t n = 0; n < row.count; n++) {
        int32_t start = row.starts[n] - corners, end = row.ends[n] + corners, label = -1;
        while (first < above.count && above.ends[first] <= start)
            first++;
        for (Py_ssize_t k = first; k < above.count && above.starts[k] < end; k++) {
            int32_t other = root(parent, above.labels[k]);
            if (label < 0 || other == label) {
                label = other;
            } else if (other < label) {
                parent[label] = other;
                label = other;
            } else {
                parent[other] = label;
            }
        }
        if (label < 0) {
            label = count++;
            parent[label] = label;
        }
        row.labels[n] = label;
    }
    return count;
}

/* link(per_row, starts, ends, labels, above_starts, above_ends, above_labels, corners, parent, count): label the runs
   of some rows, given those of the row above them; returns how many labels there are now. */
static PyObject *link_rows(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer per_row, starts, ends, labels, above_starts, above_ends, above_labels, parent;
    int corners, count;
    if (!PyArg_ParseTuple(args, "y*y*y*w*y*y*y*pw*i", &per_row, &starts, &ends, &labels, &above_starts, &above_ends,
                          &above_labels, &corners, &parent, &count))
        return NULL;
    Py_ssize_t rows = per_row.len / 4, total = starts.len / 4, above = above_starts.len / 4, expected = 0;
    for (Py_ssize_t y = 0; y < rows; y++)
        expected += ((int32_t *)per_row.buf)[y];
    int fits = holds(&starts, expected, 4, "starts") && holds(&ends, total, 4, "ends") &&
               holds(&labels, total, 4, "labels") && holds(&above_ends, above, 4, "above_ends") &&
               holds(&above_labels, above, 4, "above_labels") && holds(&parent, count + total, 4, "parent");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        Row last = {above_starts.buf, above_ends.buf, above_labels.buf, above};
        Py_ssize_t at = 0;
        for (Py_ssize_t y = 0; y < rows; y++) {
            Row row = {(int32_t *)starts.buf + at, (int32_t *)ends.buf + at, (int32_t *)labels.buf + at,
                       ((int32_t *)per_row.buf)[y]};
            count = link_row(last, row, corners, parent.buf, count);
            at += row.count;
            last = row;
        }
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&per_row);
    PyBuffer_Release(&starts);
    PyBuffer_Release(&ends);
    PyBuffer_Release(&labels);
    PyBuffer_Release(&above_starts);
    PyBuffer_Release(&above_ends);
    PyBuffer_Release(&above_labels);
    PyBuffer_Release(&parent);
    return fits ? PyLong_FromLong(count) : NULL;
}

/* resolve(parent, count): number the islands from 1, in place of the parent of each label; returns how many. */
static PyObject *resolve(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer parent;
    Py_ssize_t count;
    if (!PyArg_ParseTuple(args, "w*n", &parent, &count))
        return NULL;
    int fits = holds(&parent, count, 4, "parent");
    int32_t islands = 0;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        int32_t *label = parent.buf;
        /* A parent comes before its children, so its number is there already. */
        for (Py_ssize_t n = 0; n < count; n++)
            label[n] = label[n] == n ? ++islands : label[label[n]];
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&parent);
    return fits ? PyLong_FromLong(islands) : NULL;
}

/* The rows of bits, the labels of their runs and a table by label, of `clear` and `paint`. */
typedef struct {
    const uint8_t *bits;
    Py_ssize_t ny, nx, bytes;
    const int32_t *labels;
    Py_ssize_t count;
} Labelled;

static void clear_rows(Labelled of, uint8_t *bits, const uint8_t *keep)
{
    Py_ssize_t n = 0, start, end;
    for (Py_ssize_t y = 0; y < of.ny; y++) {
        Walk walk = along(of.bits + y * of.bytes, of.bytes);
        for (; n < of.count && next_run(&walk, of.nx, &start, &end); n++)
            if (!keep[of.labels[n]])
                clear_run(bits + y * of.bytes, start, end);
    }
}

static void paint_rows(Labelled of, int32_t *out, const int32_t *island)
{
    Py_ssize_t n = 0, start, end;
    for (Py_ssize_t y = 0; y < of.ny; y++) {
        Walk walk = along(of.bits + y * of.bytes, of.bytes);
        for (; n < of.count && next_run(&walk, of.nx, &start, &end); n++)
            for (Py_ssize_t x = start; x < end; x++)
                out[y * of.nx + x] = island[of.labels[n]];
    }
}

/* clear(bits, ny, nx, labels, keep): unset the runs whose label is not to be kept. */
static PyObject *clear(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer bits, labels, keep;
    Py_ssize_t ny, nx;
    if (!PyArg_ParseTuple(args, "w*nny*y*", &bits, &ny, &nx, &labels, &keep))
        return NULL;
    Labelled of = {bits.buf, ny, nx, (nx + 7) / 8, labels.buf, labels.len / 4};
    int fits = holds(&bits, ny * of.bytes, 1, "bits");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        clear_rows(of, bits.buf, keep.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&bits);
    PyBuffer_Release(&labels);
    PyBuffer_Release(&keep);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

/* paint(bits, ny, nx, labels, island, out): number of its island at each pixel; out is 0 elsewhere and stays so. */
static PyObject *paint(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer bits, labels, island, out;
    Py_ssize_t ny, nx;
    if (!PyArg_ParseTuple(args, "y*nny*y*w*", &bits, &ny, &nx, &labels, &island, &out))
        return NULL;
    Labelled of = {bits.buf, ny, nx, (nx + 7) / 8, labels.buf, labels.len / 4};
    int fits = holds(&bits, ny * of.bytes, 1, "bits") && holds(&out, ny * nx, 4, "out");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        paint_rows(of, out.buf, island.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&bits);
    PyBuffer_Release(&labels);
    PyBuffer_Release(&island);
    PyBuffer_Release(&out);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

/* A number that is higher for a higher value, and among equal ones for a later pixel. */
static inline uint64_t rank(float value, uint32_t pixel)
{
    uint32_t word;
    value += 0.0f; /* Both zeros are one. */
    memcpy(&word, &value, 4);
    word = word >> 31 ? ~word : word | UINT32_C(1) << 31;
    return (uint64_t)word << 32 | pixel;
}

typedef enum { ANY, SUM, RANK } Fact;

static void gather_row(Fact fact, const void *pixels, Row row, uint32_t first, void *out)
{
    for (Py_ssize_t n = 0; n < row.count; n++) {
        uint8_t any = 0;
        double sum = 0;
        uint64_t highest = 0;
        for (Py_ssize_t x = row.starts[n]; x < row.ends[n]; x++) {
            if (fact == ANY) {
                any |= ((const uint8_t *)pixels)[x];
            } else if (fact == SUM) {
                sum += ((const float *)pixels)[x];
            } else {
                uint64_t here = rank(((const float *)pixels)[x], first + (uint32_t)x);
                highest = here > highest ? here : highest;
            }
        }
        if (fact == ANY)
            ((uint8_t *)out)[n] = any;
        else if (fact == SUM)
            ((double *)out)[n] = sum;
        else
            ((uint64_t *)out)[n] = highest;
    }
}

static PyObject *gather(PyObject *args, Fact fact)
{
    const Py_ssize_t pixel = fact == ANY ? 1 : 4, item = fact == ANY ? 1 : 8;
    Py_buffer pixels, per_row, starts, ends, out;
    Py_ssize_t first_row, nx;
    if (!PyArg_ParseTuple(args, "y*nny*y*y*w*", &pixels, &first_row, &nx, &per_row, &starts, &ends, &out))
        return NULL;
    Py_ssize_t rows = per_row.len / 4, total = 0;
    for (Py_ssize_t y = 0; y < rows; y++)
        total += ((int32_t *)per_row.buf)[y];
    int fits = holds(&pixels, rows * nx, pixel, "pixels") && holds(&starts, total, 4, "starts") &&
               holds(&ends, total, 4, "ends") && holds(&out, total, item, "out");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        Py_ssize_t at = 0;
        for (Py_ssize_t y = 0; y < rows; y++) {
            Row row = {(int32_t *)starts.buf + at, (int32_t *)ends.buf + at, NULL, ((int32_t *)per_row.buf)[y]};
            gather_row(fact, (char *)pixels.buf + y * nx * pixel, row, (uint32_t)((first_row + y) * nx),
                       (char *)out.buf + at * item);
            at += row.count;
        }
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&pixels);
    PyBuffer_Release(&per_row);
    PyBuffer_Release(&starts);
    PyBuffer_Release(&ends);
    PyBuffer_Release(&out);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *any_of_runs(PyObject *self, PyObject *args)
{
    (void)self;
    return gather(args, ANY);
}

static PyObject *sums_of_runs(PyObject *self, PyObject *args)
{
    (void)self;
    return gather(args, SUM);
}

static PyObject *ranks_of_runs(PyObject *self, PyObject *args)
{
    (void)self;
    return gather(args, RANK);
}

FOR_EACH_CPU static void mark(const float *restrict signal, Py_ssize_t n, float seed, float flood,
                              uint8_t *restrict marks)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        int32_t floor = (signal[i] > flood) & (signal[i] <= FLT_MAX);
        int32_t seeded = signal[i] >= seed;
        marks[i] = (uint8_t)(floor + 2 * (floor & seeded));
    }
}

/* snr_marks(signal, n, seed, flood, marks): 1 for a finite pixel above `flood`, 3 if it is at or above `seed` too. */
static PyObject *snr_marks(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer signal, marks;
    Py_ssize_t n;
    float seed, flood;
    if (!PyArg_ParseTuple(args, "y*nffw*", &signal, &n, &seed, &flood, &marks))
        return NULL;
    int fits = holds(&signal, n, 4, "signal") && holds(&marks, n, 1, "marks");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        mark(signal.buf, n, seed, flood, marks.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&signal);
    PyBuffer_Release(&marks);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

#define LANES 16

/* As many maxima and counts as a vector has lanes: a loop over one of each would not become vectors. */
FOR_EACH_CPU static int64_t survey(const float *values, Py_ssize_t n, float *highest)
{
    float lane[LANES];
    int64_t valid = 0;
    for (int k = 0; k < LANES; k++)
        lane[k] = -INFINITY;
    Py_ssize_t i = 0;
    while (n - i >= LANES) {
        int32_t counts[LANES] = {0};
        Py_ssize_t stop = n - i > 1 << 20 ? i + (1 << 20) : n;
        for (; stop - i >= LANES; i += LANES)
            for (int k = 0; k < LANES; k++) {
                float value = values[i + k];
                int32_t finite = fabsf(value) <= FLT_MAX;
                counts[k] += finite;
                value = finite ? value : -INFINITY;
                lane[k] = value > lane[k] ? value : lane[k];
            }
        for (int k = 0; k < LANES; k++)
            valid += counts[k];
    }
    for (; i < n; i++) {
        int finite = fabsf(values[i]) <= FLT_MAX;
        valid += finite;
        lane[0] = finite && values[i] > lane[0] ? values[i] : lane[0];
    }
    for (int k = 0; k < LANES; k++)
        *highest = lane[k] > *highest ? lane[k] : *highest;
    return valid;
}

/* highest_and_valid(values, n): the highest of the finite values, minus infinity if there is none, and their number. */
static PyObject *highest_and_valid(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer values;
    Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "y*n", &values, &n))
        return NULL;
    int fits = holds(&values, n, 4, "values");
    float highest = -INFINITY;
    int64_t valid = 0;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        valid = survey(values.buf, n, &highest);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&values);
    return fits ? Py_BuildValue("dL", (double)highest, (long long)valid) : NULL;
}

static PyMethodDef methods[] = {
    {"pack", pack, METH_VARARGS, "Bits of pixels, and the number of their runs."},
    {"runs", runs, METH_VARARGS, "Where the runs of rows of bits are."},
    {"link", link_rows, METH_VARARGS, "Label runs as those that they touch."},
    {"resolve", resolve, METH_VARARGS, "Number the islands of labels."},
    {"clear", clear, METH_VARARGS, "Unset runs by label."},
    {"paint", paint, METH_VARARGS, "Number of the island of each pixel."},
    {"any_of_runs", any_of_runs, METH_VARARGS, "Bits that any pixel of a run has."},
    {"sums_of_runs", sums_of_runs, METH_VARARGS, "Sums over runs, from left to right."},
    {"ranks_of_runs", ranks_of_runs, METH_VARARGS, "Value and place of the highest pixel of runs."},
    {"snr_marks", snr_marks, METH_VARARGS, "Pixels of the floor and of the seeds."},
    {"highest_and_valid", highest_and_valid, METH_VARARGS, "Highest finite value, and how many there are."},
    {NULL, NULL, 0, NULL},
};

MODULE(_islands, "Islands as runs of pixels.", methods)
