"""A training in JAX as one run; compiling, which costs energy too, is a span of its own."""

import jax
import jax.numpy as jnp

import greentrain


@jax.jit
def step(weights: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    """Go one step down the gradient of the squared error."""
    return weights - 0.1 * jax.grad(lambda w: jnp.mean((x @ w - y) ** 2))(weights)


x = jax.random.normal(jax.random.key(1), (2_000, 20))
y = x @ jnp.arange(20.0)
weights = jnp.zeros(20)

with greentrain.track("regression", location="FR") as run:
    with run.span("compile"):
        weights = step(weights, x, y).block_until_ready()  # JAX answers before it has computed: wait inside the run
    with run.span("train"):
        for _ in range(500):
            weights = step(weights, x, y)
        weights.block_until_ready()

print(run)
