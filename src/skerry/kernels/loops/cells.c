/* Cells of pixels, and bounds on what the boxes of their pixels hold. */
#include "cells.h"

static inline ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static inline ptrdiff_t larger(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }

FOR_EACH_CPU static void count_row(const float *restrict row, uint8_t *restrict positive, uint8_t *restrict valid,
                                   ptrdiff_t n)
{
    for (ptrdiff_t x = 0; x < n; x++) {
        positive[x] += (row[x] > 0) & (row[x] <= FLT_MAX);
        valid[x] += is_valid(row[x]);
    }
}

FOR_EACH_CPU static void add_fours(const uint8_t *restrict columns, uint8_t *restrict cells, ptrdiff_t n)
{
    for (ptrdiff_t x = 0; x < n; x++)
        cells[x] = columns[CELL * x] + columns[CELL * x + 1] + columns[CELL * x + 2] + columns[CELL * x + 3];
}

int count_in_cells(const float *rows, ptrdiff_t n, ptrdiff_t nx, uint8_t *positive, uint8_t *valid)
{
    const ptrdiff_t across = (nx + CELL - 1) / CELL, width = CELL * across;
    uint8_t *columns = malloc(2 * width + 1);
    if (!columns)
        return 0;
    for (ptrdiff_t y = 0; y < n; y += CELL) {
        memset(columns, 0, 2 * width);
        for (ptrdiff_t k = y; k < smaller(n, y + CELL); k++)
            count_row(rows + k * nx, columns, columns + width, nx);
        add_fours(columns, positive + y / CELL * across, across);
        add_fours(columns + width, valid + y / CELL * across, across);
    }
    free(columns);
    return 1;
}

/* Along one axis of n pixels: cells, counted from that of a pixel, from the first up to the last that lie in the boxes of
   all its pixels, and of those that some of these boxes meet. */
typedef struct {
    ptrdiff_t n, cells, before, after, inner_from, inner_to, outer_from, outer_to;
} Axis;

static inline ptrdiff_t rounded_down(ptrdiff_t pixels) { return pixels >= 0 ? pixels / CELL : -((CELL - 1 - pixels) / CELL); }

static inline ptrdiff_t rounded_up(ptrdiff_t pixels) { return -rounded_down(-pixels); }

static Axis axis_of(ptrdiff_t n, ptrdiff_t before, ptrdiff_t after)
{
    Axis axis = {.n = n, .cells = (n + CELL - 1) / CELL, .before = smaller(before, n), .after = smaller(after, n)};
    axis.inner_from = rounded_up(CELL - 1 - axis.before);
    axis.inner_to = larger(axis.inner_from, rounded_down(axis.after + 1));
    axis.outer_from = rounded_down(-axis.before);
    axis.outer_to = rounded_up(CELL + axis.after);
    return axis;
}

static inline ptrdiff_t within(ptrdiff_t value, ptrdiff_t most) { return larger(0, smaller(value, most)); }

/* Pixels of the inner cells, and most pixels of a box. */
static void pixels_along(const Axis *axis, ptrdiff_t cell, int64_t *inner, int64_t *box)
{
    const ptrdiff_t from = CELL * within(cell + axis->inner_from, axis->cells);
    *inner = larger(0, smaller(axis->n, CELL * within(cell + axis->inner_to, axis->cells)) - from);
    *box = 0;
    for (ptrdiff_t p = CELL * cell; p < smaller(axis->n, CELL * cell + CELL); p++)
        *box = larger(*box, smaller(axis->n, p + axis->after + 1) - larger(0, p - axis->before));
}

/* Sums over rows of cells from one up to another. */
typedef struct {
    uint64_t *sums;
    ptrdiff_t from, to;
} Rolling;

FOR_EACH_CPU static void add_row(uint64_t *restrict sums, const uint8_t *restrict row, ptrdiff_t n, uint64_t times)
{
    for (ptrdiff_t x = 0; x < n; x++)
        sums[x] += times * row[x];
}

