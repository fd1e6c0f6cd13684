/* Pixels of a mask near bright ones that do not stand above the artefacts there: bright pixels are few, and all is done
   in rectangles round them. */
#include "rims.h"

#include "boxes.h"
#include "smoothing.h"

#define LEAST_WINDOW 128 /* rows of a rectangle at most, or the reach, and columns from one to the next at least */
#define FAINT 2          /* in a mask: set, but for the smoothed signal to be looked at */

typedef struct {
    ptrdiff_t top, bottom, left, right;
} Place;

typedef struct {
    const float *signal;
    ptrdiff_t n, nx, first, rows;
    const Rims *rims;
    float *level;  /* of the band: how deep artefacts are; known near the rectangles only */
    uint8_t *kept; /* of the rows asked for */
} Band;

static inline ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static inline ptrdiff_t larger(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }

static inline ptrdiff_t height(Place p) { return p.bottom - p.top; }

static inline ptrdiff_t width(Place p) { return p.right - p.left; }

/* A rectangle with the pixels round it, as far as there are any. */
static Place grown(const Band *band, Place p, ptrdiff_t by)
{
    return (Place){larger(0, p.top - by), smaller(p.bottom + by, band->n), larger(0, p.left - by),
                   smaller(p.right + by, band->nx)};
}

/* As far as it lies in rows from `top` up to `bottom`; it may be empty. */
static Place in_rows(Place p, ptrdiff_t top, ptrdiff_t bottom)
{
    return (Place){larger(p.top, top), smaller(p.bottom, bottom), p.left, p.right};
}

static Place in_asked(const Band *band, Place p) { return in_rows(p, band->first, band->first + band->rows); }

static inline uint8_t *kept_row(const Band *band, ptrdiff_t y) { return band->kept + (y - band->first) * band->nx; }

static inline int is_bright(float value, float clip) { return (value > clip) & (value <= FLT_MAX); }

FOR_EACH_CPU static int add_bright(const float *restrict row, ptrdiff_t n, float clip, uint8_t *restrict columns)
{
    int any = 0;
    for (ptrdiff_t x = 0; x < n; x++) {
        const int bright = is_bright(row[x], clip);
        columns[x] |= (uint8_t)bright;
        any |= bright;
    }
    return any;
}

/* Whether a value is anywhere in the rows asked for of a rectangle. */
static int has_kept(const Band *band, Place p, int value)
{
    p = in_asked(band, p);
    for (ptrdiff_t y = p.top; y < p.bottom; y++)
        if (memchr(kept_row(band, y) + p.left, value, (size_t)width(p)))
            return 1;
    return 0;
}

/* Without the rows at its ends that have nothing bright. */
static Place tightened(const Band *band, Place p)
{
    ptrdiff_t first = p.bottom, last = p.top;
    for (ptrdiff_t y = p.top; y < p.bottom; y++)
        for (ptrdiff_t x = p.left; x < p.right; x++)
            if (is_bright(band->signal[y * band->nx + x], band->rims->clip)) {
                first = smaller(first, y);
                last = y + 1;
                break;
            }
    return (Place){first, last, p.left, p.right};
}

/* Rectangles that hold all bright pixels with set ones near them. Gives how many there are, -1 without memory. */
static ptrdiff_t find_windows(const Band *band, Place **windows)
{
    const Rims *rims = band->rims;
    const ptrdiff_t size = larger(LEAST_WINDOW, rims->reach), nx = band->nx;
    /* The level has to be known where means are made of, and means where the bright pixels of a window reach. */
    const ptrdiff_t ahead = rims->taps ? 3 * rims->reach + rims->radius : rims->reach;
    uint8_t *columns = malloc((size_t)nx + 1);
    ptrdiff_t count = columns ? 0 : -1;
    for (ptrdiff_t top = 0; count >= 0 && top < band->n; top += size) {
        const ptrdiff_t bottom = smaller(top + size, band->n);
        int any = 0;
        memset(columns, 0, (size_t)nx);
        for (ptrdiff_t y = top; y < bottom; y++)
            any |= add_bright(band->signal + y * nx, nx, rims->clip, columns);
        for (ptrdiff_t x = 0, last; any && x < nx; x = last + 1) {
            const uint8_t *found = memchr(columns + x, 1, (size_t)(nx - x));
            if (!found)
                break;
            const ptrdiff_t left = found - columns;
            for (last = left; (found = memchr(columns + last + 1, 1, (size_t)smaller(size, nx - last - 1))); )
                last = found - columns;
            const Place window = tightened(band, (Place){top, bottom, left, last + 1});
            if (!has_kept(band, grown(band, window, ahead), 1))
                continue;
            Place *more = count & (count + 1) ? *windows : realloc(*windows, 2 * (size_t)(count + 1) * sizeof(Place));
            if (!more) {
                count = -1;
                break;
            }
            *windows = more;
            more[count++] = window;
        }
    }
    free(columns);
    return count;
}

