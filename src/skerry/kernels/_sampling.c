/* A mask kept by its set pixels, and its nearest pixels on a grid whose positions are interpolated between nodes. */
#include "native.h"

enum { WORD = 64 };

static inline int64_t value_at(const void *values, Py_ssize_t n, int itemsize)
{
    if (itemsize == 1)
        return ((const uint8_t *)values)[n];
    return itemsize == 2 ? ((const int16_t *)values)[n] : ((const int32_t *)values)[n];
}

typedef struct {
    int64_t lowest, highest;
} Found;

/* Bits of the pixels of one row that are not 0. */
static void pack_row(const char *row, int itemsize, Py_ssize_t width, uint64_t *bits, Found *found)
{
    /* Masks are 0 almost everywhere: eight bytes at a time tell so. */
    int per_look = 8 / itemsize;
    for (Py_ssize_t first = 0; first < width; first += WORD) {
        Py_ssize_t count = width - first < WORD ? width - first : WORD;
        uint64_t word = 0;
        for (Py_ssize_t i = 0; i < count; i += per_look) {
            if (i + per_look <= count) {
                uint64_t look;
                memcpy(&look, row + (first + i) * itemsize, 8);
                if (!look)
                    continue;
            }
            for (Py_ssize_t j = i; j < count && j < i + per_look; j++) {
                int64_t value = value_at(row, first + j, itemsize);
                if (!value)
                    continue;
                word |= UINT64_C(1) << j;
                found->lowest = value < found->lowest ? value : found->lowest;
                found->highest = value > found->highest ? value : found->highest;
            }
        }
        bits[first / WORD] = word;
    }
}

/* pack(rows, itemsize, ny, stride, first, width, bits) -> (lowest, highest) */
static PyObject *pack(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer rows, bits;
    int itemsize;
    Py_ssize_t ny, stride, first, width;
    if (!PyArg_ParseTuple(args, "y*innnnw*", &rows, &itemsize, &ny, &stride, &first, &width, &bits))
        return NULL;
    Py_ssize_t words = (width + WORD - 1) / WORD;
    int fits = holds(&rows, ny * stride, itemsize, "rows") && holds(&bits, ny * words, 8, "bits");
    if (fits && (first < 0 || width < 0 || first + width > stride)) {
        PyErr_SetString(PyExc_ValueError, "columns are not those of the rows");
        fits = 0;
    }
    Found found = {INT64_MAX, 0};
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t y = 0; y < ny; y++)
            pack_row((const char *)rows.buf + (y * stride + first) * itemsize, itemsize, width,
                     (uint64_t *)bits.buf + y * words, &found);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&rows);
    PyBuffer_Release(&bits);
    if (!fits)
        return NULL;
    return Py_BuildValue("LL", (long long)(found.highest ? found.lowest : 0), (long long)found.highest);
}

typedef struct {
    Py_ssize_t ny, nx, words;
    const uint64_t *bits;
    const uint32_t *ranks;
    const int64_t *starts;
    const void *values; /* of the set pixels, row by row; none if `constant` is the value of all */
    Py_ssize_t count;
    int itemsize;
    int64_t constant;
} Mask;

static inline int64_t pixel(const Mask *mask, int64_t x, int64_t y)
{
    if (x < 0 || y < 0 || x >= mask->nx || y >= mask->ny)
        return 0;
    Py_ssize_t place = y * mask->words + x / WORD;
    uint64_t word = mask->bits[place], bit = UINT64_C(1) << (x % WORD);
    if (!(word & bit))
        return 0;
    if (!mask->values)
        return mask->constant;
    int64_t n = mask->starts[y] + mask->ranks[place] + __builtin_popcountll(word & (bit - 1));
    return n < mask->count ? value_at(mask->values, n, mask->itemsize) : 0;
}

static inline double least(double a, double b, double c, double d)
{
    return fmin(fmin(a, b), fmin(c, d));
}

