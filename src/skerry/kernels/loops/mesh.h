/* A mesh of boxes over an image. */
#ifndef SKERRY_MESH_H
#define SKERRY_MESH_H

#include "native.h"

/* A spline through the centres of my x mx boxes, each `height` rows and `width` columns but for the last. */
typedef struct {
    const float *values;  /* of the boxes, then their curvatures in y, in x and in both */
    const float *weights; /* the four weights of each column */
    const float *bounds;  /* the lowest and then the highest values that the pixels of each box may have; or NULL */
    ptrdiff_t my, mx, height, width, nx;
} Mesh;

/* Rows from `start` up to `stop` of a spline, NaN where the bits of `valid`, which may be NULL, are not set in the same
   rows; 0 if there is no memory. */
int spread_mesh(const Mesh *mesh, const uint8_t *valid, ptrdiff_t start, ptrdiff_t stop, float *out);

/* Valid pixels of the same rows of an image that are above `level` by `floor` times a positive value of a spline as 1, and
   those above it by `seed` times that too as 3; with `both` those that are as far below, too. The spline has bounds. 0 if
   there is no memory. */
int mark_above_mesh(const Mesh *mesh, const float *image, ptrdiff_t start, ptrdiff_t stop, float level, float floor,
                    float seed, int both, uint8_t *marks);

/* The same rows of an image less a level, over noise, as `signal_to_noise` makes it: two splines through the same boxes.
   NaN also where the bits of `valid`, which may be NULL, are not set; 0 if there is no memory. */
int signal_over_mesh(const Mesh *rms, const Mesh *level, const uint8_t *valid, const float *image, ptrdiff_t start,
                     ptrdiff_t stop, float *out);

#endif
