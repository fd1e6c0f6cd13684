/* A mesh of boxes over an image. */
#ifndef SKERRY_MESH_H
#define SKERRY_MESH_H

#include "native.h"

/* Pixels of `count` boxes beside each other, each ny rows of `width` pixels, the first from column `first`; box k begins
   at pixels[k * stride]. What is not to be used, for it is invalid or `masked`, which may be NULL, is 0 and flagged, and
   so is what is left of a stride; `good` has the number of the others. */
void gather_boxes(const float *image, const uint8_t *masked, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t first,
                  ptrdiff_t width, ptrdiff_t count, ptrdiff_t stride, float *pixels, uint8_t *flags, int32_t *good);

/* Rows from `start` up to `stop` of a spline through the centres of boxes; 0 if there is no memory. `mesh` has the
   values of my x mx boxes, then their curvatures in y, in x and in both; `weights` the four weights of each column;
   `bounds`, which may be NULL, the lowest and then the highest values that the pixels of each box may have; where
   `image`, the same rows of an image, is invalid, so is the result. */
int spread_mesh(const float *mesh, const float *weights, const float *bounds, const float *image, ptrdiff_t my,
                ptrdiff_t mx, ptrdiff_t height, ptrdiff_t width, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t nx,
                float *out);

/* Rows from `start` up to `stop` of the signal of an image, of which `image` has the same rows, over noise that is a mesh
   and less a level that is one, as `signal_to_noise` makes it; 0 if there is no memory. The others are as for
   `spread_mesh`, `bounds` those of the noise. */
int signal_over_mesh(const float *rms, const float *level, const float *weights, const float *bounds, const float *image,
                     ptrdiff_t my, ptrdiff_t mx, ptrdiff_t height, ptrdiff_t width, ptrdiff_t start, ptrdiff_t stop,
                     ptrdiff_t nx, float *out);

#endif
