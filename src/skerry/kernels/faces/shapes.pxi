# Closing and opening by boxes (../loops/shapes.c).

def close_boxes(const uint8_t[:, ::1] pixels not None, Py_ssize_t before, Py_ssize_t after, bint opening,
                Py_ssize_t first, uint8_t[:, ::1] out not None, /):
    """Close, or open, a mask by a box, for some rows of it from row `first` on.

    The box reaches `before` pixels ahead of a pixel and `after` behind it, neither of them further than the mask.
    """
    cdef Py_ssize_t ny = pixels.shape[0], nx = pixels.shape[1], rows = out.shape[0]
    cdef bint done
    need_image("pixels", pixels.shape)
    need_range("before", before, 0, max(ny, nx))
    need_range("after", after, 0, max(ny, nx))
    need_shape("out", out.shape, rows, nx)
    need_rows("out", first, rows, ny)
    cdef Array[2] arrays = [array("out", &out[0, 0], rows * nx, 1), array("pixels", &pixels[0, 0], ny * nx, 1)]
    need_apart(arrays, 1, 2)
    with nogil:
        done = loops.close_boxes(&pixels[0, 0], ny, nx, before, after, opening, first, first + rows, &out[0, 0])
    need_memory(done)
