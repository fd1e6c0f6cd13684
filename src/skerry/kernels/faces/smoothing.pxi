# Weighted means of the pixels around, by Gaussians (../loops/smoothing.c).

cdef Py_ssize_t radius_of(const float[::1] taps) except -1:
    need(taps.shape[0] % 2 == 1 and taps.shape[0] <= MOST, "taps: not an odd number")
    return taps.shape[0] // 2


cdef int need_summed(const Py_ssize_t *band, Py_ssize_t first, Py_ssize_t ny, Py_ssize_t start, Py_ssize_t stop) except -1:
    # A band, from row `first` of an image of ny on, that has the image's rows from `start` up to `stop`.
    need_image("band", band)
    need(band[1] > 0, "band: no columns")
    need_range("ny", ny, 0, MOST)
    need_rows("band", first, band[0], ny)
    need(first <= max(start, 0) and first + band[0] >= min(stop, ny), "band: lacks rows that are summed over")
    return 0


def smooth_rows(const float[:, ::1] band not None, Py_ssize_t first, Py_ssize_t ny, const float[::1] taps not None,
                Py_ssize_t step, Py_ssize_t start, float[:, ::1] out not None, /):
    """Weighted means round the pixels of the rows `start` * `step`, (`start` + 1) * `step`, ... of an image of ny rows.

    `band` has its rows from row `first` on; `taps` are the weights along an axis, whose sum is 1. NaN where the image
    is invalid; what is invalid has no weight.
    """
    cdef Py_ssize_t radius = radius_of(taps), rows = band.shape[0], nx = band.shape[1], count = out.shape[0]
    cdef bint done
    need_image("out", out.shape)
    need_shape("out", out.shape, count, nx)
    need_range("step", step, 1, MOST)
    need_range("start", start, 0, MOST)
    need(count == 0 or (start + count - 1) * step < ny, "out: rows beyond the image")
    need_summed(band.shape, first, ny, start * step - radius, (start + count - 1) * step + radius + 1)
    cdef Array[3] arrays = [array("out", &out[0, 0], count * nx, 4), array("band", &band[0, 0], rows * nx, 4),
                            array("taps", &taps[0], taps.shape[0], 4)]
    need_apart(arrays, 1, 3)
    with nogil:
        done = loops.smooth_rows(&band[0, 0], first, rows, ny, nx, &taps[0], radius, step, start, count, &out[0, 0])
    need_memory(done)


def shrink_rows(const float[:, ::1] band not None, Py_ssize_t first, Py_ssize_t ny, const float[::1] taps not None,
                Py_ssize_t step, Py_ssize_t pad, Py_ssize_t start, float[:, ::1] out not None,
                float[:, ::1] out_weight not None, /):
    """Weighted sums, and sums of weights, round the points of a coarse grid, one every `step` pixels.

    The first row of `out` is centred on row `start` * `step` of the image, and its first column on column
    -`pad` * `step`; both may lie beyond the image. The others are as for `smooth_rows`.
    """
    cdef Py_ssize_t radius = radius_of(taps), rows = band.shape[0], nx = band.shape[1]
    cdef Py_ssize_t count = out.shape[0], mx = out.shape[1]
    cdef bint done
    need_image("out", out.shape)
    need(mx > 0, "out: no columns")
    need_shape("out_weight", out_weight.shape, count, mx)
    need_range("step", step, 1, MOST)
    need_range("pad", pad, 0, mx)
    need_range("start", start, -MOST, MOST)
    need_summed(band.shape, first, ny, start * step - radius, (start + count - 1) * step + radius + 1)
    cdef Array[4] arrays = [array("out", &out[0, 0], count * mx, 4),
                            array("out_weight", &out_weight[0, 0], count * mx, 4),
                            array("band", &band[0, 0], rows * nx, 4), array("taps", &taps[0], taps.shape[0], 4)]
    need_apart(arrays, 2, 4)
    with nogil:
        done = loops.shrink_rows(&band[0, 0], first, rows, ny, nx, &taps[0], radius, step, pad, start, count, mx,
                                 &out[0, 0], &out_weight[0, 0])
    need_memory(done)


def spread_rows(const float[:, ::1] values not None, const float[:, ::1] weight not None, Py_ssize_t first,
                const float[:, ::1] taps not None, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t every,
                const float[:, ::1] image not None, float[:, ::1] out not None, /):
    """Weighted means of the rows `start`, `start` + `every`, ... before `stop`, from sums on a coarse grid.

    `values` and `weight` have rows of the grid, of which the first is needed for the interval `first` of the image's
    rows; `taps`, shape (step, points), the weights of the points for each place in an interval. NaN where `image`,
    the rows that are asked for, is invalid.
    """
    cdef Py_ssize_t rows = values.shape[0], mx = values.shape[1], step = taps.shape[0], count = taps.shape[1]
    cdef Py_ssize_t nx = image.shape[1], wanted = out.shape[0]
    cdef bint done
    need_image("image", image.shape)
    need_image("values", values.shape)
    need_image("taps", taps.shape)
    need(nx > 0 and step > 0 and count > 0, "image or taps: empty")
    need_shape("weight", weight.shape, rows, mx)
    need_range("start", start, 0, MOST)
    need_range("stop", stop, start + 1, MOST)
    need_range("every", every, 1, MOST)
    need_range("first", first, 0, MOST)
    need(first <= start // step and first + rows >= (stop - 1) // step + count, "values: lack rows")
    need(mx >= (nx - 1) // step + count, "values: lack columns")
    need_shape("out", out.shape, (stop - start - 1) // every + 1, nx)
    need_shape("image", image.shape, wanted, nx)
    cdef Array[5] arrays = [array("out", &out[0, 0], wanted * nx, 4), array("values", &values[0, 0], rows * mx, 4),
                            array("weight", &weight[0, 0], rows * mx, 4), array("taps", &taps[0, 0], step * count, 4),
                            array("image", &image[0, 0], wanted * nx, 4)]
    need_apart(arrays, 1, 5)
    with nogil:
        done = loops.spread_rows(&values[0, 0], &weight[0, 0], first, rows, mx, &taps[0, 0], count, step, start, stop,
                                 every, &image[0, 0], nx, &out[0, 0])
    need_memory(done)
