/* Erosion on runs: where the chords of a kernel fit into the runs of pixels of its rows. */
#include "runs.h"

/* Part of a row of the kernel: `length` pixels from column `left` in row `down`, counted from the origin. */
typedef struct {
    int32_t down, left, length;
} Chord;

/* Places in a row: from `start` up to `end`. */
typedef struct {
    int32_t start, end;
} Span;

/* Runs of the rows of a window that are long enough for some chord. */
typedef struct {
    Span *spans;
    Py_ssize_t *first;
    Py_ssize_t capacity;
} Runs;

/* Find the runs of at least `least` pixels of all rows; 0 if there is no memory for them. */
static int find_runs(Runs *runs, const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, int32_t least)
{
    Py_ssize_t bytes = (nx + 7) / 8, most = nx / ((Py_ssize_t)least + 1) + 1, n = 0, start, end;
    for (Py_ssize_t y = 0; y < ny; y++) {
        runs->first[y] = n;
        if (runs->capacity - n < most) {
            Py_ssize_t capacity = runs->capacity + runs->capacity / 2 + most;
            Span *spans = realloc(runs->spans, (size_t)capacity * sizeof *spans);
            if (!spans)
                return 0;
            runs->spans = spans;
            runs->capacity = capacity;
        }
        Walk walk = along(bits + y * bytes, bytes);
        while (next_run(&walk, nx, &start, &end))
            if (end - start >= least)
                runs->spans[n++] = (Span){(int32_t)start, (int32_t)end};
    }
    runs->first[ny] = n;
    return 1;
}

/* The first of some runs that ends at `column` or beyond it. */
static const Span *ending_from(const Span *from, const Span *to, int32_t column)
{
    while (from < to) {
        const Span *middle = from + (to - from) / 2;
        if (middle->end < column)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* Those of `count` places of the origin at which a chord lies in one of some runs; returns how many spans they are. */
static Py_ssize_t fitting(const Span *places, Py_ssize_t count, Chord chord, const Span *run, const Span *beyond,
                          Span *out)
{
    Py_ssize_t n = 0;
    for (Py_ssize_t k = 0; k < count; k++) {
        int32_t before = chord.left + chord.length;
        run = ending_from(run, beyond, places[k].start + before);
        for (const Span *here = run; here < beyond && here->start < places[k].end + chord.left; here++) {
            int32_t start = here->start - chord.left, end = here->end - before + 1;
            start = start > places[k].start ? start : places[k].start;
            end = end < places[k].end ? end : places[k].end;
            if (start < end)
                out[n++] = (Span){start, end};
        }
    }
    return n;
}

/* Set the pixels of row `y` at which all chords fit; `places` and `spare` hold as many spans as a row may have. */
static void erode_row(const Runs *runs, Py_ssize_t ny, Py_ssize_t nx, Py_ssize_t y, const Chord *chords,
                      Py_ssize_t count, Span *places, Span *spare, uint8_t *out)
{
    Py_ssize_t n = 1;
    places[0] = (Span){0, (int32_t)nx};
    for (Py_ssize_t k = 0; k < count && n; k++) {
        Py_ssize_t row = y + chords[k].down;
        if (row < 0 || row >= ny)
            return;
        const Span *run = runs->spans + runs->first[row], *beyond = runs->spans + runs->first[row + 1];
        n = fitting(places, n, chords[k], run, beyond, spare);
        Span *swapped = places;
        places = spare;
        spare = swapped;
    }
    for (Py_ssize_t k = 0; k < n; k++)
        set_run(out, places[k].start, places[k].end);
}

static int erode_rows(const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, const Chord *chords, Py_ssize_t count,
                      Py_ssize_t start, Py_ssize_t stop, uint8_t *out)
{
    int32_t least = chords[0].length;
    for (Py_ssize_t k = 1; k < count; k++)
        least = chords[k].length < least ? chords[k].length : least;
    Runs runs = {NULL, malloc((size_t)(ny + 1) * sizeof *runs.first), 0};
    size_t most = (size_t)(nx + 1) * sizeof(Span);
    Span *places = malloc(most), *spare = malloc(most);
    int enough = runs.first && places && spare && find_runs(&runs, bits, ny, nx, least);
    if (enough)
        for (Py_ssize_t y = start; y < stop; y++)
            erode_row(&runs, ny, nx, y, chords, count, places, spare, out + (y - start) * ((nx + 7) / 8));
    free(runs.spans);
    free(runs.first);
    free(places);
    free(spare);
    return enough;
}

/* erode(bits, ny, nx, chords, start, stop, out): set in `out`, rows of bits from `start` up to `stop`, the pixels at
   which all chords lie on set pixels. Chords are checked in their order: those at which most places fail come first. */
static PyObject *erode(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer bits, chords, out;
    Py_ssize_t ny, nx, start, stop;
    if (!PyArg_ParseTuple(args, "y*nny*nnw*", &bits, &ny, &nx, &chords, &start, &stop, &out))
        return NULL;
    Py_ssize_t bytes = (nx + 7) / 8;
    int fits = holds(&bits, ny * bytes, 1, "bits") && holds(&out, (stop - start) * bytes, 1, "out") &&
               holds(&chords, 1, sizeof(Chord), "chords"), enough = 1;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        enough = erode_rows(bits.buf, ny, nx, chords.buf, chords.len / (Py_ssize_t)sizeof(Chord), start, stop, out.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&bits);
    PyBuffer_Release(&chords);
    PyBuffer_Release(&out);
    if (!fits)
        return NULL;
    if (!enough)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

#define SET_BITS(name, type)                                                                                          \
    static void name(const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, type value, type *out)                        \
    {                                                                                                                 \
        Py_ssize_t bytes = (nx + 7) / 8, start, end;                                                                  \
        for (Py_ssize_t y = 0; y < ny; y++) {                                                                         \
            Walk walk = along(bits + y * bytes, bytes);                                                               \
            while (next_run(&walk, nx, &start, &end))                                                                 \
                for (Py_ssize_t x = start; x < end; x++)                                                              \
                    out[y * nx + x] |= value;                                                                         \
        }                                                                                                             \
    }

SET_BITS(set_in_bytes, uint8_t)
SET_BITS(set_in_shorts, uint16_t)
SET_BITS(set_in_words, uint32_t)

/* set_bit(bits, ny, nx, bit, size, out): set a bit of integers of `size` bytes where a mask is set. */
static PyObject *set_bit(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer bits, out;
    Py_ssize_t ny, nx;
    int bit, size;
    if (!PyArg_ParseTuple(args, "y*nniiw*", &bits, &ny, &nx, &bit, &size, &out))
        return NULL;
    int fits = holds(&bits, ny * ((nx + 7) / 8), 1, "bits") && holds(&out, ny * nx, size, "out");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        uint32_t value = UINT32_C(1) << bit;
        if (size == 1)
            set_in_bytes(bits.buf, ny, nx, (uint8_t)value, out.buf);
        else if (size == 2)
            set_in_shorts(bits.buf, ny, nx, (uint16_t)value, out.buf);
        else
            set_in_words(bits.buf, ny, nx, value, out.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&bits);
    PyBuffer_Release(&out);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"erode", erode, METH_VARARGS, "Pixels at which a kernel lies on set pixels."},
    {"set_bit", set_bit, METH_VARARGS, "Set a bit of integers where a mask is set."},
    {NULL, NULL, 0, NULL},
};

MODULE(_erosion, "Erosion on runs.", methods)
