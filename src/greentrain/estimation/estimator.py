"""The estimate: resolve the request, apply the formulas, carry the intervals and sources along."""

from os import PathLike

from greentrain.catalogue import Catalogue, Location, load_catalogue
from greentrain.estimation.devices import find_devices
from greentrain.estimation.embodied import embodied
from greentrain.estimation.grid import GridChoice
from greentrain.estimation.plausibility import plausibility_warnings
from greentrain.estimation.power import draw
from greentrain.estimation.request import Request
from greentrain.estimation.resolved_run import ResolvedRun
from greentrain.estimation.result import Estimate
from greentrain.estimation.site import choose_site, find_location
from greentrain.estimation.training_flops import find_compute
from greentrain.footprint import SiteFactors, footprint
from greentrain.interval import with_relative_width


def estimate(
    gpu: str | None = None,
    *,
    count: int | None = None,
    hours: float | None = None,
    gpu_hours: float | None = None,
    instance: str | None = None,
    power: float | None = None,
    utilization: float | None = None,
    workload: str | None = None,
    host_factor: float | None = None,
    host_power: float | None = None,
    cpu: str | None = None,
    cpu_cores: float | None = None,
    memory_gb: float | None = None,
    location: str | None = None,
    year: int | None = None,
    grid_intensity: float | None = None,
    pue: float | None = None,
    site: str | None = None,
    runs: int | None = None,
    seeds: int | None = None,
    failed_share: float | None = None,
    params: float | str | None = None,
    tokens: float | str | None = None,
    active_params: float | str | None = None,
    flops: float | str | None = None,
    architecture: str | None = None,
    precision: str | None = None,
    mfu: float | None = None,
    profiles: str | PathLike[str] | None = None,
) -> Estimate:
    """Estimate energy, emissions and water of a training run from what is known of it.

    Parameters
    ----------
    gpu : str, optional
        Accelerator by id, alias or driver name; ``8xA100`` counts too.
    count : int, optional
        Number of accelerators, or of instances. Default 1. [1]
    hours : float, optional
        Wall-clock time of one run. [h]
    gpu_hours : float, optional
        Accelerator-hours in total, instead of ``hours``. [h]
    instance : str, optional
        Cloud instance type, instead of ``gpu``.
    power : float, optional
        Measured mean power of one accelerator. [W]
    utilization : float, optional
        Mean power draw over TDP; without accelerators, mean load of the cores. [1]
    workload : {'pretraining', 'finetuning', 'inference-like', 'small'}, optional
        Kind of training, for a closer default of the utilization; ``small`` does not fill the device.
    host_factor : float, optional
        Power of the whole node over power of its accelerators. [1]
    host_power : float, optional
        Mean power of the host (CPUs, memory, fans, losses) per accelerator, instead of ``host_factor``. [W]
    cpu : str, optional
        CPU model. With it, or with ``cpu_cores``, the host is the sum of its parts and no host factor is used.
    cpu_cores : float, optional
        Cores that the run used, all nodes together. [1]
    memory_gb : float, optional
        Main memory that the run used, all nodes together. [GB]
    location : str, optional
        Country, part of a country or cloud region: ``FR``, ``US-CA``, ``aws:us-east-1``.
    year : int, optional
        Year of the run.
    grid_intensity : float, optional
        Carbon intensity of the electricity, instead of the place's. [g CO2e/kWh]
    pue : float, optional
        Power usage effectiveness of the facility. [1]
    site : {'datacentre', 'workstation'}, optional
        Kind of site; a workstation has PUE 1.
    runs : int, optional
        Number of identical runs. Default 1. [1]
    seeds : int, optional
        How often each of them was repeated with another seed: a sweep takes the energy of all. Default 1. [1]
    failed_share : float, optional
        Failed runs over all that were started, which take energy too; counted whole. Default 0. [1]
    params : float or str, optional
        Parameters of a language model, ``8e9`` or ``"8B"``. With ``tokens`` they give the accelerator-hours, or the
        model FLOPs utilization where hours are given. [1]
    tokens : float or str, optional
        Tokens that the model was trained on, ``15e12`` or ``"15T"``. [1]
    active_params : float or str, optional
        Parameters that each token passes through, of a mixture of experts. [1]
    flops : float or str, optional
        Operations of the training, instead of ``params`` and ``tokens``. [FLOP]
    architecture : {'decoder-only', 'encoder-only', 'encoder-decoder'}, optional
        Of the model, where ``params`` are given: each token passes half of an encoder-decoder, which counts half.
    precision : {'bf16', 'fp16', 'fp32', 'fp8'}, optional
        Precision of the matrix products; bf16 where its peak is known. fp16 has the same peak.
    mfu : float, optional
        Model FLOPs utilization: operations of the model per second over the dense peak. [1]
    profiles : path, optional
        Folder of your own profiles, in the schema of the shipped ones.

    Returns
    -------
    Estimate
        Intervals, inputs with their sources, and notes.

    Raises
    ------
    InputError
        If an argument is invalid; the message names the parameter, the value, the rule and the nearest choice.
    DataError
        If a file of your profiles breaks a rule.

    Examples
    --------
    >>> run = estimate("V100", count=64, hours=79.2, power=188.1486, host_factor=1, pue=1.58, grid_intensity=432.73)
    >>> round(run.facility_energy_kwh.best, 1), round(run.operational_kg.best, 1)
    (1506.8, 652.0)
    """
    request = Request(
        gpu=gpu, count=count, hours=hours, gpu_hours=gpu_hours, instance=instance, power=power,
        utilization=utilization, workload=workload, host_factor=host_factor, host_power=host_power, cpu=cpu,
        cpu_cores=cpu_cores, memory_gb=memory_gb, location=location, year=year, grid_intensity=grid_intensity,
        pue=pue, site=site, runs=runs, seeds=seeds, failed_share=failed_share, params=params, tokens=tokens,
        active_params=active_params, flops=flops, architecture=architecture, precision=precision, mfu=mfu,
    )  # fmt: skip
    return _estimated(load_catalogue(profiles), request)


