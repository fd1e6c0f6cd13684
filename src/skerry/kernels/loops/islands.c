/* Islands as runs of pixels: found in bytes, kept as bits and a label a run, and joined from row to row. */
#include "islands.h"

#include "runs.h"

FOR_EACH_CPU static int64_t pack_row(const uint8_t *restrict pixels, ptrdiff_t nx, uint64_t flip,
                                     uint8_t *restrict bits)
{
    int64_t runs = 0;
    uint64_t last = 0;
    for (ptrdiff_t x = 0; x < nx; x += 64) {
        ptrdiff_t left = nx - x < 64 ? nx - x : 64;
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

int64_t pack_pixels(const uint8_t *pixels, ptrdiff_t ny, ptrdiff_t nx, int inverted, uint8_t *bits, int32_t *per_row)
{
    int64_t total = 0;
    for (ptrdiff_t y = 0; y < ny; y++) {
        int64_t runs = pack_row(pixels + y * nx, nx, inverted ? ~UINT64_C(0) : 0, bits + y * ((nx + 7) / 8));
        per_row[y] = (int32_t)runs;
        total += runs;
    }
    return total;
}

FOR_EACH_CPU static int32_t runs_of_row(const uint8_t *row, ptrdiff_t bytes)
{
    int32_t runs = 0;
    uint64_t last = 0;
    for (ptrdiff_t at = 0; at < bytes; at += 8) {
        const uint64_t word = pixels_at(row, bytes, at);
        runs += __builtin_popcountll(word & ~(word >> 1 | last << 63));
        last = word & 1;
    }
    return runs;
}

int64_t count_runs(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, int32_t *per_row)
{
    const ptrdiff_t bytes = (nx + 7) / 8;
    int64_t total = 0;
    for (ptrdiff_t y = 0; y < ny; y++)
        total += per_row[y] = runs_of_row(bits + y * bytes, bytes);
    return total;
}

int find_runs(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t count, int32_t *starts, int32_t *ends)
{
    ptrdiff_t bytes = (nx + 7) / 8, n = 0, start, end;
    for (ptrdiff_t y = 0; y < ny; y++) {
        Walk walk = along(bits + y * bytes, bytes);
        for (; next_run(&walk, nx, &start, &end); n++) {
            if (n == count)
                return 0;
            starts[n] = (int32_t)start;
            ends[n] = (int32_t)end;
        }
    }
    return n == count;
}

typedef struct {
    const int32_t *starts, *ends;
    int32_t *labels;
    ptrdiff_t count;
} Row;

/* Whether a number is from 0 up to a last one. */
static inline int is_up_to(int32_t number, int32_t last) { return (uint32_t)number <= (uint32_t)last; }

/* The root of a label, -1 if a parent comes after its child. */
static int32_t root(int32_t *parent, int32_t label)
{
    while (parent[label] != label) {
        const int32_t up = parent[label];
        if (!is_up_to(up, label) || !is_up_to(parent[up], up))
            return -1;
        parent[label] = parent[up];
        label = parent[label];
    }
    return label;
}

/* Label the runs of a row as those of the row above that they touch; the lowest label of an island is its root. Gives
   how many labels there are then, or -1 as `root` does. */
static int32_t link_row(Row above, Row row, int32_t corners, int32_t *parent, int32_t count)
{
    ptrdiff_t first = 0;
    for (ptrdiff_t n = 0; n < row.count; n++) {
        int32_t start = row.starts[n] - corners, end = row.ends[n] + corners, label = -1;
        while (first < above.count && above.ends[first] <= start)
            first++;
        for (ptrdiff_t k = first; k < above.count && above.starts[k] < end; k++) {
            int32_t other = root(parent, above.labels[k]);
            if (other < 0)
                return -1;
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

int32_t link_runs(const int32_t *per_row, ptrdiff_t rows, const int32_t *starts, const int32_t *ends, int32_t *labels,
                  const int32_t *above_starts, const int32_t *above_ends, const int32_t *above_labels, ptrdiff_t above,
                  int corners, int32_t *parent, int32_t count)
{
    Row last = {above_starts, above_ends, (int32_t *)above_labels, above};
    ptrdiff_t at = 0;
    for (ptrdiff_t y = 0; y < rows && count >= 0; y++) {
        Row row = {starts + at, ends + at, labels + at, per_row[y]};
        count = link_row(last, row, corners, parent, count);
        at += row.count;
        last = row;
    }
    return count;
}

int32_t number_islands(int32_t *parent, int32_t count)
{
    int32_t islands = 0;
    /* A parent comes before its children, so its number is there already. */
    for (int32_t n = 0; n < count; n++) {
        if (!is_up_to(parent[n], n))
            return -1;
        parent[n] = parent[n] == n ? ++islands : parent[parent[n]];
    }
    return islands;
}

int clear_runs(uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, const int32_t *labels, ptrdiff_t count, const uint8_t *keep)
{
    ptrdiff_t bytes = (nx + 7) / 8, n = 0, start, end;
    for (ptrdiff_t y = 0; y < ny; y++) {
        Walk walk = along(bits + y * bytes, bytes);
        for (; next_run(&walk, nx, &start, &end); n++) {
            if (n == count)
                return 0;
            if (!keep[labels[n]])
                clear_run(bits + y * bytes, start, end);
        }
    }
    return n == count;
}

int paint_runs(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, const int32_t *labels, ptrdiff_t count,
               const int32_t *island, int32_t *out)
{
    ptrdiff_t bytes = (nx + 7) / 8, n = 0, start, end;
    for (ptrdiff_t y = 0; y < ny; y++) {
        Walk walk = along(bits + y * bytes, bytes);
        for (; next_run(&walk, nx, &start, &end); n++) {
            if (n == count)
                return 0;
            for (ptrdiff_t x = start; x < end; x++)
                out[y * nx + x] = island[labels[n]];
        }
    }
    return n == count;
}
