"""Callbacks for training frameworks, one module for each; a module loads its framework, and nothing else does.

::

    from greentrain.tracking.callbacks.huggingface import GreentrainCallback   # transformers.Trainer
    from greentrain.tracking.callbacks.lightning import GreentrainCallback     # lightning or pytorch_lightning
    from greentrain.tracking.callbacks.keras import GreentrainCallback         # model.fit

Each takes the arguments of ``greentrain.track``.
"""
