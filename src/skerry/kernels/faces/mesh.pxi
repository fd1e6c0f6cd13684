# A mesh of boxes over an image (../loops/mesh.c).

cdef loops.Mesh checked_mesh(const float[:, :, ::1] values, const float[:, ::1] weights, const float[:, :, ::1] bounds,
                             Py_ssize_t height, Py_ssize_t width, Py_ssize_t first, Py_ssize_t rows,
                             Py_ssize_t nx) except *:
    # A mesh that covers these rows from the first one on, of nx columns.
    cdef Py_ssize_t my = values.shape[1], mx = values.shape[2]
    cdef const float *limits = NULL
    need(values.shape[0] == 4 and 0 < my <= MOST and 0 < mx <= MOST, "mesh: not four values of boxes")
    need_range("height", height, 1, MOST)
    need_range("width", width, 1, MOST)
    need_rows("out", first, rows, my * height)
    need((mx - 1) * width < nx <= mx * width, "mesh: boxes that do not cover the columns")
    need_shape("weights", weights.shape, 4, nx)
    if bounds is not None:
        need(bounds.shape[0] == 2 and bounds.shape[1] == my and bounds.shape[2] == mx, "bounds: not two of each box")
        limits = &bounds[0, 0, 0]
    return loops.Mesh(&values[0, 0, 0], &weights[0, 0], limits, my, mx, height, width, nx)


cdef int need_apart_from_mesh(Array out, loops.Mesh mesh, Array other) except -1:
    cdef Py_ssize_t size = mesh.my * mesh.mx
    cdef Array[5] arrays = [out, array("mesh", mesh.values, 4 * size, 4), array("weights", mesh.weights, 4 * mesh.nx, 4),
                            array("bounds", mesh.bounds, 0 if mesh.bounds == NULL else 2 * size, 4), other]
    return need_apart(arrays, 1, 5)


def spread_mesh(const float[:, :, ::1] mesh not None, const float[:, ::1] weights not None,
                const float[:, :, ::1] bounds, const uint8_t[:, ::1] valid, Py_ssize_t height, Py_ssize_t width,
                Py_ssize_t first, float[:, ::1] out not None, /):
    """Rows of a spline through the centres of boxes, from row `first` on; NaN where bits of `valid`, if any, are not set.

    `mesh`, shape (4, my, mx), has the values of the boxes, then their curvatures in y, in x and in both; `weights`,
    shape (4, nx), those of each column; `bounds`, shape (2, my, mx) or None, the lowest and the highest value that the
    pixels of each box may have; `valid` is of the same rows, eight pixels a byte, the first in the highest bit, or None.
    """
    cdef Py_ssize_t rows = out.shape[0], nx = out.shape[1]
    cdef const uint8_t *bits = NULL
    cdef bint done
    need_image("out", out.shape)
    cdef loops.Mesh checked = checked_mesh(mesh, weights, bounds, height, width, first, rows, nx)
    if valid is not None:
        need_shape("valid", valid.shape, rows, (nx + 7) // 8)
        bits = &valid[0, 0]
    need_apart_from_mesh(array("out", &out[0, 0], rows * nx, 4), checked,
                         array("valid", bits, 0 if bits == NULL else rows * ((nx + 7) // 8), 1))
    with nogil:
        done = loops.spread_mesh(&checked, bits, first, first + rows, &out[0, 0])
    need_memory(done)


def mark_above_mesh(const float[:, :, ::1] mesh not None, const float[:, ::1] weights not None,
                    const float[:, :, ::1] bounds not None, const float[:, ::1] image not None, Py_ssize_t height,
                    Py_ssize_t width, Py_ssize_t first, float level, float floor, float seed, bint both,
                    uint8_t[:, ::1] marks not None, /):
    """Marks of valid pixels above a level by `floor` and by `seed` times a positive value of a spline, from row `first` on.

    With `both` of those that are as far below it, too. The spline is that of `spread_mesh`, with bounds.
    """
    cdef Py_ssize_t rows = image.shape[0], nx = image.shape[1]
    cdef bint done
    need_format("marks", marks, "B")
    need_image("image", image.shape)
    need_shape("marks", marks.shape, rows, nx)
    cdef loops.Mesh checked = checked_mesh(mesh, weights, bounds, height, width, first, rows, nx)
    need_apart_from_mesh(array("marks", &marks[0, 0], rows * nx, 1), checked,
                         array("image", &image[0, 0], rows * nx, 4))
    with nogil:
        done = loops.mark_above_mesh(&checked, &image[0, 0], first, first + rows, level, floor, seed, both,
                                     &marks[0, 0])
    need_memory(done)


def signal_over_mesh(const float[:, :, ::1] rms not None, const float[:, :, ::1] level not None,
                     const float[:, ::1] weights not None, const float[:, :, ::1] bounds, const uint8_t[:, ::1] valid,
                     const float[:, ::1] image not None, Py_ssize_t height, Py_ssize_t width, Py_ssize_t first,
                     float[:, ::1] out not None, /):
    """Rows of an image less a level, over noise, from row `first` on; NaN where bits of `valid`, if any, are not set.

    Both are splines through the same boxes, as for `spread_mesh`; the bounds are those of the noise. The signal is NaN
    also where `signal_to_noise` has none.
    """
    cdef Py_ssize_t rows = out.shape[0], nx = out.shape[1]
    cdef const uint8_t *bits = NULL
    cdef bint done
    need_image("out", out.shape)
    cdef loops.Mesh noise = checked_mesh(rms, weights, bounds, height, width, first, rows, nx)
    cdef loops.Mesh background = checked_mesh(level, weights, None, height, width, first, rows, nx)
    need(background.my == noise.my and background.mx == noise.mx, "level: of other boxes")
    need_shape("image", image.shape, rows, nx)
    if valid is not None:
        need_shape("valid", valid.shape, rows, (nx + 7) // 8)
        bits = &valid[0, 0]
    cdef Array target = array("out", &out[0, 0], rows * nx, 4)
    need_apart_from_mesh(target, noise, array("valid", bits, 0 if bits == NULL else rows * ((nx + 7) // 8), 1))
    need_apart_from_mesh(target, background, array("image", &image[0, 0], rows * nx, 4))
    with nogil:
        done = loops.signal_over_mesh(&noise, &background, bits, &image[0, 0], first, first + rows, &out[0, 0])
    need_memory(done)
