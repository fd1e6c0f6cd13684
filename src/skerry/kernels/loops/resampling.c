/* An image on another grid by a bicubic spline, and what changes slowly over a grid, spread from nodes.

   The coefficients of a cubic B-spline follow from the pixels by two recursions along each axis (Unser, Aldroubi & Eden
   1993, IEEE Trans. Signal Processing 41, 834), which forget a pixel by a factor of 0.27 for each pixel. They run along
   contiguous pixels: along rows for a block of them that lie side by side, then down the columns of all. */
#include "resampling.h"

#define POLE (-0.26794919243112270647f) /* sqrt(3) - 2 */
#define GAIN 36.0f                      /* 6 for each axis */
#define BLOCK 16
#define LEAST_VALID 0.99f

#define LANES 16

/* Vectors pass between functions of this file alone, so that it is all one how other compilers would pass them. */
#pragma GCC diagnostic ignored "-Wpsabi"
typedef float Four __attribute__((vector_size(16)));
typedef double Doubles __attribute__((vector_size(32)));
typedef int64_t Longs __attribute__((vector_size(32)));
typedef int32_t Ints __attribute__((vector_size(16)));

static inline Four load(const float *from)
{
    Four four;
    memcpy(&four, from, sizeof four);
    return four;
}

/* Weights of the three nodes of a cell at t, from 0 at the first to 2 at the last. */
static inline void parabola(double t, double weights[3])
{
    weights[0] = (t - 1) * (t - 2) / 2;
    weights[1] = t * (2 - t);
    weights[2] = t * (t - 1) / 2;
}

/* One cell of one row. */
FOR_EACH_CPU static void spread_cell(const double *restrict weights, ptrdiff_t width, double a, double b, double c,
                                     ptrdiff_t n, double *restrict out)
{
    for (ptrdiff_t u = 0; u < n; u++)
        out[u] = a * weights[u] + b * weights[width + u] + c * weights[2 * width + u];
}

int spread_nodes(const double *nodes, ptrdiff_t across, ptrdiff_t half, ptrdiff_t first, ptrdiff_t rows,
                 ptrdiff_t columns, double *out)
{
    const ptrdiff_t side = 2 * half, width = side < columns ? side : columns;
    double *weights = malloc((size_t)(3 * width + 1) * sizeof *weights);
    if (!weights)
        return 0;
    for (ptrdiff_t u = 0; u < width; u++) {
        double of_nodes[3];
        parabola((double)u / (double)half, of_nodes);
        for (int k = 0; k < 3; k++)
            weights[k * width + u] = of_nodes[k];
    }
    for (ptrdiff_t y = 0; y < rows; y++) {
        ptrdiff_t cell_row = (first + y) / side, down = (first + y) % side;
        const double *top = nodes + 2 * cell_row * across, *middle = top + across, *bottom = middle + across;
        double w[3];
        parabola((double)down / (double)half, w);
        for (ptrdiff_t left = 0, k = 0; left < columns; left += side, k += 2) {
            double ends[3];
            for (int i = 0; i < 3; i++)
                ends[i] = top[k + i] * w[0] + middle[k + i] * w[1] + bottom[k + i] * w[2];
            ptrdiff_t n = columns - left < side ? columns - left : side;
            spread_cell(weights, width, ends[0], ends[1], ends[2], n, out + y * columns + left);
        }
    }
    free(weights);
    return 1;
}

void spread_powers(const double *start, const double *ratio, const double *change, ptrdiff_t cells, ptrdiff_t cell,
                   ptrdiff_t rows, ptrdiff_t columns, double *out)
{
    for (ptrdiff_t y = 0; y < rows; y++)
        for (ptrdiff_t k = 0; k < cells && k * cell < columns; k++) {
            ptrdiff_t n = columns - k * cell < cell ? columns - k * cell : cell;
            double value = start[y * cells + k], step = ratio[y * cells + k], faster = change[y * cells + k];
            double *row = out + y * columns + k * cell;
            for (ptrdiff_t u = 0; u < n; u++) {
                row[u] = value;
                value *= step;
                step *= faster;
            }
        }
}

