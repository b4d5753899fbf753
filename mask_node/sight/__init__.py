"""What is judged of a picture beside its faces. Pure, but for the pixels that are read.

Each picture becomes a `thumbnail`; by it `picture_health` says whether anything can be judged at all, and `motion`
whether a look is worth it. `region` cuts out what is looked at. Of a face, `sharpness` and `hand` say whether it is
evidence, `liveness` whether it is somebody.
"""
