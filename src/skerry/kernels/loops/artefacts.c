/* Artefacts round bright sources: how deep the signal is in each ring and sector, and the level that follows. */
#include "artefacts.h"

/* The first of the columns from `first` up to `stop` that is not before `least`. */
static int64_t from_column(const int32_t *columns, int64_t first, int64_t stop, ptrdiff_t least)
{
    while (first < stop) {
        const int64_t middle = first + (stop - first) / 2;
        if (columns[middle] < least)
            first = middle + 1;
        else
            stop = middle;
    }
    return first;
}

/* Depth of the deepest pixel of each sector and ring round a place; 0 where there is none. */
static void depths(const int64_t *starts, ptrdiff_t ny, const int32_t *columns, const float *values, ptrdiff_t y,
                   ptrdiff_t x, const uint16_t *ring_of, ptrdiff_t reach, ptrdiff_t rings, ptrdiff_t sectors,
                   float *depth)
{
    const double turn = sectors / 6.283185307179586;
    memset(depth, 0, (size_t)(sectors * rings) * sizeof *depth);
    ptrdiff_t first = y > reach ? y - reach : 0, last = y + reach < ny - 1 ? y + reach : ny - 1;
    for (ptrdiff_t row = first; row <= last; row++) {
        const int64_t stop = starts[row + 1];
        for (int64_t k = from_column(columns, starts[row], stop, x - reach); k < stop; k++) {
            ptrdiff_t dy = row - y, dx = columns[k] - x;
            if (dx > reach)
                break;
            if (dx < -reach || ring_of[dy * dy + dx * dx] >= rings)
                continue;
            ptrdiff_t sector = (ptrdiff_t)floor(atan2((double)dy, (double)dx) * turn) % sectors;
            float *deepest = depth + (sector < 0 ? sector + sectors : sector) * rings + ring_of[dy * dy + dx * dx];
            if (values[k] > *deepest)
                *deepest = values[k];
        }
    }
}

void sector_depths(const int64_t *starts, ptrdiff_t ny, const int32_t *columns, const float *values,
                   const int64_t *places, ptrdiff_t n, const uint16_t *ring_of, ptrdiff_t reach, ptrdiff_t rings,
                   ptrdiff_t sectors, float *depth)
{
    for (ptrdiff_t i = 0; i < n; i++)
        depths(starts, ny, columns, values, places[2 * i], places[2 * i + 1], ring_of, reach, rings, sectors,
               depth + i * sectors * rings);
}

/* Raise a level to the depth at each distance from a place, which may lie outside the band. */
static void raise_round(float *level, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t y, ptrdiff_t x, const uint16_t *ring_of,
                        ptrdiff_t reach, ptrdiff_t rings, const float *depth)
{
    ptrdiff_t used = rings;
    while (used > 0 && !(depth[used - 1] > 0))
        used--;
    if (used == 0)
        return;
    reach = (used * reach + rings - 1) / rings;
    ptrdiff_t first = y > reach ? y - reach : 0, last = y + reach < ny - 1 ? y + reach : ny - 1;
    ptrdiff_t left = x > reach ? x - reach : 0, right = x + reach < nx - 1 ? x + reach : nx - 1;
    for (ptrdiff_t row = first; row <= last; row++) {
        float *pixel = level + row * nx;
        ptrdiff_t dy = row - y;
        for (ptrdiff_t column = left; column <= right; column++) {
            ptrdiff_t dx = column - x, ring = ring_of[dy * dy + dx * dx];
            if (ring < used && depth[ring] > pixel[column])
                pixel[column] = depth[ring];
        }
    }
}

void raise_rounds(float *level, ptrdiff_t ny, ptrdiff_t nx, const int64_t *places, ptrdiff_t n, const uint16_t *ring_of,
                  ptrdiff_t reach, ptrdiff_t rings, const float *depth)
{
    for (ptrdiff_t i = 0; i < n; i++)
        raise_round(level, ny, nx, places[2 * i], places[2 * i + 1], ring_of, reach, rings, depth + i * rings);
}