def _estimated(catalogue: Catalogue, request: Request) -> Estimate:
    devices = None
    if request.has_accelerators:
        devices = find_devices(catalogue, request.gpu, request.instance, request.count)
    provider = devices.instance.provider if devices and devices.instance else ""
    place = find_location(catalogue, request.location, provider)
    compute = find_compute(catalogue, request, devices)
    run = ResolvedRun(request, devices, compute)
    energy = draw(catalogue, request, devices, run.all_hours)
    making, making_inputs = embodied(catalogue, request, devices, run.all_hours)
    if compute is not None and compute.hours is not None:
        energy = energy._replace(
            it_energy_kwh=with_relative_width(energy.it_energy_kwh.best, energy.it_energy_kwh, compute.hours)
        )
        making = with_relative_width(making.best, making, compute.hours)
    choice, site = _site(catalogue, request, place, provider, run)
    implied, doubts = compute.notes(run.accelerator_hours) if compute else ((), ())
    found = footprint(
        energy.it_energy_kwh,
        energy.accelerators_kwh,
        site,
        embodied_kg=making,
        inputs=(*run.inputs, *energy.inputs, *site.of_energy, *making_inputs, *site.of_water),
        basis="estimated",
        notes=(*run.notes, *energy.notes, *site.notes, *implied),
        warnings=(*doubts, *plausibility_warnings(catalogue, request, devices, run)),
    )
    return Estimate(run.described(place, choice), found, catalogue, run.known_hours, energy.of_accelerators)


def _site(
    catalogue: Catalogue, request: Request, place: Location | None, provider: str, run: ResolvedRun
) -> tuple[GridChoice | None, SiteFactors]:
    return choose_site(
        catalogue,
        place,
        provider,
        run.known_hours,
        grid_intensity=request.grid_intensity,
        grid_year=request.year,
        year=request.year,
        pue=request.pue,
        kind=request.site,
        device=run.devices.profile if run.devices else None,
    )
