# Statistics of the box round every pixel (../loops/boxes.c).

cdef int need_boxes(const Py_ssize_t *band, Py_ssize_t first, Py_ssize_t before, Py_ssize_t after,
                    const Py_ssize_t *target) except -1:
    need_image("band", band)
    need_shape("target", target, target[0], band[1])
    need_rows("target", first, target[0], band[0])
    need_range("before", before, 0, MOST)
    need_range("after", after, 0, MOST)
    return 0


cdef Py_ssize_t need_rows_of_floats(const Py_ssize_t *shape, const Py_ssize_t *strides) except -1:
    # Floats from one row to the next, in each of which they lie side by side.
    need(shape[1] < 2 or strides[1] == sizeof(float), "band: rows are not contiguous")
    if shape[0] < 2 or shape[1] == 0:
        return shape[1]
    need(strides[0] % <Py_ssize_t> sizeof(float) == 0, "band: not aligned")
    need(strides[0] // <Py_ssize_t> sizeof(float) >= shape[1], "band: rows are not one after the other")
    return strides[0] // <Py_ssize_t> sizeof(float)


cdef inline Py_ssize_t spread(Py_ssize_t n, Py_ssize_t nx, Py_ssize_t stride) noexcept:
    # From the first item to the last.
    return (n - 1) * stride + nx if n and nx else 0


def box_extremum(const float[:, :] band not None, Py_ssize_t first, Py_ssize_t before, Py_ssize_t after,
                 bint maximum, float[:, ::1] target not None, /):
    """Minimum, or maximum, of the valid pixels of the box round every pixel of some rows of a band, from row `first` on.

    A box reaches `before` pixels ahead of its pixel and `after` behind it, and is cut at the band; infinite where no
    pixel is valid. The band may be columns of another one.
    """
    cdef Py_ssize_t n = band.shape[0], nx = band.shape[1], rows = target.shape[0]
    cdef bint done
    cdef Py_ssize_t stride = need_rows_of_floats(band.shape, band.strides)
    need_boxes(band.shape, first, before, after, target.shape)
    cdef Array[2] arrays = [array("target", &target[0, 0], rows * nx, 4), array("band", &band[0, 0], spread(n, nx, stride), 4)]
    need_apart(arrays, 1, 2)
    with nogil:
        done = loops.box_extremum(&band[0, 0], n, nx, stride, first, rows, before, after, maximum, &target[0, 0])
    need_memory(done)


def box_skewed(const float[:, :] band not None, Py_ssize_t first, Py_ssize_t before, Py_ssize_t after,
               double fraction, uint8_t[:, ::1] target not None, /):
    """Where more than a fraction, from 0 to 1, of the valid pixels of a box, as for `box_extremum`, are positive."""
    cdef Py_ssize_t n = band.shape[0], nx = band.shape[1], rows = target.shape[0]
    cdef bint done
    cdef Py_ssize_t stride = need_rows_of_floats(band.shape, band.strides)
    need_boxes(band.shape, first, before, after, target.shape)
    need(0 <= fraction <= 1, "fraction: not from 0 to 1")
    cdef Array[2] arrays = [array("target", &target[0, 0], rows * nx, 1), array("band", &band[0, 0], spread(n, nx, stride), 4)]
    need_apart(arrays, 1, 2)
    with nogil:
        done = loops.box_skewed(&band[0, 0], n, nx, stride, first, rows, before, after, fraction, &target[0, 0])
    need_memory(done)


def box_minimum_at(const float[:, ::1] band not None, const int64_t[:, ::1] places not None, Py_ssize_t before,
                   Py_ssize_t after, float[::1] target not None, /):
    """The lowest valid pixel of the box round places, rows and columns of a band, shape (n, 2); infinite if none is.

    The box reaches `before` pixels ahead and `after` behind.
    """
    cdef Py_ssize_t ny = band.shape[0], nx = band.shape[1], n = places.shape[0]
    cdef bint done
    need_image("band", band.shape)
    need_shape("places", places.shape, n, 2)
    need_range("before", before, 0, MOST)
    need_range("after", after, 0, MOST)
    need_length("target", target.shape[0], n)
    cdef Array[3] arrays = [array("target", &target[0], n, 4), array("band", &band[0, 0], ny * nx, 4),
                            array("places", &places[0, 0], 2 * n, 8)]
    need_apart(arrays, 1, 3)
    need(loops.are_within(&places[0, 0], n, ny, nx, 0), "places: outside of the band")
    with nogil:
        done = loops.box_minimum_at(&band[0, 0], ny, nx, &places[0, 0], n, before, after, &target[0])
    need_memory(done)