/* What the second recursion begins with, of the last value of the first one and the one before it, if there is any: the
   image goes on with its last value, and so the first recursion tends to `end`. */
static inline float turn_round(float last, const float *before)
{
    float end = before ? (last - POLE * *before) / (1 - POLE) : last;
    return -POLE * (end / (1 - POLE) + (last - end) / (1 - POLE * POLE));
}

/* Some rows as columns of a block, and both recursions along them. */
FOR_EACH_CPU static void filter_rows(const float *restrict image, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t width,
                                     float *restrict block)
{
    for (ptrdiff_t x = 0; x < width; x++)
        for (ptrdiff_t i = 0; i < count; i++)
            block[x * BLOCK + i] = GAIN * image[i * stride + x];
    for (ptrdiff_t i = 0; i < BLOCK; i++)
        block[i] /= 1 - POLE;
    for (ptrdiff_t x = 1; x < width; x++)
        for (ptrdiff_t i = 0; i < BLOCK; i++)
            block[x * BLOCK + i] += POLE * block[(x - 1) * BLOCK + i];
    float *last = block + (width - 1) * BLOCK;
    for (ptrdiff_t i = 0; i < BLOCK; i++)
        last[i] = turn_round(last[i], width > 1 ? last + i - BLOCK : NULL);
    for (ptrdiff_t x = width - 2; x >= 0; x--)
        for (ptrdiff_t i = 0; i < BLOCK; i++)
            block[x * BLOCK + i] = POLE * (block[(x + 1) * BLOCK + i] - block[x * BLOCK + i]);
}

/* A column of a block as a row, and what the recursion downwards has of the row before it. */
FOR_EACH_CPU static void turn_column(const float *restrict block, ptrdiff_t width, const float *restrict before,
                                     float *restrict out)
{
    if (!before)
        for (ptrdiff_t x = 0; x < width; x++)
            out[x] = block[x * BLOCK] / (1 - POLE);
    else
        for (ptrdiff_t x = 0; x < width; x++)
            out[x] = block[x * BLOCK] + POLE * before[x];
}

/* The recursion upwards. */
FOR_EACH_CPU static void filter_back(const float *restrict after, ptrdiff_t width, float *restrict row)
{
    for (ptrdiff_t x = 0; x < width; x++)
        row[x] = POLE * (after[x] - row[x]);
}

int spline_coefficients(const float *image, ptrdiff_t ny, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t width, float *out)
{
    if (ny < 1 || width < 1)
        return 1;
    float *block = calloc((size_t)width * BLOCK, sizeof *block);
    if (!block)
        return 0;
    for (ptrdiff_t top = 0; top < ny; top += BLOCK) {
        ptrdiff_t count = ny - top < BLOCK ? ny - top : BLOCK;
        filter_rows(image + top * stride + first, stride, count, width, block);
        for (ptrdiff_t i = 0; i < count; i++) {
            float *row = out + (top + i) * width;
            turn_column(block + i, width, top + i ? row - width : NULL, row);
        }
    }
    free(block);
    float *last = out + (ny - 1) * width;
    for (ptrdiff_t x = 0; x < width; x++)
        last[x] = turn_round(last[x], ny > 1 ? last + x - width : NULL);
    for (ptrdiff_t y = ny - 2; y >= 0; y--)
        filter_back(out + (y + 1) * width, width, out + y * width);
    return 1;
}

/* Some pixels of a row of the grid: where they lie in a part of the image, and what they have there. */
typedef struct {
    int32_t i[LANES], j[LANES]; /* the pixel before each position */
    float u[LANES], v[LANES];   /* from there to the position */
    float value[LANES], weight[LANES];
    int32_t use[LANES];         /* -1 where they have anything, or 0 */
    int any, beyond, together; /* any is used, one lies beyond the part, all lie side by side in it */
} Few;

