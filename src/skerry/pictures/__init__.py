"""Pictures of images and masks: planes in, bytes of a PNG or a PDF out.

Nothing here knows a file of FITS or a subcommand. matplotlib takes long to import, so that only the modules that draw
axes do it, and they are imported where a picture is made.
"""