/* Whether any pixel is set in the rectangle round four positions. */
static int any_set(const Mask *mask, const double x[4], const double y[4], double around)
{
    double left = floor(least(x[0], x[1], x[2], x[3]) + 0.5 - around);
    double right = floor(0.5 + around - least(-x[0], -x[1], -x[2], -x[3]));
    double bottom = floor(least(y[0], y[1], y[2], y[3]) + 0.5 - around);
    double top = floor(0.5 + around - least(-y[0], -y[1], -y[2], -y[3]));
    if (!(right >= 0 && top >= 0 && left < mask->nx && bottom < mask->ny))
        return 0;
    Py_ssize_t first = left > 0 ? (Py_ssize_t)left / WORD : 0;
    Py_ssize_t last = right < mask->nx ? (Py_ssize_t)right / WORD : mask->words - 1;
    Py_ssize_t from = bottom > 0 ? (Py_ssize_t)bottom : 0, to = top < mask->ny ? (Py_ssize_t)top : mask->ny - 1;
    for (Py_ssize_t row = from; row <= to; row++)
        for (Py_ssize_t w = first; w <= last; w++)
            if (mask->bits[row * mask->words + w])
                return 1;
    return 0;
}

typedef struct {
    Py_ssize_t rows, columns; /* of the output */
    Py_ssize_t first;         /* row of the output in the first row of cells */
    int itemsize;
    char *out;
    uint8_t *unsure;
} Output;

static inline void put(const Output *output, Py_ssize_t n, int64_t value)
{
    if (output->itemsize == 1)
        ((uint8_t *)output->out)[n] = (uint8_t)value;
    else if (output->itemsize == 2)
        ((int16_t *)output->out)[n] = (int16_t)value;
    else
        ((int32_t *)output->out)[n] = (int32_t)value;
}

/* The other pixel that a position may lie in, which is known to within `around`; the same if there is none. */
static inline int64_t beside(double position, int64_t nearest, double around)
{
    double within = position + 0.5 - (double)nearest;
    return within < around ? nearest - 1 : within > 1 - around ? nearest + 1 : nearest;
}

/* One cell: its pixels from the rows `top` to `bottom` of the image and the columns `left` to `right`. */
FOR_EACH_CPU static void sample_cell(const Mask *mask, const Output *output, const double x[4], const double y[4],
                                     double around, double step, Py_ssize_t cell_top, Py_ssize_t top,
                                     Py_ssize_t bottom, Py_ssize_t left, Py_ssize_t right)
{
    for (Py_ssize_t row = top; row < bottom; row++) {
        double down = (double)(row - cell_top) / step;
        double x_left = x[0] + (x[2] - x[0]) * down, x_right = x[1] + (x[3] - x[1]) * down;
        double y_left = y[0] + (y[2] - y[0]) * down, y_right = y[1] + (y[3] - y[1]) * down;
        Py_ssize_t n = (row - output->first) * output->columns + left;
        for (Py_ssize_t column = left; column < right; column++, n++) {
            double across = (double)(column - left) / step;
            double at_x = x_left + (x_right - x_left) * across, at_y = y_left + (y_right - y_left) * across;
            int64_t i = (int64_t)floor(at_x + 0.5), j = (int64_t)floor(at_y + 0.5);
            int64_t value = pixel(mask, i, j);
            int64_t other_i = beside(at_x, i, around), other_j = beside(at_y, j, around);
            if ((other_i != i || other_j != j) &&
                (pixel(mask, other_i, j) != value || pixel(mask, i, other_j) != value ||
                 pixel(mask, other_i, other_j) != value)) {
                output->unsure[n] = 1;
                continue;
            }
            if (value)
                put(output, n, value);
        }
    }
}

