"""
The work of a numerical script: filters over windows, least squares, masks, sorting, a record array, FFTs.

    numpy_work.py [ROUNDS]

Needs: numpy
"""

import sys

import numpy as np


class Station:
    """What a measuring station sent: one array a channel."""

    def __init__(self, number, random):
        self.number = number
        self.wind = random.normal(5.0, 2.0, 2000)
        self.rain = random.exponential(1.0, 2000)

    def smoothed(self, width):
        return np.convolve(self.wind, np.ones(width) / width, mode="same")

    def calm(self):
        return self.rain[self.wind < 4.0]


def trend(values):
    x = np.arange(len(values), dtype=float)
    slope, start = np.linalg.lstsq(np.vstack([x, np.ones_like(x)]).T, values, rcond=None)[0]
    return slope, start


def table(stations):
    rows = np.zeros(len(stations), dtype=[("number", "i4"), ("wind", "f8"), ("rain", "f8")])
    for row, station in zip(rows, stations):
        row["number"], row["wind"], row["rain"] = station.number, station.wind.mean(), station.calm().sum()
    return np.sort(rows, order="rain")


def one_round(number, stations):
    smooth = np.array([s.smoothed(5 + number % 20) for s in stations])
    slopes = [trend(row)[0] for row in smooth]
    spectrum = np.abs(np.fft.rfft(smooth, axis=1))
    strongest = spectrum[:, 1:].argmax(axis=1) + 1
    grid = np.histogram2d(smooth[0], smooth[-1], bins=16)[0]
    return sum(slopes) + float(strongest.sum()) + float(np.trace(grid @ grid.T)) + float(table(stations)["wind"][0])


def main():
    random = np.random.default_rng(1)
    stations = [Station(i, random) for i in range(40)]
    total = 0.0
    for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 30):
        total += one_round(number, stations)
    print(f"{total:.6f}")


if __name__ == "__main__":
    main()
