# The signal image (../loops/noise.c).

def signal_to_noise(const float[:, ::1] image not None, const float[:, ::1] bkg, const float[:, ::1] rms not None,
                    float[:, ::1] signal not None, /):
    """Compute (image - bkg) / rms, NaN where it is not finite or the rms not positive; `bkg` may be None."""
    cdef Py_ssize_t ny = image.shape[0], nx = image.shape[1]
    cdef const float *background = NULL
    need_shape("rms", rms.shape, ny, nx)
    need_shape("signal", signal.shape, ny, nx)
    if bkg is not None:
        need_shape("bkg", bkg.shape, ny, nx)
        background = &bkg[0, 0]
    cdef Array[4] arrays = [array("signal", &signal[0, 0], ny * nx, 4), array("image", &image[0, 0], ny * nx, 4),
                            array("rms", &rms[0, 0], ny * nx, 4),
                            array("bkg", background, 0 if background == NULL else ny * nx, 4)]
    need_apart(arrays, 1, 4)
    with nogil:
        loops.signal_to_noise(&image[0, 0], background, &rms[0, 0], ny * nx, &signal[0, 0])
