"""The user's own folder."""

from pathlib import Path

import platformdirs
import pytest

from greentrain import estimate, load_catalogue
from greentrain.catalogue import home_folder, own_profiles_folder
from greentrain.catalogue.user_folder import HOME_VARIABLE

DEVICE = "id,name,hardware_class,tdp_w,source\nmy-card,My Card 9000,workstation,320,https://example.org/datasheet\n"


def test_the_folder_is_the_one_that_platformdirs_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without GREENTRAIN_HOME, the system's usual place is taken."""
    monkeypatch.delenv(HOME_VARIABLE, raising=False)

    assert home_folder() == platformdirs.user_data_dir("greentrain")


def test_greentrain_home_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """GREENTRAIN_HOME names the folder itself."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))

    assert home_folder() == str(tmp_path)
    assert own_profiles_folder() is None


def test_profiles_in_the_own_folder_always_count_and_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A device in the user's folder is found without --profiles, and the result says whose figures they are."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "accelerators.csv").write_text(DEVICE)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))

    found = estimate("my card 9000", hours=10, utilization=1, host_factor=1, pue=1, grid_intensity=100)

    assert found.it_energy_kwh.best == pytest.approx(3.2, rel=1e-12)
    assert "My Card 9000: the figures are from your own profiles." in found.notes


def test_another_folder_of_profiles_counts_besides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder that is named counts after the user's own one and wins."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "accelerators.csv").write_text(DEVICE)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "accelerators.csv").write_text(DEVICE.replace("320", "350"))
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))

    tdp_w = load_catalogue(tmp_path / "other").hardware.accelerator("my-card").tdp_w

    assert tdp_w is not None
    assert tdp_w.best == 350
