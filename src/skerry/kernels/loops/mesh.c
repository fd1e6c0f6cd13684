/* A mesh of boxes over an image: values of boxes spread over the pixels by a spline. */
#include "mesh.h"

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

FOR_EACH_CPU static void spoil_invalid(const float *restrict image, ptrdiff_t count, float *restrict out)
{
    for (ptrdiff_t x = 0; x < count; x++)
        out[x] = is_valid(image[x]) ? out[x] : NAN;
}

int spread_mesh(const float *mesh, const float *weights, const float *bounds, const float *image, ptrdiff_t my,
                ptrdiff_t mx, ptrdiff_t height, ptrdiff_t width, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t nx, float *out)
{
    const ptrdiff_t size = my * mx;
    float *nodes = malloc(2 * (size_t)mx * sizeof(float));
    if (nodes == NULL)
        return 0;
    for (ptrdiff_t y = start; y < stop; y++) {
        float *row = out + (y - start) * nx;
        double t = (double)y / (double)height - 0.5;
        ptrdiff_t below = my < 2 ? 0 : (ptrdiff_t)LIMIT(floor(t), 0, my - 2), above = my < 2 ? 0 : below + 1;
        t = my < 2 ? 0 : t - (double)below;
        for (int i = 0; i < 2; i++) {
            const float *part = mesh + 2 * i * size, *curves = part + size;
            node_row(part + below * mx, part + above * mx, curves + below * mx, curves + above * mx, t, mx,
                     nodes + i * mx);
        }
        for (ptrdiff_t k = 0; k < (mx < 2 ? 1 : mx - 1); k++) {
            ptrdiff_t next = mx < 2 ? 0 : k + 1;
            between_nodes(weights, nx, k == 0 ? 0 : k * width + width / 2,
                          next >= mx - 1 ? nx : next * width + width / 2, nodes[k], nodes[next], nodes[mx + k],
                          nodes[mx + next], row);
        }
        for (ptrdiff_t k = 0; bounds != NULL && k < mx; k++) {
            const float *low = bounds + y / height * mx + k;
            clip_pixels(row + k * width, k == mx - 1 ? nx - k * width : width, low[0], low[size]);
        }
        spoil_invalid(image + (y - start) * nx, nx, row);
    }
    free(nodes);
    return 1;
}
