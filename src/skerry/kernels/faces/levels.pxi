# Pixels compared with clips and levels (../loops/levels.c). Marks, uint8, are 1 for a pixel of a floor, and 3 for one
# that is a seed too.

cdef int need_pixelwise(const float[:, ::1] image, const float[:, ::1] level, uint8_t[:, ::1] target) except -1:
    cdef Py_ssize_t ny = image.shape[0], nx = image.shape[1]
    need_shape("level", level.shape, ny, nx)
    need_shape("target", target.shape, ny, nx)
    cdef Array[3] arrays = [array("target", &target[0, 0], ny * nx, 1), array("image", &image[0, 0], ny * nx, 4),
                            array("level", &level[0, 0], ny * nx, 4)]
    need_apart(arrays, 1, 3)
    return 0


def above_level(const float[:, ::1] image not None, const float[:, ::1] level not None, float factor,
                uint8_t[:, ::1] target not None, /):
    """Valid pixels above a factor of their level."""
    need_pixelwise(image, level, target)
    with nogil:
        loops.above_level(&image[0, 0], &level[0, 0], image.shape[0] * image.shape[1], factor, &target[0, 0])


def marks_above_level(const float[:, ::1] image not None, const float[:, ::1] level not None, float seed, float floor,
                      uint8_t[:, ::1] marks not None, /):
    """Marks of valid pixels above `floor` and `seed` times their level."""
    need_format("marks", marks, "B")
    need_pixelwise(image, level, marks)
    with nogil:
        loops.marks_above_level(&image[0, 0], &level[0, 0], image.shape[0] * image.shape[1], seed, floor,
                                &marks[0, 0])


def signal_marks(const float[:, ::1] signal not None, float seed, float flood, uint8_t[:, ::1] marks not None, /):
    """Marks of valid pixels above `flood`, and at or above `seed`."""
    need_format("marks", marks, "B")
    need_pixelwise(signal, signal, marks)
    with nogil:
        loops.signal_marks(&signal[0, 0], signal.shape[0] * signal.shape[1], seed, flood, &marks[0, 0])


def smoothed_marks(const float[:, ::1] smooth not None, const float[:, ::1] minimum not None,
                   const float[:, ::1] signal not None, float unit, float flood_factor, float flood_clip,
                   float pixel_clip, float seed_factor, float seed_clip, uint8_t[:, ::1] marks not None, /):
    """What a smoothed signal, the minimum of a box of it and the signal itself say of pixels, as 1, 2 and 4.

    The level is how deep the minimum is, 0 where it is not negative, over `unit`. 1 for pixels of the smoothed signal
    above `flood_factor` times it and `flood_clip`, and of the signal above `pixel_clip`; 2 for those of the smoothed
    signal above `seed_factor` times it and at or above `seed_clip`; 4 for those of the signal at or above that.
    """
    cdef Py_ssize_t ny = smooth.shape[0], nx = smooth.shape[1]
    need_format("marks", marks, "B")
    need_shape("minimum", minimum.shape, ny, nx)
    need_shape("signal", signal.shape, ny, nx)
    need_shape("marks", marks.shape, ny, nx)
    cdef Array[4] arrays = [array("marks", &marks[0, 0], ny * nx, 1), array("smooth", &smooth[0, 0], ny * nx, 4),
                            array("minimum", &minimum[0, 0], ny * nx, 4), array("signal", &signal[0, 0], ny * nx, 4)]
    need_apart(arrays, 1, 4)
    with nogil:
        loops.smoothed_marks(&smooth[0, 0], &minimum[0, 0], &signal[0, 0], ny * nx, unit, flood_factor, flood_clip,
                             pixel_clip, seed_factor, seed_clip, &marks[0, 0])


def flat_rows(const float[:, ::1] band not None, Py_ssize_t first, float limit, uint8_t[:, ::1] target not None, /):
    """Valid pixels round which 3 x 3 pixels differ by no more than a limit, in rows of a band from `first` on.

    Gives how many there are.
    """
    cdef Py_ssize_t n = band.shape[0], nx = band.shape[1], rows = target.shape[0], count
    need_shape("target", target.shape, rows, nx)
    need_rows("target", first, rows, n)
    cdef Array[2] arrays = [array("target", &target[0, 0], rows * nx, 1), array("band", &band[0, 0], n * nx, 4)]
    need_apart(arrays, 1, 2)
    with nogil:
        count = loops.flat_rows(&band[0, 0], n, nx, first, rows, limit, &target[0, 0])
    return count
