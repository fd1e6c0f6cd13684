/* A mesh of boxes over an image. */
#ifndef SKERRY_MESH_H
#define SKERRY_MESH_H

#include "native.h"

/* Rows from `start` up to `stop` of a spline through the centres of boxes; 0 if there is no memory. `mesh` has the
   values of my x mx boxes, then their curvatures in y, in x and in both; `weights` the four weights of each column;
   `bounds`, which may be NULL, the lowest and then the highest values that the pixels of each box may have; where
   `image`, the same rows of an image, is invalid, so is the result. */
int spread_mesh(const float *mesh, const float *weights, const float *bounds, const float *image, ptrdiff_t my,
                ptrdiff_t mx, ptrdiff_t height, ptrdiff_t width, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t nx,
                float *out);

#endif
