"""What masks are made of, on arrays and planes: noise, signal, clips, islands, artefacts, erosion.

Nothing here touches a file or changes what it is given. It imports `config` for the options, `sky` for the beam,
`filters` and below.
"""
