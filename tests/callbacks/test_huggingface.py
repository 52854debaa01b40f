"""The callback of Hugging Face's Trainer, in real trainings of a tiny model on the CPU."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from framework_runs import KG_PER_KWH, MISSING, check_energy, endings, logged, records, run_keys

from greentrain import BudgetExceeded, Contradiction, InvalidNumber

torch = pytest.importorskip("torch", reason=MISSING)
transformers = pytest.importorskip("transformers", reason=MISSING)

from greentrain.tracking.callbacks.huggingface import GreentrainCallback  # noqa: E402

PROGRAM = str(Path(__file__).parent / "train_huggingface.py")
Action = Callable[[int], None]


class Tiny(torch.nn.Module):
    """A perceptron of 145 parameters that gives its loss, as the Trainer wants it."""

    def __init__(self, action: Action) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(16, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
        self.action = action
        self.calls = 0

    def forward(self, x: Any, labels: Any) -> dict[str, Any]:
        """Return the loss, after whatever the test wants to happen at this step."""
        self.calls += 1
        self.action(self.calls)
        return {"loss": ((self.layers(x)[:, 0] - labels) ** 2).mean()}


def trainer(folder: Path, callbacks: list[Any], action: Action = lambda step: None, **arguments: Any) -> Any:
    """Make a Trainer of 8 steps in 2 epochs, that logs every second step."""
    data = [{"x": torch.full((16,), number / 8), "labels": torch.tensor(1.0)} for number in range(8)]
    default = {"max_steps": 8, "logging_steps": 2, "per_device_train_batch_size": 2, "use_cpu": True}
    quiet = {"disable_tqdm": True, "save_strategy": "no", "report_to": "none", "dataloader_pin_memory": False}
    made = transformers.TrainingArguments(str(folder / "out"), **(default | quiet | arguments))
    return transformers.Trainer(Tiny(action), made, train_dataset=data, callbacks=callbacks)


def fail_at(step: int) -> Action:
    """Make a step raise."""

    def action(number: int) -> None:
        if number == step:
            raise KeyError("bad batch")

    return action


def test_a_training_is_one_run(tmp_path: Path, settings: dict[str, Any]) -> None:
    """Energy is power times time, epochs are spans, and what the energy bought is recorded."""
    callback = GreentrainCallback(**settings)
    result = trainer(tmp_path, [callback], lambda step: time.sleep(0.1)).train()

    assert result.global_step == 8
    assert endings(settings) == [("completed", None)]
    assert [record["values"].get("loss") is not None for record in records(settings, "log")].count(True) == 4
    assert [record["attributes"] for record in records(settings, "span_start")] == [{"epoch": 0}, {"epoch": 1}]
    known = logged(settings)
    assert {"parameters": 145, "step": 8, "total_steps": 8, "total_flos": 0, "epoch": 2}.items() <= known.items()
    assert "tokens" not in known
    check_energy(callback.run)


def test_tokens_are_recorded_where_the_trainer_counts_them(tmp_path: Path, settings: dict[str, Any]) -> None:
    """Eight steps of two samples of sixteen numbers are 256 tokens."""
    made = trainer(tmp_path, [GreentrainCallback(**settings)], include_num_input_tokens_seen="all")
    made.model.main_input_name = "x"
    made.train()
    assert logged(settings)["tokens"] == 256


def test_loggers_get_energy_and_emissions(tmp_path: Path, settings: dict[str, Any]) -> None:
    """The Trainer's history and callbacks earlier in the list see both, at last the values that were measured."""
    seen = []

    class Logger(transformers.TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            seen.append(dict(logs))

    callback = GreentrainCallback(**settings)
    made = trainer(tmp_path, [Logger(), callback], lambda step: time.sleep(0.1))
    made.train()

    measured = callback.run.measurement
    assert [entry.get("it_energy_kwh") for entry in made.state.log_history] == [
        entry.get("it_energy_kwh") for entry in seen
    ]
    assert seen[-1]["it_energy_kwh"] == measured.it_energy_kwh.best
    assert seen[-1]["operational_kg"] == pytest.approx(seen[-1]["it_energy_kwh"] * KG_PER_KWH)
    energies = [entry["it_energy_kwh"] for entry in seen if "it_energy_kwh" in entry]
    assert energies == sorted(energies)


def test_an_exception_in_a_block_ends_the_run_with_its_name(tmp_path: Path, settings: dict[str, Any]) -> None:
    """The Trainer informs no callback; the block does, and the exception stays the user's."""
    with pytest.raises(KeyError, match="bad batch"), GreentrainCallback(**settings) as callback:
        trainer(tmp_path, [callback], fail_at(3)).train()
    assert endings(settings) == [("failed", "KeyError")]


def test_the_next_training_ends_one_that_raised(tmp_path: Path, settings: dict[str, Any]) -> None:
    """Without a block the exception's name is not known, but the run has failed; the second is a run of its own."""
    callback = GreentrainCallback(**settings)
    made = trainer(tmp_path, [callback], fail_at(3))
    with pytest.raises(KeyError):
        made.train()
    made.train()
    assert endings(settings) == [("failed", "TrainingAborted"), ("completed", None)]
    assert len(run_keys(settings)) == 2


def test_codecarbons_callback_beside_ours_is_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    """Before anything is trained: energy would count twice. A callback that comes later is noticed, too."""
    rule = "measures the same training as greentrain's callback, and it would count twice; leave one of them out"
    with pytest.raises(Contradiction) as caught:
        trainer(tmp_path, [GreentrainCallback(**settings)], report_to="codecarbon")
    assert str(caught.value) == f"report_to 'codecarbon': {rule}"

    class CodeCarbonCallback(transformers.TrainerCallback):
        """Of the name of the Trainer's own one, without its start."""

    made = trainer(tmp_path, [GreentrainCallback(**settings)])
    made.add_callback(CodeCarbonCallback())
    with pytest.raises(Contradiction):
        made.train()
    assert records(settings, "start") == []


def test_a_budget_stops_the_training(tmp_path: Path, settings: dict[str, Any]) -> None:
    """The Trainer ends its loop as for early stopping, and the run is complete."""
    callback = GreentrainCallback(**settings, budget_kwh=0.0015, on_budget="stop")
    with pytest.warns(UserWarning, match=r"of the budget of 0\.0015 kWh is used"):
        result = trainer(tmp_path, [callback], lambda step: time.sleep(0.25), max_steps=40).train()
    assert 4 <= result.global_step <= 16
    assert callback.run.is_budget_exceeded
    assert endings(settings) == [("completed", None)]


def test_a_budget_raises_out_of_the_training(tmp_path: Path, settings: dict[str, Any]) -> None:
    """The exception reaches the caller of train, and the run has failed by it."""
    callback = GreentrainCallback(**settings, budget_kg=0.001, on_budget="raise")
    made = trainer(tmp_path, [callback], lambda step: time.sleep(0.25), max_steps=40)
    with pytest.warns(UserWarning, match="of the budget of 0.001 kg CO2e"), pytest.raises(BudgetExceeded):
        made.train()
    assert endings(settings) == [("failed", "BudgetExceeded")]


def test_a_resumed_training_goes_on_in_its_run(tmp_path: Path, settings: dict[str, Any]) -> None:
    """The checkpoint names the run and what was used before; the Trainer's log goes on from there."""
    first = GreentrainCallback(**settings)
    trainer(tmp_path, [first], lambda step: time.sleep(0.5), max_steps=4, save_strategy="steps", save_steps=4).train()
    checkpoint = tmp_path / "out" / "checkpoint-4"
    kept = json.loads((checkpoint / "trainer_state.json").read_text())["stateful_callbacks"]["greentrain"]
    second = GreentrainCallback(**settings)
    made = trainer(tmp_path, [second])
    made.train(resume_from_checkpoint=str(checkpoint))

    assert run_keys(settings) == [kept["run_id"]] == [first.run.key] == [second.run.key]
    assert made.state.log_history[-1]["it_energy_kwh"] == pytest.approx(
        kept["it_energy_kwh"] + second.run.measurement.it_energy_kwh.best
    )
    assert 0 < kept["it_energy_kwh"] <= first.run.measurement.it_energy_kwh.best


def test_a_checkpoint_without_the_callback_can_be_resumed_with_it(tmp_path: Path, settings: dict[str, Any]) -> None:
    """And the next checkpoint is written, which the Trainer's own way of keeping states does not manage."""
    saving = {"save_strategy": "steps", "save_steps": 4}
    trainer(tmp_path, [], max_steps=4, **saving).train()
    made = trainer(tmp_path, [GreentrainCallback(**settings)], **saving)
    made.train(resume_from_checkpoint=str(tmp_path / "out" / "checkpoint-4"))
    assert (tmp_path / "out" / "checkpoint-8" / "trainer_state.json").is_file()
    assert endings(settings) == [("completed", None)]


def test_wrong_arguments_are_refused_at_once(settings: dict[str, Any]) -> None:
    """In the line that makes the callback, not when the data is loaded."""
    with pytest.raises(InvalidNumber, match=r"^pue 0\.5: "):
        GreentrainCallback(**settings | {"pue": 0.5})


def test_two_ranks_are_one_run_and_stop_at_one_step(settings: dict[str, Any]) -> None:
    """Under torchrun one rank has the meter, the other joins it, and a budget ends both after the same step."""
    launcher = ["-m", "torch.distributed.run", "--nproc-per-node=2", "--rdzv-id=tiny-job", "--rdzv-backend=c10d",
                "--rdzv-endpoint=localhost:0"]  # fmt: skip
    arguments = json.dumps({**settings, "home": str(settings["home"]), "budget_kwh": 0.001, "on_budget": "stop"})
    command = [sys.executable, *launcher, PROGRAM, arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr

    assert run_keys(settings) == ["elastic-tiny-job"]
    assert endings(settings) == [("completed", None)] * 2
    starts = sorted((record["ranks"]["rank"], record["role"]) for record in records(settings, "start"))
    assert starts == [(0, "main"), (1, "joined")]
    steps = [line for line in done.stdout.splitlines() if line.startswith("steps")]
    assert len(steps) == 2
    assert len(set(steps)) == 1
    assert int(steps[0].split()[1]) in (10, 20, 30)