static void sample_cells(const Mask *mask, const Output *output, const double *x, const double *y, const double *bounds,
                         Py_ssize_t down, Py_ssize_t across, Py_ssize_t step)
{
    for (Py_ssize_t cell_row = 0; cell_row < down; cell_row++) {
        Py_ssize_t cell_top = cell_row * step;
        Py_ssize_t top = cell_top > output->first ? cell_top : output->first;
        Py_ssize_t bottom = output->first + output->rows;
        bottom = cell_top + step < bottom ? cell_top + step : bottom;
        for (Py_ssize_t cell = 0; cell < across && top < bottom; cell++) {
            Py_ssize_t left = cell * step, right = left + step < output->columns ? left + step : output->columns;
            double around = bounds[cell_row * across + cell];
            if (!isfinite(around)) {
                for (Py_ssize_t row = top; row < bottom && left < right; row++)
                    memset(output->unsure + (row - output->first) * output->columns + left, 1, right - left);
                continue;
            }
            Py_ssize_t node = cell_row * (across + 1) + cell;
            const double at_x[4] = {x[node], x[node + 1], x[node + across + 1], x[node + across + 2]};
            const double at_y[4] = {y[node], y[node + 1], y[node + across + 1], y[node + across + 2]};
            if (any_set(mask, at_x, at_y, around))
                sample_cell(mask, output, at_x, at_y, around, (double)step, cell_top, top, bottom, left, right);
        }
    }
}

/* sample(x, y, bounds, down, across, step, bits, ranks, starts, values, count, itemsize, constant, ny, nx,
          out, unsure, first, rows, columns) */
static PyObject *sample(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer x, y, bounds, bits, ranks, starts, values, out, unsure;
    Py_ssize_t down, across, step;
    long long constant;
    Mask mask;
    Output output;
    if (!PyArg_ParseTuple(args, "y*y*y*nnny*y*y*y*niLnnw*w*nnn", &x, &y, &bounds, &down, &across, &step, &bits, &ranks,
                          &starts, &values, &mask.count, &mask.itemsize, &constant, &mask.ny, &mask.nx, &out, &unsure,
                          &output.first, &output.rows, &output.columns))
        return NULL;
    Py_ssize_t nodes = (down + 1) * (across + 1);
    mask.words = (mask.nx + WORD - 1) / WORD;
    int fits = holds(&x, nodes, 8, "x") && holds(&y, nodes, 8, "y") && holds(&bounds, down * across, 8, "bounds") &&
               holds(&bits, mask.ny * mask.words, 8, "bits") && holds(&values, mask.count, mask.itemsize, "values") &&
               (!mask.count || (holds(&ranks, mask.ny * mask.words, 4, "ranks") && holds(&starts, mask.ny, 8, "starts"))) &&
               holds(&out, output.rows * output.columns, mask.itemsize, "out") &&
               holds(&unsure, output.rows * output.columns, 1, "unsure");
    if (fits && (step < 1 || output.first < 0 || across * step < output.columns ||
                 down * step < output.first + output.rows)) {
        PyErr_SetString(PyExc_ValueError, "the cells do not hold the rows");
        fits = 0;
    }
    if (fits) {
        mask.bits = bits.buf;
        mask.ranks = ranks.buf;
        mask.starts = starts.buf;
        mask.values = mask.count ? values.buf : NULL;
        mask.constant = constant;
        output.itemsize = mask.itemsize;
        output.out = out.buf;
        output.unsure = unsure.buf;
        Py_BEGIN_ALLOW_THREADS
        sample_cells(&mask, &output, x.buf, y.buf, bounds.buf, down, across, step);
        Py_END_ALLOW_THREADS
    }
    Py_buffer *used[] = {&x, &y, &bounds, &bits, &ranks, &starts, &values, &out, &unsure};
    for (size_t n = 0; n < sizeof used / sizeof *used; n++)
        PyBuffer_Release(used[n]);
    if (!fits)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"pack", pack, METH_VARARGS, "Keep which pixels of rows are not 0 as bits."},
    {"sample", sample, METH_VARARGS, "Give each pixel of a grid of cells the nearest pixel of a mask."},
    {NULL, NULL, 0, NULL},
};

MODULE(_sampling, "Nearest pixels of a mask on another grid.", methods)
