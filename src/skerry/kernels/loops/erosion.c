/* Erosion on runs: where the chords of a shape fit into the runs of pixels of its rows; and what such runs make of it. */
#include "erosion.h"

#include "runs.h"

/* Part of a row of the shape: `length` pixels from column `left` in row `down`, counted from the origin. */
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
    ptrdiff_t *first;
    ptrdiff_t capacity;
} Runs;

/* Find the runs of at least `least` pixels of all rows; 0 if there is no memory for them. */
static int find_long_runs(Runs *runs, const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, int32_t least)
{
    ptrdiff_t bytes = (nx + 7) / 8, most = nx / ((ptrdiff_t)least + 1) + 1, n = 0, start, end;
    for (ptrdiff_t y = 0; y < ny; y++) {
        runs->first[y] = n;
        if (runs->capacity - n < most) {
            ptrdiff_t capacity = runs->capacity + runs->capacity / 2 + most;
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
static ptrdiff_t fitting(const Span *places, ptrdiff_t count, Chord chord, const Span *run, const Span *beyond,
                          Span *out)
{
    ptrdiff_t n = 0;
    for (ptrdiff_t k = 0; k < count; k++) {
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
static void erode_row(const Runs *runs, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t y, const Chord *chords,
                      ptrdiff_t count, Span *places, Span *spare, uint8_t *out)
{
    ptrdiff_t n = 1;
    places[0] = (Span){0, (int32_t)nx};
    for (ptrdiff_t k = 0; k < count && n; k++) {
        ptrdiff_t row = y + chords[k].down;
        if (row < 0 || row >= ny)
            return;
        const Span *run = runs->spans + runs->first[row], *beyond = runs->spans + runs->first[row + 1];
        n = fitting(places, n, chords[k], run, beyond, spare);
        Span *swapped = places;
        places = spare;
        spare = swapped;
    }
    for (ptrdiff_t k = 0; k < n; k++)
        set_run(out, places[k].start, places[k].end);
}

int erode_bits(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, const int32_t *triples, ptrdiff_t count, ptrdiff_t start,
               ptrdiff_t stop, uint8_t *out)
{
    const Chord *chords = (const Chord *)triples;
    int32_t least = chords[0].length;
    for (ptrdiff_t k = 1; k < count; k++)
        least = chords[k].length < least ? chords[k].length : least;
    Runs runs = {NULL, malloc((size_t)(ny + 1) * sizeof *runs.first), 0};
    size_t most = (size_t)(nx + 1) * sizeof(Span);
    Span *places = malloc(most), *spare = malloc(most);
    int enough = runs.first && places && spare && find_long_runs(&runs, bits, ny, nx, least);
    if (enough)
        for (ptrdiff_t y = start; y < stop; y++)
            erode_row(&runs, ny, nx, y, chords, count, places, spare, out + (y - start) * ((nx + 7) / 8));
    free(runs.spans);
    free(runs.first);
    free(places);
    free(spare);
    return enough;
}

void dilate_bits(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, const int32_t *triples, ptrdiff_t count,
                 ptrdiff_t start, ptrdiff_t stop, uint8_t *out)
{
    const Chord *chords = (const Chord *)triples;
    const ptrdiff_t bytes = (nx + 7) / 8;
    ptrdiff_t first, end;
    for (ptrdiff_t y = 0; y < ny; y++) {
        Walk walk = along(bits + y * bytes, bytes);
        while (next_run(&walk, nx, &first, &end))
            for (ptrdiff_t k = 0; k < count; k++) {
                const ptrdiff_t row = y + chords[k].down;
                ptrdiff_t from = first + chords[k].left, to = end + chords[k].left + chords[k].length - 1;
                from = from < 0 ? 0 : from;
                to = to > nx ? nx : to;
                if (row >= start && row < stop && from < to)
                    set_run(out + (row - start) * bytes, from, to);
            }
    }
}

#define SET_BIT(name, type)                                                                                           \
    void name(const uint8_t *bits, ptrdiff_t ny, ptrdiff_t nx, int bit, type *out)                                    \
    {                                                                                                                 \
        const type value = (type)(UINT32_C(1) << bit);                                                                \
        ptrdiff_t bytes = (nx + 7) / 8, start, end;                                                                   \
        for (ptrdiff_t y = 0; y < ny; y++) {                                                                          \
            Walk walk = along(bits + y * bytes, bytes);                                                               \
            while (next_run(&walk, nx, &start, &end))                                                                 \
                for (ptrdiff_t x = start; x < end; x++)                                                               \
                    out[y * nx + x] |= value;                                                                         \
        }                                                                                                             \
    }

SET_BIT(set_bit_8, uint8_t)
SET_BIT(set_bit_16, uint16_t)
SET_BIT(set_bit_32, uint32_t)
