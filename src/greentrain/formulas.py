"""The arithmetic of the model, each formula once.

Every function takes floats or NumPy arrays (one element per run) and returns the same. Nothing here knows of
devices, places, files or defaults. Names carry their unit; the words are those of the README's section on the model.
"""

from typing import Any, TypeAlias

from greentrain.units import FLOP_PER_TFLOP, G_PER_KG, SECONDS_PER_HOUR, W_PER_KW

Quantity: TypeAlias = Any
"""A float, or an array of floats."""


def accelerator_power_w(tdp_w: Quantity, utilization: Quantity) -> Quantity:
    """Mean power draw of one accelerator when it was not measured.

    Parameters
    ----------
    tdp_w : float or array
        Thermal design power of one visible device. [W]
    utilization : float or array
        Mean power draw over TDP; not the percentage that a driver prints. [1]

    Returns
    -------
    float or array
        Mean power draw. [W]
    """
    return tdp_w * utilization


def host_power_w(tdp_w: Quantity, host_share: Quantity) -> Quantity:
    """Mean power draw of the host per accelerator: CPUs, memory, fans, network cards and losses of the supply.

    It hardly follows the accelerators' load: a server of eight idle H100 draws 286 W beside each of them.

    Parameters
    ----------
    tdp_w : float or array
        Thermal design power of one visible device. [W]
    host_share : float or array
        Power of the host per accelerator over its TDP. [1]

    Returns
    -------
    float or array
        Mean power draw. [W]
    """
    return tdp_w * host_share


def computers_energy_kwh(metered_kwh: Quantity, unmetered_share: Quantity) -> Quantity:
    """Energy of the computers from what meters read of their parts, before PUE.

    Parameters
    ----------
    metered_kwh : float or array
        Energy of accelerators, CPU and memory. [kWh]
    unmetered_share : float or array
        Energy of fans, network cards, switches and losses of power supplies over that. [1]

    Returns
    -------
    float or array
        Energy at the plugs. [kWh]
    """
    return metered_kwh * (1 + unmetered_share)


def node_power_w(tdp_w: Quantity, node_ratio: Quantity) -> Quantity:
    """Mean power draw of a full server per accelerator.

    Parameters
    ----------
    tdp_w : float or array
        Thermal design power of one visible device. [W]
    node_ratio : float or array
        Power of the server at the wall over the TDP of its accelerators. [1]

    Returns
    -------
    float or array
        Mean power draw, accelerator and host. [W]
    """
    return tdp_w * node_ratio


def it_energy_kwh(count: Quantity, hours: Quantity, accelerator_w: Quantity, host_factor: Quantity) -> Quantity:
    """Energy that the computers drew, accelerators and their host, before PUE.

    Parameters
    ----------
    count : float or array
        Number of accelerators. [1]
    hours : float or array
        Wall-clock time, all identical runs together. [h]
    accelerator_w : float or array
        Mean power draw of one accelerator. [W]
    host_factor : float or array
        Power of the whole node over power of its accelerators. [1]

    Returns
    -------
    float or array
        Energy at the computers' plugs. [kWh]
    """
    return count * hours * accelerator_w * host_factor / W_PER_KW


def cpu_power_w(cores: Quantity, tdp_per_core_w: Quantity, load: Quantity, idle_fraction: Quantity) -> Quantity:
    """Power draw of the cores of a CPU that a run uses.

    Linear between idle and full load. The idle share follows the SPECpower results of 2020-2026, in which a server
    without load draws about 0.22 of what it draws at full load.

    Parameters
    ----------
    cores : float or array
        Cores in use. [1]
    tdp_per_core_w : float or array
        Thermal design power of the CPU over its cores. [W]
    load : float or array
        Mean load of these cores. [1]
    idle_fraction : float or array
        Power without load over power at full load. [1]

    Returns
    -------
    float or array
        Mean power draw. [W]
    """
    return cores * tdp_per_core_w * (idle_fraction + (1 - idle_fraction) * load)


def memory_power_w(memory_gb: Quantity, w_per_gb: Quantity) -> Quantity:
    """Power draw of main memory.

    Parameters
    ----------
    memory_gb : float or array
        Memory that the run holds. [GB]
    w_per_gb : float or array
        Power per capacity. [W/GB]

    Returns
    -------
    float or array
        Power draw. [W]
    """
    return memory_gb * w_per_gb


def facility_energy_kwh(it_energy_kwh: Quantity, pue: Quantity) -> Quantity:
    """Energy that the building drew for the computers. The only place where PUE is applied to energy.

    Parameters
    ----------
    it_energy_kwh : float or array
        Energy at the computers' plugs. [kWh]
    pue : float or array
        Power usage effectiveness: energy of the facility over energy of its IT. [1]

    Returns
    -------
    float or array
        Energy at the facility's meter. [kWh]

    References
    ----------
    ISO/IEC 30134-2, Information technology - Data centres - Key performance indicators - Part 2: PUE.
    """
    return it_energy_kwh * pue


