/* A mesh of boxes over an image: values of boxes spread over the pixels by a spline, and what is above them. */
#include "mesh.h"

#include "noise.h"

#define LIMIT(value, low, high) ((value) < (low) ? (low) : (value) > (high) ? (high) : (value))

/* A row of nodes between two rows of the mesh. */
FOR_EACH_CPU static void node_row(const float *restrict low, const float *restrict high, const float *restrict curve_low,
                                  const float *restrict curve_high, double t, ptrdiff_t count, float *restrict nodes)
{
    double s = 1 - t, s3 = s * s * s - s, t3 = t * t * t - t;
    for (ptrdiff_t i = 0; i < count; i++)
        nodes[i] = (float)(s * low[i] + t * high[i] + s3 * curve_low[i] + t3 * curve_high[i]);
}

/* Pixels from `start` up to `stop` between two nodes, with the four weights of each column. */
FOR_EACH_CPU static void between_nodes(const float *restrict weights, ptrdiff_t nx, ptrdiff_t start, ptrdiff_t stop,
                                       float low, float high, float curve_low, float curve_high, float *restrict out)
{
    const float *restrict w0 = weights, *restrict w1 = w0 + nx, *restrict w2 = w1 + nx, *restrict w3 = w2 + nx;
    for (ptrdiff_t x = start; x < stop; x++)
        out[x] = w0[x] * low + w1[x] * high + w2[x] * curve_low + w3[x] * curve_high;
}

FOR_EACH_CPU static void clip_pixels(float *restrict out, ptrdiff_t count, float low, float high)
{
    for (ptrdiff_t x = 0; x < count; x++)
        out[x] = LIMIT(out[x], low, high);
}

/* NaN where a row of bits has none; the first pixel of eight is the highest bit. Most words of bits have all. */
static void spoil_unset(const uint8_t *bits, ptrdiff_t count, float *out)
{
    const uint64_t all = UINT64_MAX;
    for (ptrdiff_t x = 0; x < count; x += 8) {
        while (x + 64 <= count && memcmp(bits + x / 8, &all, sizeof(all)) == 0)
            x += 64;
        for (ptrdiff_t i = x; i < x + 8 && i < count; i++)
            out[i] = bits[x / 8] >> (7 - i % 8) & 1 ? out[i] : NAN;
    }
}

/* Pixels above a positive rms by `floor` and by `seed` times that, of the signs asked for. */
FOR_EACH_CPU static void mark_pixels(const float *restrict image, const float *restrict rms, ptrdiff_t count,
                                     float level, float floor, float seed, int both, uint8_t *restrict marks)
{
    for (ptrdiff_t x = 0; x < count; x++) {
        float excess = both ? fabsf(image[x] - level) : image[x] - level;
        int above = (rms[x] > 0) & is_valid(image[x]) & (excess > floor * rms[x]);
        marks[x] = (uint8_t)(above | (above & (excess > seed * rms[x])) << 1);
    }
}

FOR_EACH_CPU static int any_above(const float *restrict image, ptrdiff_t count, float level, float limit, int both)
{
    int found = 0;
    for (ptrdiff_t x = 0; x < count; x++) {
        float excess = both ? fabsf(image[x] - level) : image[x] - level;
        found |= excess > limit;
    }
    return found;
}

/* Nodes of row y, and their curvatures behind them. */
static void nodes_of_row(const Mesh *mesh, ptrdiff_t y, float *nodes)
{
    const ptrdiff_t my = mesh->my, mx = mesh->mx, size = my * mx;
    double t = (double)y / (double)mesh->height - 0.5;
    ptrdiff_t below = my < 2 ? 0 : (ptrdiff_t)LIMIT(floor(t), 0, my - 2), above = my < 2 ? 0 : below + 1;
    t = my < 2 ? 0 : t - (double)below;
    for (int i = 0; i < 2; i++) {
        const float *part = mesh->values + 2 * i * size, *curves = part + size;
        node_row(part + below * mx, part + above * mx, curves + below * mx, curves + above * mx, t, mx, nodes + i * mx);
    }
}