static inline Doubles all(double value) { return value - (Doubles){0}; }

/* `a` where the mask is set, `b` elsewhere. */
static inline Doubles either(Longs mask, Doubles a, Doubles b)
{
    return (Doubles)(((Longs)a & mask) | ((Longs)b & ~mask));
}

/* A position along an axis; in the outer half of the outermost pixels it is their middle. */
static inline Doubles within(Doubles position, double last)
{
    Doubles least = either(position > 0, position, all(0));
    return either(least < last, least, all(last));
}

/* Where positions may lie: in the image, and far enough within the part that its coefficients reach beyond them. */
typedef struct {
    double left, top, last_x, last_y;     /* of the image in the part, which may begin beyond it */
    double first, right, lowest, highest; /* of positions within the part and the middles of the outermost pixels */
} Extent;

static inline Extent extent_of(const SplinePart *part)
{
    double left = (double)part->left, top = (double)part->top;
    double last_x = (double)(part->nx - 1), last_y = (double)(part->ny - 1);
    double right = left + (double)(part->columns - 3), highest = top + (double)(part->rows - 3);
    return (Extent){left, top, last_x, last_y, left + 1 > 0 ? left + 1 : 0, right < last_x ? right : last_x,
                    top + 1 > 0 ? top + 1 : 0, highest < last_y ? highest : last_y};
}

static inline Doubles four_of(const double *from)
{
    Doubles four;
    memcpy(&four, from, sizeof four);
    return four;
}

static inline int all_set(Ints mask) { return (mask[0] & mask[1] & mask[2] & mask[3]) != 0; }
static inline int any_set(Ints mask) { return (mask[0] | mask[1] | mask[2] | mask[3]) != 0; }

/* Four positions in the part, as pixels and what is left of them; gives which do not lie side by side from `i`, `j` on. */
static inline Ints split(Few *few, int n, Doubles at_x, Doubles at_y, int32_t i, int32_t j)
{
    const Ints steps = {n, n + 1, n + 2, n + 3};
    Ints of_x = __builtin_convertvector(at_x, Ints), of_y = __builtin_convertvector(at_y, Ints);
    Four u = __builtin_convertvector(at_x - __builtin_convertvector(of_x, Doubles), Four);
    Four v = __builtin_convertvector(at_y - __builtin_convertvector(of_y, Doubles), Four);
    memcpy(few->i + n, &of_x, sizeof of_x);
    memcpy(few->j + n, &of_y, sizeof of_y);
    memcpy(few->u + n, &u, sizeof u);
    memcpy(few->v + n, &v, sizeof v);
    return (of_x - steps != i) | (of_y != j);
}

/* Gives 0 if it is not known yet that all positions are used and none lies in the outer half of the outermost pixels. */
static inline int find_inner(const Extent *in, const double *x, const double *y, const double *gain, double cutoff,
                             Few *few)
{
    Longs inner = ~(Longs){0};
    for (int n = 0; n < LANES; n += 4) {
        Doubles here_x = four_of(x + n), here_y = four_of(y + n);
        inner &= (here_x >= in->first) & (here_x <= in->right) & (here_y >= in->lowest) & (here_y <= in->highest);
        inner &= four_of(gain + n) > cutoff;
    }
    if (!all_set(__builtin_convertvector(inner, Ints)))
        return 0;
    int32_t i = (int32_t)(x[0] - in->left), j = (int32_t)(y[0] - in->top);
    Ints apart = {0};
    for (int n = 0; n < LANES; n += 4)
        apart |= split(few, n, four_of(x + n) - in->left, four_of(y + n) - in->top, i, j);
    memset(few->use, 0xff, sizeof few->use);
    few->any = 1;
    few->beyond = 0;
    few->together = !any_set(apart);
    return 1;
}

