/* Pixels compared with clips and levels, and with their neighbours. Marks are 1 for a pixel of a floor, and 3 for one
   that is a seed too. */
#ifndef SKERRY_LEVELS_H
#define SKERRY_LEVELS_H

#include "native.h"

/* Valid pixels above a factor of their level. */
void above_level(const float *image, const float *level, ptrdiff_t n, float factor, uint8_t *target);

/* Marks of valid pixels above `floor` and `seed` times their level. */
void marks_above_level(const float *image, const float *level, ptrdiff_t n, float seed, float floor, uint8_t *marks);

/* Marks of valid pixels above `flood`, and at or above `seed`. */
void signal_marks(const float *signal, ptrdiff_t n, float seed, float flood, uint8_t *marks);

/* What a smoothed signal, the minimum of a box of it and the signal itself say of pixels. The level is how deep the
   minimum is, 0 where it is not negative, over `unit`. 1 for valid pixels of the smoothed signal that exceed
   `flood_factor` times it and `flood_clip`, and of the signal that exceed `pixel_clip`; 2 for those of the smoothed
   signal that exceed `seed_factor` times it and reach `seed_clip`; 4 for those of the signal that reach `seed_clip`. */
void smoothed_marks(const float *smooth, const float *minimum, const float *signal, ptrdiff_t n, float unit,
                    float flood_factor, float flood_clip, float pixel_clip, float seed_factor, float seed_clip,
                    uint8_t *marks);

/* Valid pixels round which the 3 x 3 pixels that there are differ by no more than a limit, for `rows` rows from `first`
   on of a band of n; gives how many there are. */
ptrdiff_t flat_rows(const float *source, ptrdiff_t n, ptrdiff_t nx, ptrdiff_t first, ptrdiff_t rows, float limit,
                    uint8_t *target);

#endif
