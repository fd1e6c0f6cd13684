"""The loops, as their headers declare them."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "loops/checks.h" nogil:
    bint are_below(const int32_t *values, Py_ssize_t n, int32_t limit)
    bint are_within(const int64_t *places, Py_ssize_t n, Py_ssize_t ny, Py_ssize_t nx, Py_ssize_t around)
    bint are_runs(const int32_t *per_row, Py_ssize_t rows, const int32_t *starts, const int32_t *ends,
                  Py_ssize_t total, Py_ssize_t nx)
    bint are_clear_beyond(const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx)
    bint are_chords(const int32_t *triples, Py_ssize_t n)
    bint are_up_to(const int64_t *values, Py_ssize_t n, int64_t limit)

cdef extern from "loops/artefacts.h" nogil:
    void sector_depths(const int64_t *starts, Py_ssize_t ny, const int32_t *columns, const float *values,
                       const int64_t *places, Py_ssize_t n, const uint16_t *ring_of, Py_ssize_t reach,
                       Py_ssize_t rings, Py_ssize_t sectors, float *depth)
    void raise_rounds(float *level, Py_ssize_t ny, Py_ssize_t nx, const int64_t *places, Py_ssize_t n,
                      const uint16_t *ring_of, Py_ssize_t reach, Py_ssize_t rings, const float *depth)

cdef extern from "loops/box_noise.h" nogil:
    bint measure_boxes(const float *image, const uint8_t *masked, Py_ssize_t ny, Py_ssize_t nx, Py_ssize_t width,
                       Py_ssize_t count, const uint8_t *asked, float *rms, float *level, int32_t *used)

cdef extern from "loops/boxes.h" nogil:
    bint box_extremum(const float *source, Py_ssize_t n, Py_ssize_t nx, Py_ssize_t stride, Py_ssize_t first,
                      Py_ssize_t rows, Py_ssize_t before, Py_ssize_t after, bint maximum, float *target)
    bint box_minimum_at(const float *source, Py_ssize_t ny, Py_ssize_t nx, const int64_t *places, Py_ssize_t n,
                        Py_ssize_t before, Py_ssize_t after, float *target)
    bint box_skewed(const float *source, Py_ssize_t n, Py_ssize_t nx, Py_ssize_t stride, Py_ssize_t first,
                    Py_ssize_t rows, Py_ssize_t before, Py_ssize_t after, double fraction, uint8_t *target)

cdef extern from "loops/cells.h" nogil:
    bint count_in_cells(const float *rows, Py_ssize_t n, Py_ssize_t nx, uint8_t *positive, uint8_t *valid)
    bint skew_of_cells(const uint8_t *positive, const uint8_t *valid, Py_ssize_t ny, Py_ssize_t nx, Py_ssize_t first,
                       Py_ssize_t rows, Py_ssize_t before, Py_ssize_t after, double fraction, uint8_t *target)

cdef extern from "loops/erosion.h" nogil:
    bint erode_bits(const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, const int32_t *triples, Py_ssize_t count,
                    Py_ssize_t start, Py_ssize_t stop, uint8_t *out)
    void dilate_bits(const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, const int32_t *triples, Py_ssize_t count,
                     Py_ssize_t start, Py_ssize_t stop, uint8_t *out)
    void set_bit_8(const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, int bit, uint8_t *out)
    void set_bit_16(const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, int bit, uint16_t *out)
    void set_bit_32(const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, int bit, uint32_t *out)

cdef extern from "loops/facts.h" nogil:
    void any_of_runs(const uint8_t *pixels, Py_ssize_t nx, const int32_t *per_row, Py_ssize_t rows,
                     const int32_t *starts, const int32_t *ends, uint8_t *out)
    void any_set_in_runs(const uint8_t *bits, Py_ssize_t bytes, const int32_t *per_row, Py_ssize_t rows,
                         const int32_t *starts, const int32_t *ends, uint8_t *out)
    void sums_of_runs(const float *pixels, Py_ssize_t nx, const int32_t *per_row, Py_ssize_t rows,
                      const int32_t *starts, const int32_t *ends, double *out)
    void ranks_of_runs(const float *pixels, Py_ssize_t nx, const int32_t *per_row, Py_ssize_t rows,
                       const int32_t *starts, const int32_t *ends, uint64_t *out)

cdef extern from "loops/islands.h" nogil:
    int64_t pack_pixels(const uint8_t *pixels, Py_ssize_t ny, Py_ssize_t nx, bint inverted, uint8_t *bits,
                        int32_t *per_row)
    int64_t count_runs(const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, int32_t *per_row)
    bint find_runs(const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, Py_ssize_t count, int32_t *starts,
                   int32_t *ends)
    int32_t link_runs(const int32_t *per_row, Py_ssize_t rows, const int32_t *starts, const int32_t *ends,
                      int32_t *labels, const int32_t *above_starts, const int32_t *above_ends,
                      const int32_t *above_labels, Py_ssize_t above, bint corners, int32_t *parent, int32_t count)
    int32_t number_islands(int32_t *parent, int32_t count)
    bint clear_runs(uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, const int32_t *labels, Py_ssize_t count,
                    const uint8_t *keep)
    bint paint_runs(const uint8_t *bits, Py_ssize_t ny, Py_ssize_t nx, const int32_t *labels, Py_ssize_t count,
                    const int32_t *island, int32_t *out)

cdef extern from "loops/levels.h" nogil:
    void above_level(const float *image, const float *level, Py_ssize_t n, float factor, uint8_t *target)
    void marks_above_level(const float *image, const float *level, Py_ssize_t n, float seed, float floor,
                           uint8_t *marks)
    void signal_marks(const float *signal, Py_ssize_t n, float seed, float flood, uint8_t *marks)
    void smoothed_marks(const float *smooth, const float *minimum, const float *signal, Py_ssize_t n, float unit,
                        float flood_factor, float flood_clip, float pixel_clip, float seed_factor, float seed_clip,
                        uint8_t *marks)
    Py_ssize_t flat_rows(const float *source, Py_ssize_t n, Py_ssize_t nx, Py_ssize_t first, Py_ssize_t rows,
                         float limit, uint8_t *target)

cdef extern from "loops/mesh.h" nogil:
    ctypedef struct Mesh:
        const float *values
        const float *weights
        const float *bounds
        Py_ssize_t my
        Py_ssize_t mx
        Py_ssize_t height
        Py_ssize_t width
        Py_ssize_t nx
    bint spread_mesh(const Mesh *mesh, const uint8_t *valid, Py_ssize_t start, Py_ssize_t stop, float *out)
    bint mark_above_mesh(const Mesh *mesh, const float *image, Py_ssize_t start, Py_ssize_t stop, float level,
                         float floor, float seed, bint both, uint8_t *marks)
    bint signal_over_mesh(const Mesh *rms, const Mesh *level, const uint8_t *valid, const float *image,
                          Py_ssize_t start, Py_ssize_t stop, float *out)

cdef extern from "loops/noise.h" nogil:
    void signal_to_noise(const float *image, const float *bkg, const float *rms, Py_ssize_t n, float *signal)

cdef extern from "loops/pixels.h" nogil:
    void swap_words(const uint32_t *source, uint32_t *target, Py_ssize_t n)
    int64_t extremes_and_valid(const float *values, Py_ssize_t n, float *highest, float *lowest)

cdef extern from "loops/resampling.h" nogil:
    ctypedef struct SplinePart:
        const float *coefficients
        const uint8_t *valid
        const float *weight
        Py_ssize_t rows, columns, top, left, ny, nx
    bint spread_nodes(const double *nodes, Py_ssize_t across, Py_ssize_t half, Py_ssize_t first, Py_ssize_t rows,
                      Py_ssize_t columns, double *out)
    void spread_powers(const double *start, const double *ratio, const double *change, Py_ssize_t cells,
                       Py_ssize_t cell, Py_ssize_t rows, Py_ssize_t columns, double *out)
    bint spline_coefficients(const float *image, Py_ssize_t ny, Py_ssize_t stride, Py_ssize_t first, Py_ssize_t width,
                             float *out)
    bint add_spline(const SplinePart *part, const double *x, const double *y, const double *response, double cutoff,
                    Py_ssize_t rows, Py_ssize_t columns, float *total, float *sum, Py_ssize_t stride, int64_t *count)

cdef extern from "loops/rims.h" nogil:
    ctypedef struct Rims:
        float clip
        float factor
        Py_ssize_t reach
        const float *taps
        Py_ssize_t radius
        float least
        float smooth_factor
    bint without_rims(const float *signal, Py_ssize_t n, Py_ssize_t nx, Py_ssize_t first, Py_ssize_t rows,
                      const Rims *rims, uint8_t *kept)

cdef extern from "loops/sampling.h" nogil:
    void pack_words(const void *rows, int itemsize, Py_ssize_t ny, Py_ssize_t stride, Py_ssize_t first,
                    Py_ssize_t width, uint64_t *bits, int64_t *lowest, int64_t *highest)
    bint sample_cells(const double *x, const double *y, const double *bounds, Py_ssize_t down, Py_ssize_t across,
                      Py_ssize_t step, const uint64_t *bits, const uint32_t *ranks, const int64_t *starts,
                      const void *values, Py_ssize_t count, int itemsize, int64_t constant, Py_ssize_t ny,
                      Py_ssize_t nx, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t columns, void *out,
                      uint8_t *unsure)

cdef extern from "loops/shapes.h" nogil:
    bint close_boxes(const uint8_t *pixels, Py_ssize_t ny, Py_ssize_t nx, Py_ssize_t before, Py_ssize_t after,
                     bint inverted, Py_ssize_t start, Py_ssize_t stop, uint8_t *out)

cdef extern from "loops/smoothing.h" nogil:
    bint smooth_rows(const float *pixels, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t ny, Py_ssize_t nx,
                     const float *taps, Py_ssize_t radius, Py_ssize_t step, Py_ssize_t start, Py_ssize_t count,
                     float *out)
    bint shrink_rows(const float *pixels, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t ny, Py_ssize_t nx,
                     const float *taps, Py_ssize_t radius, Py_ssize_t step, Py_ssize_t pad, Py_ssize_t start,
                     Py_ssize_t count, Py_ssize_t mx, float *out, float *out_weight)
    bint spread_rows(const float *values, const float *weight, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t mx,
                     const float *taps, Py_ssize_t count, Py_ssize_t step, Py_ssize_t start, Py_ssize_t stop,
                     Py_ssize_t every, const float *image, Py_ssize_t nx, float *out)