static void roll(Rolling *rolling, const uint8_t *cells, ptrdiff_t across, ptrdiff_t from, ptrdiff_t to)
{
    for (; rolling->to < to; rolling->to++)
        add_row(rolling->sums, cells + rolling->to * across, across, 1);
    for (; rolling->from < from; rolling->from++)
        add_row(rolling->sums, cells + rolling->from * across, across, UINT64_MAX);
}

/* sums[pad + i] = the sum of i values, from beyond one end of the row to beyond the other. */
static void running(const uint64_t *values, ptrdiff_t n, ptrdiff_t pad, uint64_t *sums)
{
    uint64_t sum = 0;
    memset(sums, 0, (size_t)(pad + 1) * sizeof *sums);
    for (ptrdiff_t x = 0; x < n; x++)
        sums[pad + 1 + x] = sum += values[x];
    for (ptrdiff_t x = n; x < n + pad; x++)
        sums[pad + 1 + x] = sum;
}

/* In a box are the inner cells, and at most so many positive pixels besides as are around these in all boxes of the cell,
   or as have room; at least there are none, and so many valid ones besides as have room. */
FOR_EACH_CPU static void judge(const uint64_t *restrict positive, const uint64_t *restrict valid,
                               const uint64_t *restrict around, const Axis *axis, const int64_t *restrict inner,
                               const int64_t *restrict box, int64_t inner_height, int64_t height, double fraction,
                               uint8_t *restrict target)
{
    const ptrdiff_t n = axis->cells, a = axis->inner_from, b = axis->inner_to, c = axis->outer_from, d = axis->outer_to;
    for (ptrdiff_t x = 0; x < n; x++) {
        const int64_t inside = (int64_t)(positive[x + b] - positive[x + a]);
        const int64_t beyond = (int64_t)(around[x + d] - around[x + c]) - inside;
        const int64_t room = height * box[x] - inner_height * inner[x];
        const double more = (double)(beyond < room ? beyond : room);
        const double known = (double)(valid[x + b] - valid[x + a]);
        target[x] = ((double)inside + more - fraction * (known + more) > -1) +
                    ((double)inside - fraction * (known + (double)room) > 1);
    }
}

int skew_of_cells(const uint8_t *positive, const uint8_t *valid, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t first,
                  ptrdiff_t rows, ptrdiff_t before, ptrdiff_t after, double fraction, uint8_t *target)
{
    const Axis down = axis_of(ny, before, after), across = axis_of(nx, before, after);
    const ptrdiff_t n = across.cells, pad = larger(-across.outer_from, across.outer_to), line = n + 2 * pad + 1;
    uint64_t *memory = calloc((size_t)(5 * n + 3 * line), sizeof *memory);
    if (!memory)
        return 0;
    const ptrdiff_t inner_start = within(first + down.inner_from, down.cells);
    const ptrdiff_t outer_start = within(first + down.outer_from, down.cells);
    Rolling inside = {memory, inner_start, inner_start}, there = {memory + n, inner_start, inner_start};
    Rolling all = {memory + 2 * n, outer_start, outer_start};
    uint64_t *lines = memory + 3 * n;
    int64_t *inner = (int64_t *)(lines + 3 * line), *box = inner + n;
    int64_t inner_pixels, pixels;
    for (ptrdiff_t x = 0; x < n; x++)
        pixels_along(&across, x, inner + x, box + x);
    for (ptrdiff_t y = first; y < first + rows; y++) {
        const ptrdiff_t from = within(y + down.inner_from, down.cells), to = within(y + down.inner_to, down.cells);
        roll(&inside, positive, n, from, to);
        roll(&there, valid, n, from, to);
        roll(&all, positive, n, within(y + down.outer_from, down.cells), within(y + down.outer_to, down.cells));
        running(inside.sums, n, pad, lines);
        running(there.sums, n, pad, lines + line);
        running(all.sums, n, pad, lines + 2 * line);
        pixels_along(&down, y, &inner_pixels, &pixels);
        judge(lines + pad, lines + line + pad, lines + 2 * line + pad, &across, inner, box, inner_pixels, pixels, fraction,
              target + (y - first) * n);
    }
    free(memory);
    return 1;
}
