# A mesh of boxes over an image (../loops/mesh.c).

def gather_boxes(const float[:, ::1] image not None, const uint8_t[:, ::1] masked, Py_ssize_t first, Py_ssize_t width,
                 float[:, ::1] pixels not None, uint8_t[:, ::1] flags not None, int32_t[::1] good not None, /):
    """Lay the pixels of boxes together that lie beside each other, as high as the image, from column `first` on.

    Each is a row of `pixels`. What is invalid, or `masked`, which may be None, becomes 0 and is flagged, and so is what
    is left of the row; `good` has the number of the others.
    """
    cdef Py_ssize_t ny = image.shape[0], nx = image.shape[1], count = pixels.shape[0], stride = pixels.shape[1]
    cdef const uint8_t *unused = NULL
    need_image("image", image.shape)
    need_range("width", width, 1, nx)
    need_range("first", first, 0, nx)
    need(count <= (nx - first) // width, "pixels: of boxes beyond the image")
    need(ny * width <= stride < 1 << 31, "pixels: no room for a box")
    need_shape("flags", flags.shape, count, stride)
    need_length("good", good.shape[0], count)
    if masked is not None:
        need_shape("masked", masked.shape, ny, nx)
        unused = &masked[0, 0]
    cdef Array[5] arrays = [array("pixels", &pixels[0, 0], count * stride, 4),
                            array("flags", &flags[0, 0], count * stride, 1), array("good", &good[0], count, 4),
                            array("image", &image[0, 0], ny * nx, 4),
                            array("masked", unused, 0 if unused == NULL else ny * nx, 1)]
    need_apart(arrays, 3, 5)
    with nogil:
        loops.gather_boxes(&image[0, 0], unused, ny, nx, first, width, count, stride, &pixels[0, 0], &flags[0, 0],
                           &good[0])


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


def signal_over_mesh(const float[:, :, ::1] rms not None, const float[:, :, ::1] level not None,
                     const float[:, ::1] weights not None, const float[:, :, ::1] bounds,
                     const float[:, ::1] image not None, Py_ssize_t height, Py_ssize_t width, Py_ssize_t first,
                     float[:, ::1] out not None, /):
    """Rows of an image less a level, over noise, from row `first` on; NaN where `image`, the same rows, is invalid.

    Both are meshes of the same boxes, as for `spread_mesh`, as are the weights; `bounds` are those of the noise.
    """
    cdef Py_ssize_t my = rms.shape[1], mx = rms.shape[2], rows = out.shape[0], nx = out.shape[1]
    cdef const float *limits = NULL
    cdef bint done
    need_image("out", out.shape)
    need(rms.shape[0] == 4 and 0 < my <= MOST and 0 < mx <= MOST, "rms: not four values of boxes")
    need(level.shape[0] == 4 and level.shape[1] == my and level.shape[2] == mx, "level: not four values of the boxes")
    need_range("height", height, 1, MOST)
    need_range("width", width, 1, MOST)
    need_rows("out", first, rows, my * height)
    need((mx - 1) * width < nx <= mx * width, "rms: boxes that do not cover the columns")
    need_shape("weights", weights.shape, 4, nx)
    need_shape("image", image.shape, rows, nx)
    if bounds is not None:
        need(bounds.shape[0] == 2 and bounds.shape[1] == my and bounds.shape[2] == mx, "bounds: not two of each box")
        limits = &bounds[0, 0, 0]
    cdef Array[6] arrays = [array("out", &out[0, 0], rows * nx, 4), array("rms", &rms[0, 0, 0], 4 * my * mx, 4),
                            array("level", &level[0, 0, 0], 4 * my * mx, 4),
                            array("weights", &weights[0, 0], 4 * nx, 4), array("image", &image[0, 0], rows * nx, 4),
                            array("bounds", limits, 0 if limits == NULL else 2 * my * mx, 4)]
    need_apart(arrays, 1, 6)
    with nogil:
        done = loops.signal_over_mesh(&rms[0, 0, 0], &level[0, 0, 0], &weights[0, 0], limits, &image[0, 0], my, mx,
                                      height, width, first, first + rows, nx, &out[0, 0])
    need_memory(done)