static inline void find_places(const SplinePart *part, const Extent *in, const double *x, const double *y,
                               const double *gain, double cutoff, Few *few)
{
    if (find_inner(in, x, y, gain, cutoff, few))
        return;
    double columns = (double)(part->columns - 2), rows = (double)(part->rows - 2);
    Ints any = {0}, beyond = {0};
    for (int n = 0; n < LANES; n += 4) {
        Doubles here_x = four_of(x + n), here_y = four_of(y + n);
        Longs use = (here_x >= -0.5) & (here_x <= in->last_x + 0.5) & (here_y >= -0.5) & (here_y <= in->last_y + 0.5);
        use &= four_of(gain + n) > cutoff;
        Doubles at_x = within(here_x, in->last_x) - in->left, at_y = within(here_y, in->last_y) - in->top;
        Longs there = (at_x >= 1) & (at_y >= 1) & (at_x < columns) & (at_y < rows);
        split(few, n, either(there, at_x, all(1)), either(there, at_y, all(1)), 0, 0);
        Ints used = __builtin_convertvector(use, Ints);
        memcpy(few->use + n, &used, sizeof used);
        any |= used;
        beyond |= __builtin_convertvector(use & ~there, Ints);
    }
    few->any = any_set(any);
    few->beyond = any_set(beyond);
    few->together = 0;
}

/* Weights of the four coefficients round positions, `u` from the second one. */
static inline void spline_weights(const float *restrict u, float weights[4][LANES])
{
    for (int n = 0; n < LANES; n++) {
        float t = u[n], s = 1 - t;
        weights[0][n] = s * s * s * (1 / 6.0f);
        weights[1][n] = (t * 0.5f - 1) * t * t + 4 / 6.0f;
        weights[2][n] = (s * 0.5f - 1) * s * s + 4 / 6.0f;
        weights[3][n] = t * t * t * (1 / 6.0f);
    }
}

static inline void find_values(const SplinePart *part, Few *restrict few)
{
    ptrdiff_t stride = part->columns;
    float across[4][LANES], down[4][LANES];
    spline_weights(few->u, across);
    spline_weights(few->v, down);
    if (few->together) {
        const float *from = part->coefficients + (few->j[0] - 1) * stride + few->i[0] - 1;
        for (int n = 0; n < LANES; n++) {
            float sum[4];
            for (int k = 0; k < 4; k++)
                sum[k] = down[0][n] * from[n + k] + down[1][n] * from[n + k + stride] +
                         down[2][n] * from[n + k + 2 * stride] + down[3][n] * from[n + k + 3 * stride];
            few->value[n] = across[0][n] * sum[0] + across[1][n] * sum[1] + across[2][n] * sum[2] +
                            across[3][n] * sum[3];
        }
        return;
    }
    for (int n = 0; n < LANES; n++) {
        const float *from = part->coefficients + (few->j[n] - 1) * stride + few->i[n] - 1;
        Four sum = down[0][n] * load(from) + down[1][n] * load(from + stride) + down[2][n] * load(from + 2 * stride) +
                   down[3][n] * load(from + 3 * stride);
        few->value[n] = across[0][n] * sum[0] + across[1][n] * sum[1] + across[2][n] * sum[2] + across[3][n] * sum[3];
    }
}

/* Bilinear interpolation between four pixels. */
static inline float between(float u, float v, float a, float b, float c, float d)
{
    float s = 1 - u, t = 1 - v;
    return t * (s * a + u * b) + v * (s * c + u * d);
}

