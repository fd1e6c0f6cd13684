/* Rms and level of the pixels of boxes: clipped statistics of a histogram, as SExtractor (Bertin & Arnouts 1996) and after
   it sep (Barbary 2016) have them. The numbers of a box are those of sep to the last bits of its sums. */
#include "box_noise.h"

#define LANES 32  /* sums of their own, so that their order is that of no processor */
#define PIECE 1024 /* pixels, a multiple of LANES */
#define FIRST_CLIP 2.0
#define CLIP 3.0
#define MOST_LEVELS 4096
#define PIXELS_A_LEVEL 4 /* in the peak of the histogram of a Gaussian */
#define REACH 5          /* of the histogram to either side, in sigma */
#define MOST_PASSES 100
#define LEAST_CHANGE 1e-4
#define LEAST_SIGMA 0.1 /* levels */
#define MOST_SKEWED 0.3 /* sigma between mean and median, up to which the level is the mode */
#define ROOT_2_OVER_PI 0.79788456080286535588

typedef struct {
    double mean, sigma;
} Moments;

typedef struct {
    const int32_t *counts;
    int low, high;             /* first and last level */
    int64_t pixels;            /* in them */
    double sum, sum_of_squares; /* of the levels of these */
    int middle;
    int64_t below; /* pixels from the first level to the one before the middle */
} Clipped;

/* Takes a rectangle of pixels, one row behind the other; gives whether all are valid. */
FOR_EACH_CPU static int take_valid(const float *restrict image, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t width,
                                   float *restrict pixels)
{
    int bad = 0;
    for (ptrdiff_t y = 0; y < ny; y++)
        for (ptrdiff_t i = 0; i < width; i++) {
            const float value = image[y * nx + i];
            bad |= !is_valid(value);
            pixels[y * width + i] = value;
        }
    return !bad;
}

FOR_EACH_CPU static int any_masked(const uint8_t *masked, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t width)
{
    int found = 0;
    for (ptrdiff_t y = 0; y < ny && !found; y++)
        for (ptrdiff_t i = 0; i < width; i++)
            found |= masked[y * nx + i];
    return found;
}

/* The usable pixels of a box, one behind the other. */
static ptrdiff_t usable_pixels(const float *image, const uint8_t *masked, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t width,
                               float *pixels)
{
    const int is_masked = masked != NULL && any_masked(masked, ny, nx, width);
    if (!is_masked && take_valid(image, ny, nx, width, pixels))
        return ny * width;
    ptrdiff_t n = 0;
    for (ptrdiff_t y = 0; y < ny; y++)
        for (ptrdiff_t i = 0; i < width; i++) {
            const float value = image[y * nx + i];
            pixels[n] = value;
            n += is_valid(value) & !(is_masked && masked[y * nx + i]);
        }
    return n;
}

/* Pixels from `low` to `high`, with 0 in place of the others; gives how many they are. */
FOR_EACH_CPU static int32_t keep_within(const float *restrict pixels, ptrdiff_t n, float low, float high,
                                        float *restrict kept)
{
    int32_t count = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        int within = (pixels[i] >= low) & (pixels[i] <= high);
        kept[i] = within ? pixels[i] : 0.0f;
        count += within;
    }
    return count;
}

/* Of `count` pixels, among which there may be any number of 0 beyond them; n is a multiple of LANES. */
FOR_EACH_CPU static Moments moments(const float *restrict pixels, ptrdiff_t n, int32_t count)
{
    double sums[LANES] = {0}, squares[LANES] = {0}, sum = 0, square = 0;
    for (ptrdiff_t i = 0; i < n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            sums[k] += pixels[i + k];
            squares[k] += (double)pixels[i + k] * pixels[i + k];
        }
    for (int k = 0; k < LANES; k++) {
        sum += sums[k];
        square += squares[k];
    }
    double mean = sum / count, variance = square / count - mean * mean;
    return (Moments){mean, variance > 0 ? sqrt(variance) : 0};
}

