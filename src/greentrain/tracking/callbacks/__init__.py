"""Callbacks for training frameworks, one module for each; a module loads its framework, and nothing else does.

::

    from greentrain.tracking.callbacks.huggingface import GreentrainCallback   # transformers.Trainer
    from greentrain.tracking.callbacks.lightning import GreentrainCallback     # lightning or pytorch_lightning
    from greentrain.tracking.callbacks.keras import GreentrainCallback         # model.fit
    from greentrain.tracking.callbacks.skorch import GreentrainCallback        # a net's callbacks
    from greentrain.tracking.callbacks.hydra import GreentrainCallback         # hydra.callbacks of a configuration
    from greentrain.tracking.callbacks.accelerate import GreentrainTracker     # Accelerator(log_with=...)

Each takes the arguments of ``greentrain.track``.
"""
