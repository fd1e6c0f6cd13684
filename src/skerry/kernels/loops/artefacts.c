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

/* The sector of a direction, counted from that of growing columns to that of growing rows. */
static ptrdiff_t sector_of(ptrdiff_t dy, ptrdiff_t dx, ptrdiff_t sectors)
{
    /* Of eight all that lies on no border is told by comparing. */
    if (sectors == 8 && dy != 0 && dx != 0 && dy != dx && dy != -dx) {
        if (dy > 0)
            return dx > 0 ? (dy > dx) : 3 - (dy > -dx);
        return dx < 0 ? 4 + (dy < dx) : 7 - (-dy > dx);
    }
    ptrdiff_t sector = (ptrdiff_t)floor(atan2((double)dy, (double)dx) * (sectors / 6.283185307179586)) % sectors;
    return sector < 0 ? sector + sectors : sector;
}

/* Whether a value is above any of the depths of the sectors of a ring: its own is dear to find out. */
static int is_deeper(float value, const float *depth, ptrdiff_t sectors, ptrdiff_t rings)
{
    for (ptrdiff_t sector = 0; sector < sectors; sector++)
        if (value > depth[sector * rings])
            return 1;
    return 0;
}

/* Depth of the deepest pixel of each sector and ring round a place; 0 where there is none. */
static void depths(const int64_t *starts, ptrdiff_t ny, const int32_t *columns, const float *values, ptrdiff_t y,
                   ptrdiff_t x, const uint16_t *ring_of, ptrdiff_t reach, ptrdiff_t rings, ptrdiff_t sectors,
                   float *depth)
{
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
            float *of_ring = depth + ring_of[dy * dy + dx * dx];
            if (!is_deeper(values[k], of_ring, sectors, rings))
                continue;
            float *deepest = of_ring + sector_of(dy, dx, sectors) * rings;
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
