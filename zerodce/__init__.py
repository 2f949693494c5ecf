"""Train and run the Zero-DCE network, which lights dark pictures by estimating curves for them.

The network is a Keras model. `zerodce.model` builds it, `zerodce.training` fits it to dark pictures
without any reference, `zerodce.inference` applies it to a picture, `zerodce.evaluation` scores it on
pairs. Importing this package imports none of them, so it costs nothing.
"""

__version__ = "0.1.0"
