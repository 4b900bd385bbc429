"""Benchmarks of Ingot and the models that they and the tests run on."""
