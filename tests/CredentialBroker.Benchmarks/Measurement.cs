namespace CredentialBroker.Benchmarks;

/// <summary>
/// Repeated readings of one quantity, or of a subject against a baseline. Medians, because other work shares the
/// machine; a subject is always read between two readings of its baseline, because the machine's speed drifts.
/// </summary>
internal static class Measurement
{
    public static double Median(IEnumerable<double> values) => Percentile(values, 0.5);

    /// <summary>The value below which the given fraction lies, interpolated.</summary>
    public static double Percentile(IEnumerable<double> values, double fraction)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            return double.NaN;
        }

        var rank = fraction * (sorted.Length - 1);
        var below = (int)rank;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((rank - below) * (sorted[above] - sorted[below]));
    }

    /// <summary>(largest - smallest) / median: how far readings of the same thing lie apart.</summary>
    public static double Spread(IReadOnlyCollection<double> values) => (values.Max() - values.Min()) / Median(values);

    public static async Task<Series> RepeatAsync(int rounds, Func<Task<double>> read)
    {
        var values = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            values.Add(await read());
        }

        return new Series(values);
    }

    /// <summary>Reads baseline, subject, baseline in every round; a round's ratio is the subject to the mean of its two baselines.</summary>
    public static async Task<Comparison> InterleaveAsync(int rounds, Func<Task<double>> baseline, Func<Task<double>> subject) =>
        (await InterleaveAsync(rounds, async () => [await baseline()], async () => [await subject()]))[0];

    /// <summary>The same for readings of several quantities at once: one comparison for each.</summary>
    public static async Task<Comparison[]> InterleaveAsync(int rounds, Func<Task<double[]>> baseline, Func<Task<double[]>> subject)
    {
        var read = new List<(double[] Before, double[] Between, double[] After)>();
        for (var round = 0; round < rounds; round++) read.Add((await baseline(), await subject(), await baseline()));
        return
        [
            .. Enumerable.Range(0, read[0].Between.Length).Select(i => new Comparison(
                new Series([.. read.SelectMany(r => new[] { r.Before[i], r.After[i] })]),
                new Series([.. read.Select(r => r.Between[i])]),
                new Series([.. read.Select(r => r.Between[i] / ((r.Before[i] + r.After[i]) / 2))]))),
        ];
    }
}

internal sealed record Series(IReadOnlyList<double> Values)
{
    public double Median => Measurement.Median(Values);

    public double Spread => Measurement.Spread(Values);
}

/// <param name="Ratio">Subject to baseline, one value per round.</param>
internal sealed record Comparison(Series Baseline, Series Subject, Series Ratio);
