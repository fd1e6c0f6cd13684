/* An image on another grid by a bicubic spline, and what changes slowly over a grid, spread from nodes.

   The coefficients of a cubic B-spline follow from the pixels by two recursions along each axis (Unser, Aldroubi & Eden
   1993, IEEE Trans. Signal Processing 41, 834), which forget a pixel by a factor of 0.27 for each pixel. They run along
   contiguous pixels: first for each row of a block of columns, then for each column, which by then are rows. */
#include "resampling.h"

#define POLE (-0.26794919243112270647f) /* sqrt(3) - 2 */
#define GAIN 36.0f                      /* 6 for each axis */
#define BLOCK 32
#define LEAST_VALID 0.99f

typedef float Four __attribute__((vector_size(16)));

/* Weights of the three nodes of a cell at t, from 0 at the first to 2 at the last. */
static inline void parabola(double t, double weights[3])
{
    weights[0] = (t - 1) * (t - 2) / 2;
    weights[1] = t * (2 - t);
    weights[2] = t * (t - 1) / 2;
}

/* One cell of one row. */
FOR_EACH_CPU static void spread_cell(const double *restrict weights, ptrdiff_t side, double a, double b, double c,
                                     ptrdiff_t n, double *restrict out)
{
    for (ptrdiff_t u = 0; u < n; u++)
        out[u] = a * weights[u] + b * weights[side + u] + c * weights[2 * side + u];
}