/* The level of each pixel, `levels` for what is beyond the histogram. */
FOR_EACH_CPU static void find_levels(const float *restrict pixels, ptrdiff_t n, float scale, float offset, int levels,
                                     int32_t *restrict found)
{
    const float top = (float)levels;
    for (ptrdiff_t i = 0; i < n; i++) {
        float place = pixels[i] / scale + offset;
        int within = (place > -1.0f) & (place < top);
        found[i] = (int32_t)(within ? place : top);
    }
}

/* How many pixels have each level, and how many none. */
static void count_levels(const float *pixels, ptrdiff_t n, float scale, float offset, int levels, int32_t *counts)
{
    int32_t found[PIECE];
    memset(counts, 0, (size_t)(levels + 1) * sizeof(int32_t));
    for (ptrdiff_t start = 0; start < n; start += PIECE) {
        const ptrdiff_t some = n - start < PIECE ? n - start : PIECE;
        find_levels(pixels + start, some, scale, offset, levels, found);
        for (ptrdiff_t i = 0; i < some; i++)
            counts[found[i]]++;
    }
}

FOR_EACH_CPU static int64_t count_pixels(const int32_t *counts, int stop)
{
    int64_t count = 0;
    for (int i = 0; i < stop; i++)
        count += counts[i];
    return count;
}

/* Pixels from a level up to another, the sum of their levels and that of the squares. */
typedef struct {
    int64_t pixels;
    double sum, sum_of_squares; /* whole numbers, and so exact up to 2**53, in whatever order they are added */
} Sums;

FOR_EACH_CPU static Sums sum_levels(const int32_t *restrict counts, int start, int stop)
{
    int64_t pixels = 0;
    double sums[LANES] = {0}, squares[LANES] = {0}, sum = 0, square = 0;
    for (int i = start; i < stop; i++)
        pixels += counts[i];
    for (; stop - start >= LANES; start += LANES)
        for (int k = 0; k < LANES; k++) {
            const double level = (double)(start + k), part = counts[start + k] * level;
            sums[k] += part;
            squares[k] += part * level;
        }
    for (; start < stop; start++) {
        sum += (double)counts[start] * start;
        square += (double)counts[start] * start * start;
    }
    for (int k = 0; k < LANES; k++) {
        sum += sums[k];
        square += squares[k];
    }
    return (Sums){pixels, sum, square};
}

/* Takes levels from `start` up to `stop` in, or leaves them out. */
static void change(Clipped *clipped, int start, int stop, int sign)
{
    if (start >= stop)
        return;
    const Sums sums = sum_levels(clipped->counts, start, stop);
    clipped->pixels += sign * sums.pixels;
    clipped->sum += sign * sums.sum;
    clipped->sum_of_squares += sign * sums.sum_of_squares;
    if (stop <= clipped->middle)
        clipped->below += sign * sums.pixels;
    else if (start < clipped->middle)
        clipped->below += sign * count_pixels(clipped->counts + start, clipped->middle - start);
}

/* Other first and last levels; the middle stays one of them, or the one after the last. */
static void clip_levels(Clipped *clipped, int low, int high)
{
    const int first = low < clipped->low ? low : clipped->low, last = high > clipped->high ? high : clipped->high;
    change(clipped, first, clipped->low, 1);
    change(clipped, clipped->high + 1, last + 1, 1);
    change(clipped, first, low, -1);
    change(clipped, high + 1, last + 1, -1);
    clipped->low = low;
    clipped->high = high;
    clipped->middle = clipped->middle < low ? low : clipped->middle > high + 1 ? high + 1 : clipped->middle;
}

/* The median, in levels: the middle is the first one that with those below it, half of itself counted, has half of all. */
static double median_level(Clipped *clipped)
{
    const int32_t *counts = clipped->counts;
    while (2 * clipped->below + counts[clipped->middle] < clipped->pixels)
        clipped->below += counts[clipped->middle++];
    while (clipped->middle > clipped->low && 2 * clipped->below - counts[clipped->middle - 1] >= clipped->pixels)
        clipped->below -= counts[--clipped->middle];
    if (clipped->middle == 0)
        return 0;
    const int32_t here = counts[clipped->middle], before = counts[clipped->middle - 1];
    const double excess = (double)(clipped->pixels - 2 * clipped->below);
    return clipped->middle - 0.5 + excess / (2.0 * (here > before ? here : before));
}

