# Cells of pixels (../loops/cells.c).

def count_in_cells(const float[:, ::1] rows not None, uint8_t[:, ::1] positive not None,
                   uint8_t[:, ::1] valid not None, /):
    """Positive and valid pixels of the cells of 4 x 4 of some rows, the first of which begins a cell."""
    cdef Py_ssize_t n = rows.shape[0], nx = rows.shape[1], down = (n + 3) // 4, across = (nx + 3) // 4
    cdef bint done
    need_image("rows", rows.shape)
    need_shape("positive", positive.shape, down, across)
    need_shape("valid", valid.shape, down, across)
    cdef Array[3] arrays = [array("positive", &positive[0, 0], down * across, 1),
                            array("valid", &valid[0, 0], down * across, 1), array("rows", &rows[0, 0], n * nx, 4)]
    need_apart(arrays, 2, 3)
    with nogil:
        done = loops.count_in_cells(&rows[0, 0], n, nx, &positive[0, 0], &valid[0, 0])
    need_memory(done)


def skew_of_cells(const uint8_t[:, ::1] positive not None, const uint8_t[:, ::1] valid not None, Py_ssize_t ny,
                  Py_ssize_t nx, Py_ssize_t first, Py_ssize_t before, Py_ssize_t after, double fraction,
                  uint8_t[:, ::1] target not None, /):
    """Whether the boxes of the pixels of a cell are what `box_skewed` looks for: 0 if none is, 2 if all are, 1 if unsure.

    It is said of rows of cells from `first` on, by what `count_in_cells` gives for all cells of ny x nx pixels.
    """
    cdef Py_ssize_t rows = target.shape[0]
    cdef bint done
    need_range("ny", ny, 0, MOST)
    need_range("nx", nx, 0, MOST)
    cdef Py_ssize_t down = (ny + 3) // 4, across = (nx + 3) // 4
    need_shape("positive", positive.shape, down, across)
    need_shape("valid", valid.shape, down, across)
    need_shape("target", target.shape, rows, across)
    need_rows("target", first, rows, down)
    need_range("before", before, 0, MOST)
    need_range("after", after, 0, MOST)
    need(0 <= fraction <= 1, "fraction: not from 0 to 1")
    cdef Array[3] arrays = [array("target", &target[0, 0], rows * across, 1),
                            array("positive", &positive[0, 0], down * across, 1),
                            array("valid", &valid[0, 0], down * across, 1)]
    need_apart(arrays, 1, 3)
    with nogil:
        done = loops.skew_of_cells(&positive[0, 0], &valid[0, 0], ny, nx, first, rows, before, after, fraction,
                                   &target[0, 0])
    need_memory(done)