/* Greatest depth of the artefacts of the bright pixels of a window, at the pixels of `place`: those within reach of it.
   `values` are those of the place, and `depth` and `lowest` as large. */
static int depth_round(const Band *band, Place window, Place place, const float *values, float *lowest, float *depth)
{
    const ptrdiff_t reach = band->rims->reach, nx = width(place), rows = height(window), across = window.left - place.left;
    const float clip = band->rims->clip;
    if (!box_extremum(values, height(place), nx, nx, window.top - place.top, rows, reach, reach, 0, lowest))
        return 0;
    float *at = depth + (window.top - place.top) * nx;
    memset(depth, 0, (size_t)(height(place) * nx) * sizeof(float));
    for (ptrdiff_t y = 0; y < rows; y++) {
        const float *signal = band->signal + (window.top + y) * band->nx + window.left;
        for (ptrdiff_t x = 0; x < width(window); x++) {
            const float deep = -lowest[y * nx + across + x];
            at[y * nx + across + x] = is_bright(signal[x], clip) & (deep > 0) ? deep : 0;
        }
    }
    memcpy(lowest, depth, (size_t)(height(place) * nx) * sizeof(float));
    return box_extremum(lowest, height(place), nx, nx, 0, height(place), reach, reach, 1, depth);
}

/* Raise the level to that of the bright pixels of a window. */
static int raise_level(const Band *band, Place window)
{
    const Place place = grown(band, window, band->rims->reach);
    const ptrdiff_t nx = width(place), size = height(place) * nx;
    float *values = malloc(3 * (size_t)size * sizeof(float));
    int done = values != NULL;
    for (ptrdiff_t y = 0; done && y < height(place); y++)
        memcpy(values + y * nx, band->signal + (place.top + y) * band->nx + place.left, (size_t)nx * sizeof(float));
    done = done && depth_round(band, window, place, values, values + size, values + 2 * size);
    for (ptrdiff_t y = 0; done && y < height(place); y++) {
        float *level = band->level + (place.top + y) * band->nx + place.left;
        const float *depth = values + 2 * size + y * nx;
        for (ptrdiff_t x = 0; x < nx; x++)
            level[x] = depth[x] > level[x] ? depth[x] : level[x];
    }
    free(values);
    return done;
}

static void clear_level(const Band *band, Place p)
{
    for (ptrdiff_t y = p.top; y < p.bottom; y++)
        memset(band->level + y * band->nx + p.left, 0, (size_t)width(p) * sizeof(float));
}

/* Unset what does not exceed its level; what of it is valid, and may stand out of the smoothed signal, is `FAINT`. */
static void take_below(const Band *band, Place p)
{
    const uint8_t faint = band->rims->taps ? FAINT : 0;
    p = in_asked(band, p);
    for (ptrdiff_t y = p.top; y < p.bottom; y++) {
        const float *signal = band->signal + y * band->nx, *level = band->level + y * band->nx;
        uint8_t *kept = kept_row(band, y);
        for (ptrdiff_t x = p.left; x < p.right; x++)
            if (kept[x] == 1 && level[x] > 0 && !(is_valid(signal[x]) && signal[x] > band->rims->factor * level[x]))
                kept[x] = is_valid(signal[x]) ? faint : 0;
    }
}

