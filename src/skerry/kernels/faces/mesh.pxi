# A mesh of boxes over an image (../loops/mesh.c).

def spread_mesh(const float[:, :, ::1] mesh not None, const float[:, ::1] weights not None,
                const float[:, :, ::1] bounds, const float[:, ::1] image not None, Py_ssize_t height, Py_ssize_t width,
                Py_ssize_t first, float[:, ::1] out not None, /):
    """Rows of a spline through the centres of boxes, from row `first` on; NaN where `image`, the same rows, is invalid.

    `mesh`, shape (4, my, mx), has the values of the boxes, then their curvatures in y, in x and in both; `weights`,
    shape (4, nx), those of each column; `bounds`, shape (2, my, mx) or None, the lowest and the highest value that the
    pixels of each box may have.
    """
    cdef Py_ssize_t my = mesh.shape[1], mx = mesh.shape[2], rows = out.shape[0], nx = out.shape[1]
    cdef const float *limits = NULL
    cdef bint done
    need_image("out", out.shape)
    need(mesh.shape[0] == 4 and 0 < my <= MOST and 0 < mx <= MOST, "mesh: not four values of boxes")
    need_range("height", height, 1, MOST)
    need_range("width", width, 1, MOST)
    need_rows("out", first, rows, my * height)
    need((mx - 1) * width < nx <= mx * width, "mesh: boxes that do not cover the columns")
    need_shape("weights", weights.shape, 4, nx)
    need_shape("image", image.shape, rows, nx)
    if bounds is not None:
        need(bounds.shape[0] == 2 and bounds.shape[1] == my and bounds.shape[2] == mx, "bounds: not two of each box")
        limits = &bounds[0, 0, 0]
    cdef Array[5] arrays = [array("out", &out[0, 0], rows * nx, 4), array("mesh", &mesh[0, 0, 0], 4 * my * mx, 4),
                            array("weights", &weights[0, 0], 4 * nx, 4), array("image", &image[0, 0], rows * nx, 4),
                            array("bounds", limits, 0 if limits == NULL else 2 * my * mx, 4)]
    need_apart(arrays, 1, 5)
    with nogil:
        done = loops.spread_mesh(&mesh[0, 0, 0], &weights[0, 0], limits, &image[0, 0], my, mx, height, width, first,
                                 first + rows, nx, &out[0, 0])
    need_memory(done)