/* Weights, interpolated bilinearly; 0 where invalid pixels have too much of it. */
static inline void find_weights(const SplinePart *part, Few *restrict few)
{
    ptrdiff_t stride = part->columns;
    if (part->weight && few->together) {
        const float *row = part->weight + few->j[0] * stride + few->i[0], *below = row + stride;
        for (int n = 0; n < LANES; n++)
            few->weight[n] = between(few->u[n], few->v[n], row[n], row[n + 1], below[n], below[n + 1]);
    } else if (part->weight) {
        for (int n = 0; n < LANES; n++) {
            const float *row = part->weight + few->j[n] * stride + few->i[n], *below = row + stride;
            few->weight[n] = between(few->u[n], few->v[n], row[0], row[1], below[0], below[1]);
        }
    } else {
        for (int n = 0; n < LANES; n++)
            few->weight[n] = 1;
    }
    if (!part->valid)
        return;
    for (int n = 0; n < LANES; n++) {
        const uint8_t *row = part->valid + few->j[n] * stride + few->i[n], *below = row + stride;
        float share = between(few->u[n], few->v[n], row[0], row[1], below[0], below[1]);
        few->weight[n] = share > LEAST_VALID ? few->weight[n] : 0;
    }
}

static inline int64_t add_few(const Few *restrict few, const double *restrict gain, int count, float *restrict total,
                              float *restrict sum)
{
    float values[LANES], weights[LANES];
    int32_t added = 0;
    for (int n = 0; n < LANES; n++) {
        double scale = (double)few->weight[n] * gain[n];
        values[n] = (float)(few->value[n] * scale);
        weights[n] = (float)(scale * gain[n]);
    }
    for (int n = 0; n < LANES; n++) {
        int32_t use = few->use[n] & -(weights[n] > 0) & -is_valid(few->value[n]), value, weight;
        memcpy(&value, values + n, sizeof value);
        memcpy(&weight, weights + n, sizeof weight);
        value &= use;
        weight &= use;
        memcpy(values + n, &value, sizeof value);
        memcpy(weights + n, &weight, sizeof weight);
        added -= use;
    }
    for (int n = 0; n < count; n++) {
        total[n] += values[n];
        sum[n] += weights[n];
    }
    return added;
}

static inline void take(double *restrict to, const double *restrict from, int count, double beyond)
{
    if (count == LANES) {
        memcpy(to, from, LANES * sizeof *to);
        return;
    }
    for (int n = 0; n < LANES; n++)
        to[n] = n < count ? from[n] : beyond;
}

/* One row; gives how many pixels were added, or -1 if a position lies beyond the part. */
FOR_EACH_CPU static int64_t add_row(const SplinePart *part, const double *x, const double *y, const double *response,
                                    double cutoff, ptrdiff_t columns, float *total, float *sum)
{
    int64_t added = 0;
    const Extent in = extent_of(part);
    Few few;
    double at[3][LANES];
    for (int n = 0; n < LANES; n++)
        at[2][n] = 1;
    for (ptrdiff_t first = 0; first < columns; first += LANES) {
        int count = columns - first < LANES ? (int)(columns - first) : LANES;
        take(at[0], x + first, count, -1);
        take(at[1], y + first, count, -1);
        if (response)
            take(at[2], response + first, count, 0);
        find_places(part, &in, at[0], at[1], at[2], response ? cutoff : 0, &few);
        if (few.beyond)
            return -1;
        if (!few.any)
            continue;
        find_values(part, &few);
        find_weights(part, &few);
        added += add_few(&few, at[2], count, total + first, sum + first);
    }
    return added;
}

int add_spline(const SplinePart *part, const double *x, const double *y, const double *response, double cutoff,
               ptrdiff_t rows, ptrdiff_t columns, float *total, float *sum, ptrdiff_t stride, int64_t *count)
{
    *count = 0;
    for (ptrdiff_t row = 0; row < rows; row++) {
        ptrdiff_t here = row * columns, there = row * stride;
        int64_t added = add_row(part, x + here, y + here, response ? response + here : NULL, cutoff, columns,
                                total + there, sum + there);
        if (added < 0)
            return 0;
        *count += added;
    }
    return 1;
}
