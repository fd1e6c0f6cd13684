/* Runs of set pixels in rows of bits, as `BitMask` of planes.py keeps them: the first pixel of eight in the highest
   bit, and those beyond the last column unset. */
#ifndef SKERRY_RUNS_H
#define SKERRY_RUNS_H

#include "native.h"

/* Eight bytes as a number that has the first of them highest. */
static inline uint64_t first_highest(uint64_t word)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return word;
#else
    return __builtin_bswap64(word);
#endif
}

/* One where a byte is not 0. */
static inline uint64_t ones(const uint8_t *bytes)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t word;
    memcpy(&word, bytes, 8);
    return (((word & low) + low) | word) >> 7 & UINT64_C(0x0101010101010101);
}

/* Eight bytes of 0 or 1 as bits, the first highest. */
static inline uint64_t gathered(uint64_t word)
{
    return (first_highest(word) * UINT64_C(0x0102040810204080)) >> 56;
}

/* Which of up to 64 bytes are not 0, the first highest. */
static inline uint64_t set_pixels(const uint8_t *bytes, ptrdiff_t count)
{
    uint64_t word = 0;
    if (count >= 64) {
        for (int k = 0; k < 8; k++)
            word |= gathered(ones(bytes + 8 * k)) << (56 - 8 * k);
        return word;
    }
    for (ptrdiff_t k = 0; k < count; k++)
        word |= (uint64_t)(bytes[k] != 0) << (63 - k);
    return word;
}

/* The 64 pixels from byte `at` of a row, the first of them highest; unset beyond the end of the row. */
static inline uint64_t pixels_at(const uint8_t *row, ptrdiff_t bytes, ptrdiff_t at)
{
    uint64_t word = 0;
    memcpy(&word, row + at, bytes - at >= 8 ? 8 : (size_t)(bytes - at));
    return first_highest(word);
}

/* Walks along a row, from each pixel that differs from the one before it to the next. */
typedef struct {
    const uint8_t *row;
    ptrdiff_t bytes, at;
    uint64_t edges, last;
} Walk;

static inline Walk along(const uint8_t *row, ptrdiff_t bytes)
{
    return (Walk){row, bytes, 0, 0, 0};
}

/* Column of the next edge, -1 if there is none. */
static inline ptrdiff_t next_edge(Walk *walk)
{
    while (!walk->edges) {
        if (walk->at >= walk->bytes)
            return -1;
        uint64_t word = pixels_at(walk->row, walk->bytes, walk->at);
        walk->edges = word ^ (word >> 1 | walk->last << 63);
        walk->last = word & 1;
        walk->at += 8;
    }
    int n = __builtin_clzll(walk->edges);
    walk->edges &= ~(UINT64_C(1) << 63 >> n);
    return 8 * (walk->at - 8) + n;
}

/* The next run of set pixels of a row of nx: from `start` up to `end`. */
static inline int next_run(Walk *walk, ptrdiff_t nx, ptrdiff_t *start, ptrdiff_t *end)
{
    *start = next_edge(walk);
    if (*start < 0)
        return 0;
    *end = next_edge(walk);
    if (*end < 0)
        *end = nx;
    return 1;
}

/* Bits of the byte of `column` from that column on. */
static inline uint8_t from_column(ptrdiff_t column)
{
    return (uint8_t)(0xff >> (column & 7));
}

static inline void clear_run(uint8_t *row, ptrdiff_t start, ptrdiff_t end)
{
    ptrdiff_t first = start >> 3, last = end >> 3;
    uint8_t from = from_column(start), beyond = from_column(end);
    if (first == last) {
        row[first] &= (uint8_t) ~(from & ~beyond);
        return;
    }
    row[first] &= (uint8_t)~from;
    memset(row + first + 1, 0, (size_t)(last - first - 1));
    if (end & 7)
        row[last] &= beyond;
}

static inline void set_run(uint8_t *row, ptrdiff_t start, ptrdiff_t end)
{
    ptrdiff_t first = start >> 3, last = end >> 3;
    uint8_t from = from_column(start), beyond = from_column(end);
    if (first == last) {
        row[first] |= (uint8_t)(from & ~beyond);
        return;
    }
    row[first] |= from;
    memset(row + first + 1, 0xff, (size_t)(last - first - 1));
    if (end & 7)
        row[last] |= (uint8_t)~beyond;
}

#endif
