"""Generates C++ models, parameter binding and a routing table from an OpenAPI 3.0 description."""
