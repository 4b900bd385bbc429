// The discrete Fourier transform of any length, for DFT and STFT.
#pragma once

#include <complex>
#include <vector>

namespace ingot {

/// The transform of all values; `inverse` also divides by the length. Lengths with small prime
/// factors take n log n steps.
std::vector<std::complex<double>> fourier_transform(const std::vector<std::complex<double>>& values,
                                                    bool inverse);

}  // namespace ingot
