/* Closing by a box, on rows of bits in words: the first pixel of 64 in the highest bit. */
#include "shapes.h"

#include "runs.h"

/* Rows of `words` words for `ny` rows of `nx` pixels; there is room for as many rows and pixels more as a box has. */
typedef struct {
    uint64_t *row, *spare;
    ptrdiff_t ny, nx, words;
} Bits;

FOR_EACH_CPU static void move_right(uint64_t *restrict row, uint64_t *restrict moved, ptrdiff_t words, ptrdiff_t by)
{
    ptrdiff_t far = by >> 6, near = by & 63;
    memset(moved, 0, (size_t)far * 8);
    memcpy(moved + far, row, (size_t)(words - far) * 8);
    memcpy(row, moved, (size_t)words * 8);
    if (!near)
        return;
    row[0] = moved[0] >> near;
    for (ptrdiff_t i = 1; i < words; i++)
        row[i] = moved[i] >> near | moved[i - 1] << (64 - near);
}

/* Set the pixels that have a set one at most `span` - 1 pixels further on in their row. */
FOR_EACH_CPU static void spread_left(uint64_t *restrict row, uint64_t *restrict moved, ptrdiff_t words,
                                     ptrdiff_t span)
{
    for (ptrdiff_t done = 1, step; done < span; done += step) {
        step = span - done < done ? span - done : done;
        ptrdiff_t far = step >> 6, near = step & 63, left = words - far;
        if (left <= 0)
            return;
        memcpy(moved, row + far, (size_t)left * 8);
        moved[left] = 0;
        if (near)
            for (ptrdiff_t i = 0; i < left; i++)
                row[i] |= moved[i] << near | moved[i + 1] >> (64 - near);
        else
            for (ptrdiff_t i = 0; i < left; i++)
                row[i] |= moved[i];
    }
}

FOR_EACH_CPU static void unite(uint64_t *restrict row, const uint64_t *restrict other, ptrdiff_t words)
{
    for (ptrdiff_t i = 0; i < words; i++)
        row[i] |= other[i];
}

/* Set the pixels that have a set one in the box from `before` ahead of them to `after` behind them; none is beyond the
   edges. What lies beyond the last column afterwards has no meaning. */
static void dilate(Bits bits, ptrdiff_t before, ptrdiff_t after)
{
    ptrdiff_t span = before + after + 1, words = bits.words, rows = bits.ny + span - 1;
    memmove(bits.row + before * words, bits.row, (size_t)(bits.ny * words) * 8);
    memset(bits.row, 0, (size_t)(before * words) * 8);
    memset(bits.row + (before + bits.ny) * words, 0, (size_t)(after * words) * 8);
    for (ptrdiff_t y = before; y < before + bits.ny; y++) {
        move_right(bits.row + y * words, bits.spare, words, before);
        spread_left(bits.row + y * words, bits.spare, words, span);
    }
    for (ptrdiff_t done = 1, step; done < span; done += step) {
        step = span - done < done ? span - done : done;
        for (ptrdiff_t y = 0; y + step < rows; y++)
            unite(bits.row + y * words, bits.row + (y + step) * words, words);
    }
}

/* The pixels that are not set, and none beyond the last column. */
FOR_EACH_CPU static void invert(Bits bits)
{
    for (ptrdiff_t y = 0; y < bits.ny; y++) {
        uint64_t *row = bits.row + y * bits.words;
        ptrdiff_t full = bits.nx >> 6;
        for (ptrdiff_t i = 0; i < full; i++)
            row[i] = ~row[i];
        if (full < bits.words) {
            row[full] = ~row[full] & ~(~UINT64_C(0) >> (bits.nx & 63));
            memset(row + full + 1, 0, (size_t)(bits.words - full - 1) * 8);
        }
    }
}

FOR_EACH_CPU static void load(const uint8_t *restrict pixels, Bits bits)
{
    memset(bits.row, 0, (size_t)(bits.ny * bits.words) * 8);
    for (ptrdiff_t y = 0; y < bits.ny; y++)
        for (ptrdiff_t x = 0; x < bits.nx; x += 64)
            bits.row[y * bits.words + (x >> 6)] = set_pixels(pixels + y * bits.nx + x, bits.nx - x);
}

/* Eight bits as bytes of 0 and 1, the highest bit first. */
static inline uint64_t scattered(uint64_t byte)
{
    uint64_t word = byte * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201);
    word = (word + UINT64_C(0x7f7f7f7f7f7f7f7f)) >> 7 & UINT64_C(0x0101010101010101);
    return first_highest(word);
}

FOR_EACH_CPU static void store(Bits bits, ptrdiff_t start, ptrdiff_t stop, uint8_t *restrict out)
{
    for (ptrdiff_t y = start; y < stop; y++, out += bits.nx) {
        const uint64_t *row = bits.row + y * bits.words;
        ptrdiff_t x = 0;
        for (; x + 8 <= bits.nx; x += 8) {
            uint64_t eight = scattered(row[x >> 6] >> (56 - (x & 63)) & 0xff);
            memcpy(out + x, &eight, 8);
        }
        for (; x < bits.nx; x++)
            out[x] = row[x >> 6] >> (63 - (x & 63)) & 1;
    }
}

int close_boxes(const uint8_t *pixels, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t before, ptrdiff_t after, int inverted,
                ptrdiff_t start, ptrdiff_t stop, uint8_t *out)
{
    Bits bits = {NULL, NULL, ny, nx, (nx + before + after + 63) / 64};
    bits.row = malloc((size_t)((ny + before + after) * bits.words) * 8 + 8);
    bits.spare = malloc((size_t)(bits.words + 1) * 8);
    const int enough = bits.row && bits.spare;
    if (enough) {
        load(pixels, bits);
        if (inverted)
            invert(bits);
        dilate(bits, before, after);
        invert(bits);
        dilate(bits, after, before);
        if (!inverted)
            invert(bits);
        store(bits, start, stop, out);
    }
    free(bits.row);
    free(bits.spare);
    return enough;
}
