"""Estimates of AWS costs, from list prices and measurements."""
