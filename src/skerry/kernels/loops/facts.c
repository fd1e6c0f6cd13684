/* What is known of each run of pixels: a bit that any of them has, their sum, the highest of them. */
#include "facts.h"

/* A number that is higher for a higher value, and among equal ones for a later pixel. */
static inline uint64_t rank(float value, uint32_t pixel)
{
    uint32_t word;
    value += 0.0f; /* Both zeros are one. */
    memcpy(&word, &value, 4);
    word = word >> 31 ? ~word : word | UINT32_C(1) << 31;
    return (uint64_t)word << 32 | pixel;
}

typedef enum { ANY, SUM, RANK } Fact;

static inline void gather_row(Fact fact, const void *pixels, uint32_t first, const int32_t *starts, const int32_t *ends,
                              ptrdiff_t count, void *out)
{
    for (ptrdiff_t n = 0; n < count; n++) {
        uint8_t any = 0;
        double sum = 0;
        uint64_t highest = 0;
        for (ptrdiff_t x = starts[n]; x < ends[n]; x++) {
            if (fact == ANY) {
                any |= ((const uint8_t *)pixels)[x];
            } else if (fact == SUM) {
                sum += ((const float *)pixels)[x];
            } else {
                uint64_t here = rank(((const float *)pixels)[x], first + (uint32_t)x);
                highest = here > highest ? here : highest;
            }
        }
        if (fact == ANY)
            ((uint8_t *)out)[n] = any;
        else if (fact == SUM)
            ((double *)out)[n] = sum;
        else
            ((uint64_t *)out)[n] = highest;
    }
}

static inline void gather(Fact fact, const void *pixels, ptrdiff_t first_row, ptrdiff_t nx, const int32_t *per_row,
                          ptrdiff_t rows, const int32_t *starts, const int32_t *ends, void *out)
{
    const ptrdiff_t pixel = fact == ANY ? 1 : 4, item = fact == ANY ? 1 : 8;
    ptrdiff_t at = 0;
    for (ptrdiff_t y = 0; y < rows; y++) {
        gather_row(fact, (const char *)pixels + y * nx * pixel, (uint32_t)((first_row + y) * nx), starts + at, ends + at,
                   per_row[y], (char *)out + at * item);
        at += per_row[y];
    }
}

void any_of_runs(const uint8_t *pixels, ptrdiff_t nx, const int32_t *per_row, ptrdiff_t rows, const int32_t *starts,
                 const int32_t *ends, uint8_t *out)
{
    gather(ANY, pixels, 0, nx, per_row, rows, starts, ends, out);
}

void sums_of_runs(const float *pixels, ptrdiff_t nx, const int32_t *per_row, ptrdiff_t rows, const int32_t *starts,
                  const int32_t *ends, double *out)
{
    gather(SUM, pixels, 0, nx, per_row, rows, starts, ends, out);
}

void ranks_of_runs(const float *pixels, ptrdiff_t first_row, ptrdiff_t nx, const int32_t *per_row, ptrdiff_t rows,
                   const int32_t *starts, const int32_t *ends, uint64_t *out)
{
    gather(RANK, pixels, first_row, nx, per_row, rows, starts, ends, out);
}