int spread_nodes(const double *nodes, ptrdiff_t across, ptrdiff_t half, ptrdiff_t first, ptrdiff_t rows,
                 ptrdiff_t columns, double *out)
{
    ptrdiff_t side = 2 * half;
    double *weights = malloc((size_t)(3 * side) * sizeof *weights);
    if (!weights)
        return 0;
    for (ptrdiff_t u = 0; u < side; u++) {
        double of_nodes[3];
        parabola((double)u / (double)half, of_nodes);
        for (int k = 0; k < 3; k++)
            weights[k * side + u] = of_nodes[k];
    }
    for (ptrdiff_t y = 0; y < rows; y++) {
        ptrdiff_t cell_row = (first + y) / side, down = (first + y) % side;
        const double *top = nodes + 2 * cell_row * across, *middle = top + across, *bottom = middle + across;
        double w0 = weights[down], w1 = weights[side + down], w2 = weights[2 * side + down];
        for (ptrdiff_t left = 0, k = 0; left < columns; left += side, k += 2) {
            double ends[3];
            for (int i = 0; i < 3; i++)
                ends[i] = top[k + i] * w0 + middle[k + i] * w1 + bottom[k + i] * w2;
            ptrdiff_t n = columns - left < side ? columns - left : side;
            spread_cell(weights, side, ends[0], ends[1], ends[2], n, out + y * columns + left);
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

/* Both recursions along the columns of a block, row by row. */
FOR_EACH_CPU static void filter_columns(const float *restrict image, ptrdiff_t ny, ptrdiff_t stride, ptrdiff_t width,
                                        float *restrict block)
{
    for (ptrdiff_t y = 0; y < ny; y++)
        for (ptrdiff_t i = 0; i < width; i++)
            block[y * BLOCK + i] = GAIN * image[y * stride + i];
    for (ptrdiff_t i = 0; i < BLOCK; i++)
        block[i] /= 1 - POLE;
    for (ptrdiff_t y = 1; y < ny; y++)
        for (ptrdiff_t i = 0; i < BLOCK; i++)
            block[y * BLOCK + i] += POLE * block[(y - 1) * BLOCK + i];
    for (ptrdiff_t i = 0; i < BLOCK; i++)
        block[(ny - 1) * BLOCK + i] *= -POLE / (1 - POLE);
    for (ptrdiff_t y = ny - 2; y >= 0; y--)
        for (ptrdiff_t i = 0; i < BLOCK; i++)
            block[y * BLOCK + i] = POLE * (block[(y + 1) * BLOCK + i] - block[y * BLOCK + i]);
}

/* A column of a block as a row, and what the recursion to the right has of the row before it. */
FOR_EACH_CPU static void turn_column(const float *restrict block, ptrdiff_t ny, const float *restrict before,
                                     float *restrict out)
{
    if (!before)
        for (ptrdiff_t y = 0; y < ny; y++)
            out[y] = block[y * BLOCK] / (1 - POLE);
    else
        for (ptrdiff_t y = 0; y < ny; y++)
            out[y] = block[y * BLOCK] + POLE * before[y];
}

/* The recursion to the left. */
FOR_EACH_CPU static void filter_back(const float *restrict after, ptrdiff_t ny, float *restrict row)
{
    if (!after)
        for (ptrdiff_t y = 0; y < ny; y++)
            row[y] *= -POLE / (1 - POLE);
    else
        for (ptrdiff_t y = 0; y < ny; y++)
            row[y] = POLE * (after[y] - row[y]);
}

int spline_coefficients(const float *image, ptrdiff_t ny, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t width, float *out)
{
    if (ny < 1 || width < 1)
        return 1;
    float *block = calloc((size_t)ny * BLOCK, sizeof *block);
    if (!block)
        return 0;
    for (ptrdiff_t left = 0; left < width; left += BLOCK) {
        ptrdiff_t n = width - left < BLOCK ? width - left : BLOCK;
        filter_columns(image + first + left, ny, stride, n, block);
        for (ptrdiff_t i = 0; i < n; i++) {
            float *row = out + (left + i) * ny;
            turn_column(block + i, ny, left + i ? row - ny : NULL, row);
        }
    }
    free(block);
    for (ptrdiff_t x = width - 1; x >= 0; x--)
        filter_back(x < width - 1 ? out + (x + 1) * ny : NULL, ny, out + x * ny);
    return 1;
}

static inline Four load(const float *from)
{
    Four four;
    memcpy(&four, from, sizeof four);
    return four;
}

/* Weights of the four coefficients round a position, `u` from the second one. */
static inline Four spline_weights(float u)
{
    const Four constant = {1 / 6.0f, 4 / 6.0f, 1 / 6.0f, 0}, linear = {-0.5f, 0, 0.5f, 0};
    const Four square = {0.5f, -1, 0.5f, 0}, cube = {-1 / 6.0f, 0.5f, -0.5f, 1 / 6.0f};
    const Four at = {u, u, u, u};
    return ((cube * at + square) * at + linear) * at + constant;
}

static inline double within(double position, ptrdiff_t size)
{
    double last = (double)(size - 1);
    return position < 0 ? 0 : position > last ? last : position;
}

/* Weight at a position, interpolated bilinearly; 0 if invalid pixels have too much of it. */
static inline float weight_at(const SplinePart *part, ptrdiff_t i, ptrdiff_t j, float u, float v)
{
    ptrdiff_t n = j * part->columns + i, below = n + part->columns;
    float w[4] = {(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v};
    if (part->valid) {
        const uint8_t *valid = part->valid;
        float share = w[0] * valid[n] + w[1] * valid[n + 1] + w[2] * valid[below] + w[3] * valid[below + 1];
        if (!(share > LEAST_VALID))
            return 0;
    }
    const float *weight = part->weight;
    return weight ? w[0] * weight[n] + w[1] * weight[n + 1] + w[2] * weight[below] + w[3] * weight[below + 1] : 1;
}

/* One row; gives how many pixels were added, or -1 if a position lies beyond the part. */
FOR_EACH_CPU static int64_t add_row(const SplinePart *part, const double *x, const double *y, const double *response,
                                    double cutoff, ptrdiff_t columns, float *total, float *sum)
{
    int64_t count = 0;
    double right = (double)part->nx - 0.5, top = (double)part->ny - 0.5;
    for (ptrdiff_t n = 0; n < columns; n++) {
        if (response && !(response[n] > cutoff))
            continue;
        if (!(x[n] >= -0.5 && x[n] <= right && y[n] >= -0.5 && y[n] <= top))
            continue;
        /* The outer half of the outermost pixels has their value. */
        double at_x = within(x[n], part->nx) - (double)part->left, at_y = within(y[n], part->ny) - (double)part->top;
        if (!(at_x >= 1 && at_y >= 1 && at_x < (double)(part->columns - 2) && at_y < (double)(part->rows - 2)))
            return -1;
        ptrdiff_t i = (ptrdiff_t)at_x, j = (ptrdiff_t)at_y;
        float u = (float)(at_x - (double)i), v = (float)(at_y - (double)j);
        float weight = part->valid || part->weight ? weight_at(part, i, j, u, v) : 1;
        Four across = spline_weights(u), down = spline_weights(v);
        const float *from = part->coefficients + (i - 1) * part->rows + j - 1;
        Four four = across[0] * load(from) + across[1] * load(from + part->rows) +
                    across[2] * load(from + 2 * part->rows) + across[3] * load(from + 3 * part->rows);
        four *= down;
        float value = (four[0] + four[1]) + (four[2] + four[3]);
        if (!(weight > 0 && is_valid(value)))
            continue;
        double gain = response ? response[n] : 1, scale = (double)weight * gain;
        total[n] += (float)(value * scale);
        sum[n] += (float)(scale * gain);
        count++;
    }
    return count;
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
