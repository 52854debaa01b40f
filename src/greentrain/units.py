"""Units of measure and the few constants that convert between them."""

HOURS_PER_YEAR = 8760.0
"""Hours in a year of 365 days [h]."""

W_PER_KW = 1000.0
"""Watts in a kilowatt [W/kW]."""

G_PER_KG = 1000.0
"""Grams in a kilogram [g/kg]."""

KG_PER_LB = 0.45359237
"""Kilograms in an international avoirdupois pound [kg/lb]."""

SECONDS_PER_HOUR = 3600.0
"""Seconds in an hour [s/h]."""

WATT_SECONDS_PER_KWH = 3.6e6
"""Watt-seconds, which are joules, in a kilowatt-hour [W s/kWh]."""

FLOP_PER_TFLOP = 1e12
"""Floating-point operations in a tera-operation [FLOP/TFLOP]."""