/* Means of the pixels round those of a place but of such as exceed a level that is not 0; 0 where few count. */
static int smoothed(const Band *band, Place place, float *means)
{
    const Rims *rims = band->rims;
    const Place around = grown(band, place, rims->radius);
    const ptrdiff_t nx = width(around), rows = height(place), size = height(around) * nx, across = place.left - around.left;
    float *values = malloc((size_t)(size + 2 * rows * nx) * sizeof(float)), *sums = values + size, *weights = sums + rows * nx;
    if (!values)
        return 0;
    for (ptrdiff_t y = 0; y < height(around); y++) {
        const ptrdiff_t at = (around.top + y) * band->nx + around.left;
        for (ptrdiff_t x = 0; x < nx; x++) {
            const float value = band->signal[at + x], level = band->level[at + x];
            values[y * nx + x] = (level > 0) & (value > level) ? NAN : value;
        }
    }
    const int done = shrink_rows(values, 0, height(around), height(around), nx, rims->taps, rims->radius, 1, 0,
                                 place.top - around.top, rows, nx, sums, weights);
    for (ptrdiff_t y = 0; done && y < rows; y++)
        for (ptrdiff_t x = 0; x < width(place); x++) {
            const ptrdiff_t i = y * nx + across + x;
            means[y * width(place) + x] = weights[i] > rims->least ? sums[i] / weights[i] : 0;
        }
    free(values);
    return done;
}

/* Unset those of the faint pixels that do not stand out of the smoothed signal round the bright pixels of a window. */
static int take_not_extended(const Band *band, Place window)
{
    const ptrdiff_t reach = band->rims->reach;
    /* Bright pixels beyond are too far from the rows. */
    window = in_rows(window, band->first - reach, band->first + band->rows + reach);
    const Place place = grown(band, window, reach), asked = in_asked(band, place);
    if (height(window) <= 0 || !has_kept(band, place, FAINT))
        return 1;
    const ptrdiff_t nx = width(place), size = height(place) * nx;
    float *means = malloc(3 * (size_t)size * sizeof(float)), *depth = means + 2 * size;
    const int done = means && smoothed(band, place, means) &&
                     depth_round(band, window, place, means, means + size, depth);
    for (ptrdiff_t y = asked.top; done && y < asked.bottom; y++) {
        uint8_t *kept = kept_row(band, y) + place.left;
        const ptrdiff_t at = (y - place.top) * nx;
        for (ptrdiff_t x = 0; x < nx; x++)
            if (kept[x] == FAINT && !(means[at + x] > band->rims->smooth_factor * depth[at + x]))
                kept[x] = 0;
    }
    free(means);
    return done;
}

static void keep_faint(const Band *band, Place p)
{
    p = in_asked(band, p);
    for (ptrdiff_t y = p.top; y < p.bottom; y++)
        for (ptrdiff_t x = p.left; x < p.right; x++)
            kept_row(band, y)[x] = kept_row(band, y)[x] != 0;
}

int without_rims(const float *signal, ptrdiff_t n, ptrdiff_t nx, ptrdiff_t first, ptrdiff_t rows, const Rims *rims,
                 uint8_t *kept)
{
    Band band = {signal, n, nx, first, rows, rims, NULL, kept};
    Place *windows = NULL;
    const ptrdiff_t count = find_windows(&band, &windows), smoothing = rims->taps ? rims->radius : 0;
    int done = count >= 0;
    if (count > 0) {
        band.level = malloc((size_t)(n * nx) * sizeof(float));
        done = band.level != NULL;
    }
    for (ptrdiff_t i = 0; done && i < count; i++)
        clear_level(&band, grown(&band, windows[i], rims->reach + smoothing));
    for (ptrdiff_t i = 0; done && i < count; i++)
        done = raise_level(&band, windows[i]);
    for (ptrdiff_t i = 0; done && i < count; i++)
        take_below(&band, grown(&band, windows[i], rims->reach));
    for (ptrdiff_t i = 0; done && rims->taps && i < count; i++)
        done = take_not_extended(&band, windows[i]);
    for (ptrdiff_t i = 0; done && rims->taps && i < count; i++)
        keep_faint(&band, grown(&band, windows[i], rims->reach));
    free(band.level);
    free(windows);
    return done;
}