/* Columns from `start` up to `stop` of row y, in bounds. */
static void draw_columns(const Mesh *mesh, ptrdiff_t y, const float *nodes, ptrdiff_t start, ptrdiff_t stop, float *row)
{
    const ptrdiff_t mx = mesh->mx, nx = mesh->nx, width = mesh->width, first = (start - width / 2) / width;
    for (ptrdiff_t k = LIMIT(first, 0, mx < 2 ? 0 : mx - 2), x = start; x < stop; k++) {
        const ptrdiff_t next = mx < 2 ? 0 : k + 1, end = next >= mx - 1 ? nx : next * width + width / 2;
        between_nodes(mesh->weights, nx, x, end < stop ? end : stop, nodes[k], nodes[next], nodes[mx + k],
                      nodes[mx + next], row);
        x = end;
    }
    for (ptrdiff_t k = start / width; mesh->bounds != NULL && k < mx && k * width < stop; k++) {
        const float *low = mesh->bounds + y / mesh->height * mx + k;
        const ptrdiff_t left = k * width < start ? start : k * width, end = k == mx - 1 ? nx : (k + 1) * width;
        clip_pixels(row + left, (end < stop ? end : stop) - left, low[0], low[mesh->my * mx]);
    }
}

int spread_mesh(const Mesh *mesh, const uint8_t *valid, ptrdiff_t start, ptrdiff_t stop, float *out)
{
    float *nodes = malloc(2 * (size_t)mesh->mx * sizeof(float));
    if (nodes == NULL)
        return 0;
    for (ptrdiff_t y = start; y < stop; y++) {
        float *row = out + (y - start) * mesh->nx;
        nodes_of_row(mesh, y, nodes);
        draw_columns(mesh, y, nodes, 0, mesh->nx, row);
        if (valid != NULL)
            spoil_unset(valid + (y - start) * ((mesh->nx + 7) / 8), mesh->nx, row);
    }
    free(nodes);
    return 1;
}

/* Few rows of a box of noise exceed the floor anywhere: the others are told by the lowest value that the box may have. */
int mark_above_mesh(const Mesh *mesh, const float *image, ptrdiff_t start, ptrdiff_t stop, float level, float floor,
                    float seed, int both, uint8_t *marks)
{
    const ptrdiff_t mx = mesh->mx, nx = mesh->nx, width = mesh->width;
    float *nodes = malloc((2 * (size_t)mx + (size_t)nx) * sizeof(float)), *rms = nodes + 2 * mx;
    if (nodes == NULL)
        return 0;
    for (ptrdiff_t y = start; y < stop; y++, image += nx, marks += nx) {
        int has_nodes = 0;
        memset(marks, 0, (size_t)nx);
        for (ptrdiff_t k = 0; k < mx; k++) {
            const ptrdiff_t first = k * width, end = k == mx - 1 ? nx : first + width;
            const float lowest = mesh->bounds[y / mesh->height * mx + k];
            if (!any_above(image + first, end - first, level, floor * lowest, both))
                continue;
            if (!has_nodes)
                nodes_of_row(mesh, y, nodes);
            has_nodes = 1;
            draw_columns(mesh, y, nodes, first, end, rms);
            mark_pixels(image + first, rms + first, end - first, level, floor, seed, both, marks + first);
        }
    }
    free(nodes);
    return 1;
}

int signal_over_mesh(const Mesh *rms, const Mesh *level, const uint8_t *valid, const float *image, ptrdiff_t start,
                     ptrdiff_t stop, float *out)
{
    const ptrdiff_t nx = rms->nx;
    float *nodes = malloc((2 * (size_t)rms->mx + 2 * (size_t)nx) * sizeof(float) + 1);
    if (nodes == NULL)
        return 0;
    float *rms_row = nodes + 2 * rms->mx, *level_row = rms_row + nx;
    for (ptrdiff_t y = start; y < stop; y++, image += nx, out += nx) {
        nodes_of_row(rms, y, nodes);
        draw_columns(rms, y, nodes, 0, nx, rms_row);
        nodes_of_row(level, y, nodes);
        draw_columns(level, y, nodes, 0, nx, level_row);
        signal_to_noise(image, level_row, rms_row, nx, out);
        if (valid != NULL)
            spoil_unset(valid + (y - start) * ((nx + 7) / 8), nx, out);
    }
    free(nodes);
    return 1;
}
