/* A mesh of boxes over an image: the pixels of boxes laid together to be measured, and values of boxes spread over the
   pixels by a spline. */
#include "mesh.h"

#include "noise.h"

#define LIMIT(value, low, high) ((value) < (low) ? (low) : (value) > (high) ? (high) : (value))

/* One row of one box: pixels that are not to be used become 0 and are flagged. Gives how many are to be used. */
FOR_EACH_CPU static int32_t gather_row(const float *restrict image, const uint8_t *restrict masked, ptrdiff_t width,
                                       float *restrict pixels, uint8_t *restrict flags)
{
    int32_t good = 0;
    for (ptrdiff_t i = 0; i < width; i++) {
        int usable = is_valid(image[i]) & (masked == NULL || !masked[i]);
        pixels[i] = usable ? image[i] : 0.0f;
        flags[i] = (uint8_t)!usable;
        good += usable;
    }
    return good;
}

void gather_boxes(const float *image, const uint8_t *masked, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t first,
                  ptrdiff_t width, ptrdiff_t count, ptrdiff_t stride, float *pixels, uint8_t *flags, int32_t *good)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        float *box = pixels + k * stride;
        uint8_t *box_flags = flags + k * stride;
        int32_t usable = 0;
        for (ptrdiff_t y = 0; y < ny; y++) {
            ptrdiff_t from = y * nx + first + k * width;
            usable += gather_row(image + from, masked == NULL ? NULL : masked + from, width, box + y * width,
                                 box_flags + y * width);
        }
        for (ptrdiff_t i = ny * width; i < stride; i++) {
            box[i] = 0.0f;
            box_flags[i] = 1;
        }
        good[k] = usable;
    }
}

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

/* A mesh of boxes of an image of nx columns, as `spread_mesh` takes it. */
typedef struct {
    const float *values, *weights, *bounds;
    ptrdiff_t my, mx, height, width, nx;
} Mesh;

/* Row y of the spline; `nodes` has room for two values of each column of boxes. */
static void spread_row(Mesh mesh, ptrdiff_t y, float *nodes, float *row)
{
    const ptrdiff_t my = mesh.my, mx = mesh.mx, width = mesh.width, nx = mesh.nx, size = my * mx;
    double t = (double)y / (double)mesh.height - 0.5;
    ptrdiff_t below = my < 2 ? 0 : (ptrdiff_t)LIMIT(floor(t), 0, my - 2), above = my < 2 ? 0 : below + 1;
    t = my < 2 ? 0 : t - (double)below;
    for (int i = 0; i < 2; i++) {
        const float *part = mesh.values + 2 * i * size, *curves = part + size;
        node_row(part + below * mx, part + above * mx, curves + below * mx, curves + above * mx, t, mx, nodes + i * mx);
    }
    for (ptrdiff_t k = 0; k < (mx < 2 ? 1 : mx - 1); k++) {
        ptrdiff_t next = mx < 2 ? 0 : k + 1;
        between_nodes(mesh.weights, nx, k == 0 ? 0 : k * width + width / 2,
                      next >= mx - 1 ? nx : next * width + width / 2, nodes[k], nodes[next], nodes[mx + k],
                      nodes[mx + next], row);
    }
    for (ptrdiff_t k = 0; mesh.bounds != NULL && k < mx; k++) {
        const float *low = mesh.bounds + y / mesh.height * mx + k;
        clip_pixels(row + k * width, k == mx - 1 ? nx - k * width : width, low[0], low[size]);
    }
}

int spread_mesh(const float *mesh, const float *weights, const float *bounds, const float *image, ptrdiff_t my,
                ptrdiff_t mx, ptrdiff_t height, ptrdiff_t width, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t nx, float *out)
{
    const Mesh drawn = {mesh, weights, bounds, my, mx, height, width, nx};
    float *nodes = malloc(2 * (size_t)mx * sizeof(float));
    for (ptrdiff_t y = start; nodes != NULL && y < stop; y++) {
        float *row = out + (y - start) * nx;
        spread_row(drawn, y, nodes, row);
        spoil_invalid(image + (y - start) * nx, nx, row);
    }
    const int enough = nodes != NULL;
    free(nodes);
    return enough;
}

int signal_over_mesh(const float *rms, const float *level, const float *weights, const float *bounds, const float *image,
                     ptrdiff_t my, ptrdiff_t mx, ptrdiff_t height, ptrdiff_t width, ptrdiff_t start, ptrdiff_t stop,
                     ptrdiff_t nx, float *out)
{
    const Mesh noise = {rms, weights, bounds, my, mx, height, width, nx};
    const Mesh background = {level, weights, NULL, my, mx, height, width, nx};
    float *nodes = malloc((2 * (size_t)mx + 2 * (size_t)nx) * sizeof(float) + 1);
    if (nodes != NULL) {
        float *rms_row = nodes + 2 * mx, *level_row = rms_row + nx;
        for (ptrdiff_t y = start; y < stop; y++) {
            const ptrdiff_t at = (y - start) * nx;
            spread_row(noise, y, nodes, rms_row);
            spread_row(background, y, nodes, level_row);
            /* Where the image is invalid, so is what is left of it. */
            signal_to_noise(image + at, level_row, rms_row, nx, out + at);
        }
    }
    const int enough = nodes != NULL;
    free(nodes);
    return enough;
}
