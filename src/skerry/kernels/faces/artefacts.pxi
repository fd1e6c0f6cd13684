# Artefacts round bright sources (../loops/artefacts.c).

cdef int need_rings(Py_ssize_t reach, const uint16_t[::1] ring_of) except -1:
    need_range("reach", reach, 0, MOST)
    if ring_of.shape[0] <= 2 * reach * reach:
        raise ValueError(f"ring_of: {ring_of.shape[0]} squared distances, not {2 * reach * reach + 1}")
    return 0


def sector_depths(const int64_t[::1] starts not None, const int32_t[::1] columns not None,
                  const float[::1] values not None, const int64_t[:, ::1] places not None,
                  const uint16_t[::1] ring_of not None, Py_ssize_t reach, float[:, :, ::1] depth not None, /):
    """Depth of the deepest pixel of each sector and ring round places; 0 where there is none.

    `starts` has the first pixel of each row, and behind them how many there are; columns ascend in a row. `places` are
    rows and columns, shape (n, 2); `ring_of` has the ring of each squared distance up to twice the square of the reach;
    `depth` has the shape (n, sectors, rings).
    """
    cdef Py_ssize_t ny = starts.shape[0] - 1, count = columns.shape[0], n = places.shape[0]
    cdef Py_ssize_t sectors = depth.shape[1], rings = depth.shape[2]
    need_range("starts", ny, 0, MOST)
    need_length("values", values.shape[0], count)
    need_shape("places", places.shape, n, 2)
    need_rings(reach, ring_of)
    need_length("depth", depth.shape[0], n)
    need(sectors > 0, "depth: no sectors")
    cdef Array[6] arrays = [array("depth", &depth[0, 0, 0], n * sectors * rings, 4),
                            array("starts", &starts[0], ny + 1, 8), array("columns", &columns[0], count, 4),
                            array("values", &values[0], count, 4), array("places", &places[0, 0], 2 * n, 8),
                            array("ring_of", &ring_of[0], ring_of.shape[0], 2)]
    need_apart(arrays, 1, 6)
    need(loops.are_up_to(&starts[0], ny + 1, count), "starts: beyond the pixels")
    need(loops.are_below(&columns[0], count, MOST), "columns: out of range")
    need(loops.are_within(&places[0, 0], n, ny, MOST, 0), "places: outside of the rows")
    with nogil:
        loops.sector_depths(&starts[0], ny, &columns[0], &values[0], &places[0, 0], n, &ring_of[0], reach, rings,
                            sectors, &depth[0, 0, 0])


def raise_rounds(float[:, ::1] level not None, const int64_t[:, ::1] places not None,
                 const uint16_t[::1] ring_of not None, Py_ssize_t reach, const float[:, ::1] depth not None, /):
    """Raise a level to the depth at each distance from places, which lie no further than `reach` from its pixels.

    `depth` has the shape (n, rings); the others are as for `sector_depths`.
    """
    cdef Py_ssize_t ny = level.shape[0], nx = level.shape[1], n = places.shape[0], rings = depth.shape[1]
    need_image("level", level.shape)
    need_shape("places", places.shape, n, 2)
    need_rings(reach, ring_of)
    need_range("rings", rings, 0, MOST)
    need_length("depth", depth.shape[0], n)
    cdef Array[4] arrays = [array("level", &level[0, 0], ny * nx, 4),
                            array("depth", &depth[0, 0], n * rings, 4),
                            array("places", &places[0, 0], 2 * n, 8),
                            array("ring_of", &ring_of[0], ring_of.shape[0], 2)]
    need_apart(arrays, 1, 4)
    need(loops.are_within(&places[0, 0], n, ny, nx, reach), "places: out of reach of the level")
    with nogil:
        loops.raise_rounds(&level[0, 0], ny, nx, &places[0, 0], n, &ring_of[0], reach, rings, &depth[0, 0])