def operational_kg(facility_energy_kwh: Quantity, intensity_g_per_kwh: Quantity) -> Quantity:
    """Location-based emissions of the electricity.

    Parameters
    ----------
    facility_energy_kwh : float or array
        Energy at the facility's meter. [kWh]
    intensity_g_per_kwh : float or array
        Carbon intensity of the grid. [g/kWh]

    Returns
    -------
    float or array
        Emissions. [kg CO2e]

    References
    ----------
    GHG Protocol Scope 2 Guidance (2015), location-based method.
    """
    return facility_energy_kwh * intensity_g_per_kwh / G_PER_KG


def embodied_kg(
    count: Quantity,
    device_kg: Quantity,
    node_share_kg: Quantity,
    hours: Quantity,
    lifetime_hours: Quantity,
    share_of_life_in_use: Quantity,
) -> Quantity:
    """The run's share of making the hardware, by time in use.

    Parameters
    ----------
    count : float or array
        Number of accelerators. [1]
    device_kg : float or array
        Embodied emissions of one accelerator. [kg CO2e]
    node_share_kg : float or array
        Embodied emissions of the rest of the node, per accelerator. [kg CO2e]
    hours : float or array
        Wall-clock time, all identical runs together. [h]
    lifetime_hours : float or array
        Time from installation to retirement. [h]
    share_of_life_in_use : float or array
        Part of that time in which the hardware works for somebody. [1]

    Returns
    -------
    float or array
        Embodied emissions assigned to the run. [kg CO2e]

    References
    ----------
    ISO/IEC 21031:2024, Software Carbon Intensity: M = TE x TS x RS.
    """
    return count * (device_kg + node_share_kg) * hours / (lifetime_hours * share_of_life_in_use)


def water_l(
    it_energy_kwh: Quantity, wue_l_per_kwh: Quantity, pue: Quantity, water_intensity_l_per_kwh: Quantity
) -> Quantity:
    """Water consumed on site and at the power stations.

    WUE is defined per energy of the IT, the water of electricity per energy at the facility's meter.

    Parameters
    ----------
    it_energy_kwh : float or array
        Energy at the computers' plugs. [kWh]
    wue_l_per_kwh : float or array
        Water usage effectiveness of the site. [L/kWh]
    pue : float or array
        Power usage effectiveness. [1]
    water_intensity_l_per_kwh : float or array
        Water consumed per electricity generated. [L/kWh]

    Returns
    -------
    float or array
        Water consumed. [L]

    References
    ----------
    Li, Yang, Islam, Ren (2023), Making AI Less "Thirsty", arXiv:2304.03271.
    """
    return it_energy_kwh * (wue_l_per_kwh + pue * water_intensity_l_per_kwh)


def training_flop(params: Quantity, tokens: Quantity) -> Quantity:
    """Floating-point operations of training a transformer: two forward and four backward per parameter and token.

    Attention over the context comes on top and is small for contexts shorter than about six times the model's width;
    recomputed activations are not counted.

    Parameters
    ----------
    params : float or array
        Parameters that each token passes through; of a mixture of experts only the active ones. [1]
    tokens : float or array
        Tokens trained on, repetitions included. [1]

    Returns
    -------
    float or array
        Operations. [FLOP]

    References
    ----------
    Kaplan et al. (2020), Scaling Laws for Neural Language Models, arXiv:2001.08361.
    Hoffmann et al. (2022), Training Compute-Optimal Large Language Models, arXiv:2203.15556.
    """
    return 6 * params * tokens


def accelerator_hours(flop: Quantity, peak_tflops: Quantity, mfu: Quantity) -> Quantity:
    """Time that one accelerator would need for a training, by how much of its peak the model makes use of.

    Parameters
    ----------
    flop : float or array
        Operations of the model, none of them counted twice. [FLOP]
    peak_tflops : float or array
        Dense peak of one accelerator at the precision of the matrix products. [TFLOP/s]
    mfu : float or array
        Model FLOPs utilization: operations of the model per second over the peak. [1]

    Returns
    -------
    float or array
        Accelerator-hours in total. [h]

    References
    ----------
    Chowdhery et al. (2022), PaLM: Scaling Language Modeling with Pathways, arXiv:2204.02311, appendix B.
    """
    return flop / (peak_tflops * FLOP_PER_TFLOP * mfu * SECONDS_PER_HOUR)


def flops_utilization(flop: Quantity, peak_tflops: Quantity, accelerator_hours: Quantity) -> Quantity:
    """Model FLOPs utilization (MFU) that a training of known length had.

    Parameters
    ----------
    flop : float or array
        Operations of the model, none of them counted twice. [FLOP]
    peak_tflops : float or array
        Dense peak of one accelerator at the precision of the matrix products. [TFLOP/s]
    accelerator_hours : float or array
        Accelerator-hours in total. [h]

    Returns
    -------
    float or array
        Operations of the model per second over the peak. [1]

    References
    ----------
    Chowdhery et al. (2022), PaLM: Scaling Language Modeling with Pathways, arXiv:2204.02311, appendix B.
    """
    return flop / (peak_tflops * FLOP_PER_TFLOP * accelerator_hours * SECONDS_PER_HOUR)
