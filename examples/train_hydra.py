"""An application of Hydra as one run, and each job of a sweep as one: `python train_hydra.py --multirun steps=5,10`."""

import time

import hydra
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig

CALLBACK = {"_target_": "greentrain.tracking.callbacks.hydra.GreentrainCallback", "location": "FR"}
CONFIG = {"steps": 10, "hydra": {"callbacks": {"greentrain": CALLBACK}}}
ConfigStore.instance().store("config", CONFIG)


@hydra.main(version_base=None, config_name="config")
def train(config: DictConfig) -> None:
    """Train for as many steps as the configuration says."""
    for _ in range(config.steps):
        time.sleep(0.02)


if __name__ == "__main__":
    train()
