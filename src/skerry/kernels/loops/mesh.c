/* A mesh of boxes over an image: values of boxes spread over the pixels by a spline, and what is above them. */
#include "mesh.h"

#include "noise.h"

#define LANES 16
#define SHARED 4 /* rows whose lines of a cache do not get into each other's way */
#define LIMIT(value, low, high) ((value) < (low) ? (low) : (value) > (high) ? (high) : (value))

/* A row of nodes between two rows of the mesh. */
FOR_EACH_CPU static void node_row(const float *restrict low, const float *restrict high, const float *restrict curve_low,
                                  const float *restrict curve_high, double t, ptrdiff_t count, float *restrict nodes)
{
    double s = 1 - t, s3 = s * s * s - s, t3 = t * t * t - t;
    for (ptrdiff_t i = 0; i < count; i++)
        nodes[i] = (float)(s * low[i] + t * high[i] + s3 * curve_low[i] + t3 * curve_high[i]);
}

/* Columns between two nodes and in one box. */
typedef struct {
    ptrdiff_t start, stop, node, next, box, after_node, after_box;
} Piece;

static inline void end_piece(const Mesh *mesh, Piece *piece)
{
    const ptrdiff_t last = mesh->mx - 1, width = mesh->width;
    piece->next = last < 1 ? 0 : piece->node + 1;
    piece->after_node = piece->next >= last ? mesh->nx : piece->next * width + width / 2;
    piece->after_box = piece->box >= last ? mesh->nx : (piece->box + 1) * width;
    piece->stop = piece->after_node < piece->after_box ? piece->after_node : piece->after_box;
}

/* The piece from a column on. */
static inline Piece piece_from(const Mesh *mesh, ptrdiff_t start)
{
    const ptrdiff_t mx = mesh->mx, width = mesh->width, node = (start - width / 2) / width;
    Piece piece = {.start = start, .node = LIMIT(node, 0, mx < 2 ? 0 : mx - 2), .box = start / width};
    end_piece(mesh, &piece);
    return piece;
}

static inline void go_to_next(const Mesh *mesh, Piece *piece)
{
    piece->start = piece->stop;
    piece->node += piece->stop == piece->after_node;
    piece->box += piece->stop == piece->after_box;
    end_piece(mesh, piece);
}

/* What the pixels of a piece are made of: two nodes and their curvatures, and the limits of the box. */
typedef struct {
    float low, high, curve_low, curve_high, lowest, highest;
} Curve;

static inline Curve curve_of(const Mesh *mesh, ptrdiff_t y, const float *nodes, const Piece *piece)
{
    const float *curves = nodes + mesh->mx;
    const float *bounds = mesh->bounds == NULL ? NULL : mesh->bounds + y / mesh->height * mesh->mx + piece->box;
    return (Curve){nodes[piece->node],
                   nodes[piece->next],
                   curves[piece->node],
                   curves[piece->next],
                   bounds == NULL ? -INFINITY : bounds[0],
                   bounds == NULL ? INFINITY : bounds[mesh->my * mesh->mx]};
}

/* A pixel, with the four weights of its column. */
static inline float on_curve(const Curve *curve, const float *weight, ptrdiff_t nx)
{
    const float value = weight[0] * curve->low + weight[nx] * curve->high + weight[2 * nx] * curve->curve_low +
                        weight[3 * nx] * curve->curve_high;
    return LIMIT(value, curve->lowest, curve->highest);
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

/* Columns from `start` up to `stop` of row y. Pieces are drawn by whole vectors, which spill over into the next piece
   before that is drawn. */
FOR_EACH_CPU static void draw_columns(const Mesh *mesh, ptrdiff_t y, const float *nodes, ptrdiff_t start, ptrdiff_t stop,
                                      float *restrict row)
{
    const ptrdiff_t nx = mesh->nx;
    const float *restrict weights = mesh->weights;
    for (Piece piece = piece_from(mesh, start); piece.start < stop; go_to_next(mesh, &piece)) {
        const Curve curve = curve_of(mesh, y, nodes, &piece);
        ptrdiff_t x = piece.start;
        for (; x < piece.stop && x + LANES <= nx; x += LANES)
#pragma GCC ivdep
            for (int k = 0; k < LANES; k++)
                row[x + k] = on_curve(&curve, weights + x + k, nx);
        for (; x < piece.stop; x++)
            row[x] = on_curve(&curve, weights + x, nx);
    }
}

/* Rows of an image, at most SHARED, less a level and over the rms, which are not kept: a piece of all of them before the
   next, for the sake of its weights. Vectors spill over as above. */
FOR_EACH_CPU static void signal_of_rows(const Mesh *rms, const Mesh *level, ptrdiff_t y, ptrdiff_t rows,
                                        const float *nodes, const float *image, float *out)
{
    const ptrdiff_t nx = rms->nx, mx = rms->mx;
    for (Piece piece = piece_from(rms, 0); piece.start < nx; go_to_next(rms, &piece))
        for (ptrdiff_t i = 0; i < rows; i++) {
            const float *restrict row = image + i * nx, *restrict weights = rms->weights;
            float *restrict to = out + i * nx;
            const Curve curve = curve_of(rms, y + i, nodes + 4 * i * mx, &piece);
            const Curve level_curve = curve_of(level, y + i, nodes + (4 * i + 2) * mx, &piece);
            ptrdiff_t x = piece.start;
            for (; x < piece.stop && x + LANES <= nx; x += LANES)
#pragma GCC ivdep
                for (int k = 0; k < LANES; k++)
                    to[x + k] = over_rms(row[x + k] - on_curve(&level_curve, weights + x + k, nx),
                                         on_curve(&curve, weights + x + k, nx));
            for (; x < piece.stop; x++)
                to[x] = over_rms(row[x] - on_curve(&level_curve, weights + x, nx), on_curve(&curve, weights + x, nx));
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
    float *nodes = malloc(SHARED * 4 * (size_t)rms->mx * sizeof(float));
    if (nodes == NULL)
        return 0;
    for (ptrdiff_t y = start, rows; y < stop; y += rows, image += rows * nx, out += rows * nx) {
        rows = stop - y < SHARED ? stop - y : SHARED;
        for (ptrdiff_t i = 0; i < rows; i++) {
            nodes_of_row(rms, y + i, nodes + 4 * i * rms->mx);
            nodes_of_row(level, y + i, nodes + (4 * i + 2) * rms->mx);
        }
        signal_of_rows(rms, level, y, rows, nodes, image, out);
        for (ptrdiff_t i = 0; i < rows && valid != NULL; i++)
            spoil_unset(valid + (y - start + i) * ((nx + 7) / 8), nx, out + i * nx);
    }
    free(nodes);
    return 1;
}