static int rounded(double level, int levels) { return level > 0 ? level < levels - 1 ? (int)(level + 0.5) : levels - 1 : 0; }

/* Clips about the median until sigma stays, all in levels; gives sigma, and the mode as far as there is one. */
static double clipped_sigma(Clipped *clipped, int levels, double *mode)
{
    double before = 1, sigma = 10.0 * levels, mean = 0, median = 0;
    for (int pass = 0; pass < MOST_PASSES && sigma >= LEAST_SIGMA && fabs(sigma / before - 1) > LEAST_CHANGE; pass++) {
        before = sigma;
        median = median_level(clipped);
        mean = clipped->pixels > 0 ? clipped->sum / (double)clipped->pixels : 0;
        double variance = clipped->pixels > 0 ? clipped->sum_of_squares / (double)clipped->pixels - mean * mean : 0;
        sigma = variance > 0 ? sqrt(variance) : 0;
        clip_levels(clipped, rounded(median - CLIP * sigma, levels), rounded(median + CLIP * sigma, levels));
    }
    int alike = fabs(mean - median) < MOST_SKEWED * sigma;
    *mode = sigma > 0 ? alike ? 2.5 * median - 1.5 * mean : median : mean;
    return sigma;
}

/* Of n pixels; there is room up to a multiple of LANES, and as much in `kept`. */
static void measure_pixels(float *pixels, ptrdiff_t n, float *kept, int32_t *counts, float *rms, float *level)
{
    const ptrdiff_t whole = (n + LANES - 1) / LANES * LANES;
    for (ptrdiff_t i = n; i < whole; i++)
        pixels[i] = INFINITY;
    keep_within(pixels, whole, -FLT_MAX, FLT_MAX, kept);
    Moments all = moments(kept, whole, (int32_t)n);
    float low = (float)(all.mean - FIRST_CLIP * all.sigma), high = (float)(all.mean + FIRST_CLIP * all.sigma);
    const int32_t within = keep_within(pixels, whole, low, high, kept);
    Moments clipped = moments(kept, whole, within);
    double wanted = ROOT_2_OVER_PI * REACH / PIXELS_A_LEVEL * within + 1;
    const int levels = wanted > MOST_LEVELS ? MOST_LEVELS : (int)wanted;
    const double reach = REACH * clipped.sigma;
    const float scale = clipped.sigma > 0 ? (float)(2 * reach / levels) : 1.0f, zero = (float)(clipped.mean - reach);
    count_levels(pixels, whole, scale, (float)(0.499999 - zero / scale), levels, counts);
    const Sums sums = sum_levels(counts, 0, levels);
    Clipped in_levels = {counts, 0, levels - 1, sums.pixels, sums.sum, sums.sum_of_squares, 0, 0};
    in_levels.middle = in_levels.pixels > 0 ? (int)(in_levels.sum / (double)in_levels.pixels) : 0;
    in_levels.below = count_pixels(counts, in_levels.middle);
    double mode, in_sigma = clipped_sigma(&in_levels, levels, &mode);
    *rms = (float)(in_sigma * scale);
    *level = (float)(zero + mode * scale);
}

int measure_boxes(const float *image, const uint8_t *masked, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t width,
                  ptrdiff_t count, const uint8_t *asked, float *rms, float *level, int32_t *used)
{
    const size_t room = (size_t)(ny * width + LANES) * sizeof(float);
    float *pixels = malloc(room), *kept = malloc(room);
    int32_t *counts = malloc((MOST_LEVELS + 1) * sizeof(int32_t));
    const int has_memory = pixels != NULL && kept != NULL && counts != NULL;
    for (ptrdiff_t k = 0; has_memory && k < count; k++) {
        if (asked != NULL && !asked[k])
            continue;
        const ptrdiff_t x = k * width, columns = nx - x < width ? nx - x : width;
        const ptrdiff_t n = usable_pixels(image + x, masked == NULL ? NULL : masked + x, ny, nx, columns, pixels);
        used[k] = (int32_t)n;
        rms[k] = level[k] = 0;
        if (n > 0 && 2 * n >= ny * columns)
            measure_pixels(pixels, n, kept, counts, rms + k, level + k);
    }
    free(pixels);
    free(kept);
    free(counts);
    return has_memory;
}
