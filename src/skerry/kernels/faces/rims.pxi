# Rims of bright sources (../loops/rims.c).

def without_rims(const float[:, ::1] signal not None, Py_ssize_t first, float clip, float factor, Py_ssize_t reach,
                 const float[::1] taps not None, float least, float smooth_factor, uint8_t[:, ::1] kept not None, /):
    """Unset those pixels of rows of a mask, from row `first` of a band on, that are near bright ones and stand out of
    nothing.

    Bright is what exceeds `clip`. A pixel stays that exceeds `factor` times the level of artefacts; or, where there are
    `taps`, the weights of a Gaussian along an axis, in the smoothed signal
    `smooth_factor` times that of this.
    """
    cdef Py_ssize_t n = signal.shape[0], nx = signal.shape[1], rows = kept.shape[0], count = taps.shape[0]
    cdef const float *weights = NULL
    cdef bint done
    need_format("kept", kept, "?")
    need_image("signal", signal.shape)
    need_shape("kept", kept.shape, rows, nx)
    need_rows("kept", first, rows, n)
    need_range("reach", reach, 0, MOST)
    if count:
        radius_of(taps)
        weights = &taps[0]
    need(nx > 0, "signal: no columns")
    cdef Array[3] arrays = [array("kept", &kept[0, 0], rows * nx, 1), array("signal", &signal[0, 0], n * nx, 4),
                            array("taps", &taps[0], count, 4)]
    need_apart(arrays, 1, 3)
    cdef loops.Rims rims = loops.Rims(clip, factor, reach, weights, count // 2, least, smooth_factor)
    with nogil:
        done = loops.without_rims(&signal[0, 0], n, nx, first, rows, &rims, &kept[0, 0])
    need_memory(done)
