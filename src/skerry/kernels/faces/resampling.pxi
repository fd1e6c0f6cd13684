# A bicubic spline through an image, and what changes slowly over a grid (../loops/resampling.c).

def spread_nodes(const double[:, ::1] nodes not None, Py_ssize_t half, Py_ssize_t first, double[:, ::1] out not None, /):
    """Rows of a grid, from row `first` on, by a parabola through the three nodes of each cell along both axes.

    The nodes lie `half` pixels apart, and a cell is two of that wide.
    """
    cdef Py_ssize_t down = nodes.shape[0], across = nodes.shape[1], rows = out.shape[0], columns = out.shape[1]
    cdef bint done
    need_image("nodes", nodes.shape)
    need_image("out", out.shape)
    need_range("half", half, 1, MOST)
    need(down % 2 == 1 and across % 2 == 1, "nodes: not two in each cell and one more")
    need_rows("out", first, rows, (down - 1) * half)
    need(columns <= (across - 1) * half, "nodes: cells that do not cover the columns")
    cdef Array[2] arrays = [array("out", &out[0, 0], rows * columns, 8), array("nodes", &nodes[0, 0], down * across, 8)]
    need_apart(arrays, 1, 2)
    with nogil:
        done = loops.spread_nodes(&nodes[0, 0], across, half, first, rows, columns, &out[0, 0])
    need_memory(done)


def spread_powers(const double[:, ::1] start not None, const double[:, ::1] ratio not None,
                  const double[:, ::1] change not None, Py_ssize_t cell, double[:, ::1] out not None, /):
    """`start` * `ratio`^u * `change`^(u (u - 1) / 2) at pixel u of each cell of `cell` pixels along a row."""
    cdef Py_ssize_t rows = start.shape[0], cells = start.shape[1], columns = out.shape[1]
    need_image("out", out.shape)
    need_image("start", start.shape)
    need_shape("ratio", ratio.shape, rows, cells)
    need_shape("change", change.shape, rows, cells)
    need_shape("out", out.shape, rows, columns)
    need_range("cell", cell, 1, MOST)
    need(columns <= cells * cell, "start: cells that do not cover the columns")
    cdef Array[4] arrays = [array("out", &out[0, 0], rows * columns, 8), array("start", &start[0, 0], rows * cells, 8),
                            array("ratio", &ratio[0, 0], rows * cells, 8),
                            array("change", &change[0, 0], rows * cells, 8)]
    need_apart(arrays, 1, 4)
    with nogil:
        loops.spread_powers(&start[0, 0], &ratio[0, 0], &change[0, 0], cells, cell, rows, columns, &out[0, 0])


def spline_coefficients(const float[:, ::1] rows not None, Py_ssize_t first, float[:, ::1] out not None, /):
    """Coefficients of the bicubic B-spline through columns of some rows, from column `first` on.

    Beyond its edges the image goes on with their values.
    """
    cdef Py_ssize_t ny = rows.shape[0], nx = rows.shape[1], width = out.shape[1]
    cdef bint done
    need_image("rows", rows.shape)
    need_image("out", out.shape)
    need_shape("out", out.shape, ny, width)
    need_range("first", first, 0, nx - width)
    cdef Array[2] arrays = [array("out", &out[0, 0], width * ny, 4), array("rows", &rows[0, 0], ny * nx, 4)]
    need_apart(arrays, 1, 2)
    with nogil:
        done = loops.spline_coefficients(&rows[0, 0], ny, nx, first, width, &out[0, 0])
    need_memory(done)


def add_spline(const float[:, ::1] coefficients not None, const uint8_t[:, ::1] valid, const float[:, ::1] weight,
               Py_ssize_t top, Py_ssize_t left, Py_ssize_t ny, Py_ssize_t nx, const double[:, ::1] x not None,
               const double[:, ::1] y not None, const double[:, ::1] response, double cutoff, Py_ssize_t column,
               float[:, ::1] total not None, float[:, ::1] sums not None, /):
    """Add what an image of ny x nx has at some positions to sums, from column `column` on; gives how many have any.

    `coefficients` are those of its part from row `top` and column `left` on, which may lie beyond it; `valid` and
    `weight`, of the same part, may be None, as may the response.
    """
    cdef Py_ssize_t rows = coefficients.shape[0], columns = coefficients.shape[1]
    cdef Py_ssize_t count = x.shape[0], width = x.shape[1], stride = total.shape[1]
    cdef int64_t added = 0
    cdef bint done
    cdef loops.SplinePart part
    cdef const double *gain = NULL
    need_image("coefficients", coefficients.shape)
    need_image("total", total.shape)
    need_shape("sums", sums.shape, total.shape[0], stride)
    need_shape("x", x.shape, total.shape[0], width)
    need_shape("y", y.shape, count, width)
    need_range("width", width, 0, stride)
    need_range("column", column, 0, stride - width)
    need_range("ny", ny, 1, MOST)
    need_range("nx", nx, 1, MOST)
    need_range("top", top, -MOST, MOST)
    need_range("left", left, -MOST, MOST)
    part.coefficients, part.valid, part.weight = &coefficients[0, 0], NULL, NULL
    part.rows, part.columns, part.top, part.left, part.ny, part.nx = rows, columns, top, left, ny, nx
    if valid is not None:
        need_shape("valid", valid.shape, rows, columns)
        part.valid = &valid[0, 0]
    if weight is not None:
        need_shape("weight", weight.shape, rows, columns)
        part.weight = &weight[0, 0]
    if response is not None:
        need_shape("response", response.shape, count, width)
        gain = &response[0, 0]
    cdef Array[8] arrays = [array("total", &total[0, 0], count * stride, 4),
                            array("sums", &sums[0, 0], count * stride, 4),
                            array("coefficients", part.coefficients, rows * columns, 4),
                            array("valid", part.valid, 0 if part.valid == NULL else rows * columns, 1),
                            array("weight", part.weight, 0 if part.weight == NULL else rows * columns, 4),
                            array("x", &x[0, 0], count * width, 8), array("y", &y[0, 0], count * width, 8),
                            array("response", gain, 0 if gain == NULL else count * width, 8)]
    need_apart(arrays, 2, 8)
    with nogil:
        done = loops.add_spline(&part, &x[0, 0], &y[0, 0], gain, cutoff, count, width, &total[0, 0] + column,
                                &sums[0, 0] + column, stride, &added)
    need(done, "x, y: beyond the coefficients")
    return added
