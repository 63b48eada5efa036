"""Figures: the numbers behind them, and pictures of them as PNG, SVG and PDF."""
