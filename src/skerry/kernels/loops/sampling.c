/* A mask kept by its set pixels, and its nearest pixels on a grid whose positions are interpolated between nodes. */
#include "sampling.h"

enum { WORD = 64 };

#define FAR 0x1p60 /* pixels: positions below it are whole numbers of 64 bits */

static inline int64_t value_at(const void *values, ptrdiff_t n, int itemsize)
{
    if (itemsize == 1)
        return ((const uint8_t *)values)[n];
    return itemsize == 2 ? ((const int16_t *)values)[n] : ((const int32_t *)values)[n];
}

typedef struct {
    int64_t lowest, highest;
} Found;

/* Bits of the pixels of one row that are not 0. */
static void pack_row(const char *row, int itemsize, ptrdiff_t width, uint64_t *bits, Found *found)
{
    /* Masks are 0 almost everywhere: eight bytes at a time tell so. */
    int per_look = 8 / itemsize;
    for (ptrdiff_t first = 0; first < width; first += WORD) {
        ptrdiff_t count = width - first < WORD ? width - first : WORD;
        uint64_t word = 0;
        for (ptrdiff_t i = 0; i < count; i += per_look) {
            if (i + per_look <= count) {
                uint64_t look;
                memcpy(&look, row + (first + i) * itemsize, 8);
                if (!look)
                    continue;
            }
            for (ptrdiff_t j = i; j < count && j < i + per_look; j++) {
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

void pack_words(const void *rows, int itemsize, ptrdiff_t ny, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t width,
                uint64_t *bits, int64_t *lowest, int64_t *highest)
{
    Found found = {INT64_MAX, 0};
    for (ptrdiff_t y = 0; y < ny; y++)
        pack_row((const char *)rows + (y * stride + first) * itemsize, itemsize, width,
                 bits + y * ((width + WORD - 1) / WORD), &found);
    *lowest = found.lowest == INT64_MAX ? 0 : found.lowest;
    *highest = found.highest;
}

typedef struct {
    ptrdiff_t ny, nx, words;
    const uint64_t *bits;
    const uint32_t *ranks;
    const int64_t *starts;
    const void *values; /* of the set pixels, row by row; none if `constant` is the value of all */
    ptrdiff_t count;
    int itemsize;
    int64_t constant;
    int *broken; /* is set where the tables point beyond the values */
} Mask;

static inline int64_t pixel(const Mask *mask, int64_t x, int64_t y)
{
    if (x < 0 || y < 0 || x >= mask->nx || y >= mask->ny)
        return 0;
    ptrdiff_t place = y * mask->words + x / WORD;
    uint64_t word = mask->bits[place], bit = UINT64_C(1) << (x % WORD);
    if (!(word & bit))
        return 0;
    if (!mask->values)
        return mask->constant;
    int64_t n = mask->starts[y] + mask->ranks[place] + __builtin_popcountll(word & (bit - 1));
    if ((uint64_t)n < (uint64_t)mask->count)
        return value_at(mask->values, n, mask->itemsize);
    *mask->broken = 1;
    return 0;
}

static inline double least_of(double a, double b, double c, double d)
{
    return fmin(fmin(a, b), fmin(c, d));
}

/* Whether any pixel is set in the rectangle round four positions. */
static int any_set(const Mask *mask, const double x[4], const double y[4], double around)
{
    double left = floor(least_of(x[0], x[1], x[2], x[3]) + 0.5 - around);
    double right = floor(0.5 + around - least_of(-x[0], -x[1], -x[2], -x[3]));
    double bottom = floor(least_of(y[0], y[1], y[2], y[3]) + 0.5 - around);
    double top = floor(0.5 + around - least_of(-y[0], -y[1], -y[2], -y[3]));
    if (!(right >= 0 && top >= 0 && left < mask->nx && bottom < mask->ny))
        return 0;
    ptrdiff_t first = left > 0 ? (ptrdiff_t)left / WORD : 0;
    ptrdiff_t last = right < mask->nx ? (ptrdiff_t)right / WORD : mask->words - 1;
    ptrdiff_t from = bottom > 0 ? (ptrdiff_t)bottom : 0, to = top < mask->ny ? (ptrdiff_t)top : mask->ny - 1;
    for (ptrdiff_t row = from; row <= to; row++)
        for (ptrdiff_t w = first; w <= last; w++)
            if (mask->bits[row * mask->words + w])
                return 1;
    return 0;
}

typedef struct {
    ptrdiff_t rows, columns; /* of the output */
    ptrdiff_t first;         /* row of the output in the first row of cells */
    int itemsize;
    char *out;
    uint8_t *unsure;
} Output;

static inline void put(const Output *output, ptrdiff_t n, int64_t value)
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
                                     double around, double step, ptrdiff_t cell_top, ptrdiff_t top,
                                     ptrdiff_t bottom, ptrdiff_t left, ptrdiff_t right)
{
    for (ptrdiff_t row = top; row < bottom; row++) {
        double down = (double)(row - cell_top) / step;
        double x_left = x[0] + (x[2] - x[0]) * down, x_right = x[1] + (x[3] - x[1]) * down;
        double y_left = y[0] + (y[2] - y[0]) * down, y_right = y[1] + (y[3] - y[1]) * down;
        ptrdiff_t n = (row - output->first) * output->columns + left;
        for (ptrdiff_t column = left; column < right; column++, n++) {
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

/* Whether four positions are numbers, and not too large to be rounded to whole ones. */
static inline int are_near(const double x[4], const double y[4])
{
    double sum = fabs(x[0]) + fabs(x[1]) + fabs(x[2]) + fabs(x[3]);
    return sum + (fabs(y[0]) + fabs(y[1]) + fabs(y[2]) + fabs(y[3])) < FAR;
}

/* Gives 0 if a position that its bound says to be known is none. */
static int fill_cells(const Mask *mask, const Output *output, const double *x, const double *y, const double *bounds,
                      ptrdiff_t down, ptrdiff_t across, ptrdiff_t step)
{
    for (ptrdiff_t cell_row = 0; cell_row < down; cell_row++) {
        ptrdiff_t cell_top = cell_row * step;
        ptrdiff_t top = cell_top > output->first ? cell_top : output->first;
        ptrdiff_t bottom = output->first + output->rows;
        bottom = cell_top + step < bottom ? cell_top + step : bottom;
        for (ptrdiff_t cell = 0; cell < across && top < bottom; cell++) {
            ptrdiff_t left = cell * step, right = left + step < output->columns ? left + step : output->columns;
            double around = bounds[cell_row * across + cell];
            if (!isfinite(around)) {
                for (ptrdiff_t row = top; row < bottom && left < right; row++)
                    memset(output->unsure + (row - output->first) * output->columns + left, 1, right - left);
                continue;
            }
            ptrdiff_t node = cell_row * (across + 1) + cell;
            const double at_x[4] = {x[node], x[node + 1], x[node + across + 1], x[node + across + 2]};
            const double at_y[4] = {y[node], y[node + 1], y[node + across + 1], y[node + across + 2]};
            if (!are_near(at_x, at_y))
                return 0;
            if (any_set(mask, at_x, at_y, around))
                sample_cell(mask, output, at_x, at_y, around, (double)step, cell_top, top, bottom, left, right);
        }
    }
    return 1;
}

int sample_cells(const double *x, const double *y, const double *bounds, ptrdiff_t down, ptrdiff_t across, ptrdiff_t step,
                 const uint64_t *bits, const uint32_t *ranks, const int64_t *starts, const void *values, ptrdiff_t count,
                 int itemsize, int64_t constant, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t first, ptrdiff_t rows,
                 ptrdiff_t columns, void *out, uint8_t *unsure)
{
    int broken = 0;
    const Mask mask = {.ny = ny,
                       .nx = nx,
                       .words = (nx + WORD - 1) / WORD,
                       .bits = bits,
                       .ranks = ranks,
                       .starts = starts,
                       .values = count ? values : NULL,
                       .count = count,
                       .itemsize = itemsize,
                       .constant = constant,
                       .broken = &broken};
    const Output output = {rows, columns, first, itemsize, out, unsure};
    return fill_cells(&mask, &output, x, y, bounds, down, across, step) && !broken;
}
