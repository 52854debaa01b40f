"""A training by Keras as one run, by a callback; what `fit` returns has the energy beside the loss."""

import keras
import numpy

from greentrain.tracking.callbacks.keras import GreentrainCallback

points = numpy.random.default_rng(1).random((500, 2))
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="mse")
fitted = model.fit(
    points, points.prod(axis=1), epochs=5, verbose=0, callbacks=[GreentrainCallback("product", location="FR")]
)
print({name: values[-1] for name, values in fitted.history.items()})
