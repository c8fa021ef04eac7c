using System.Globalization;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>
/// A test file of promtool: series of a real page go on at their rate for an hour, so that the rules are evaluated with the times that
/// they have. (prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules)
/// </summary>
/// <param name="rulesFile">The name of the rules' file, beside this one.</param>
internal sealed class RulesTest(string rulesFile)
{
    private const int StepSeconds = 30, Steps = 120;

    // Sums of such numbers are exact in binary, so that promtool can compare for equality.
    private const double Unit = 1.0 / 1024;

    private readonly List<string> _series = [], _expectations = [];

    /// <summary>Adds a series that goes on at its rate, or stays at its last value.</summary>
    /// <returns>The increase in a second, exactly as in the test; 0 for a gauge.</returns>
    public double Add(RangeSeries series)
    {
        bool isCounter = series.Name.EndsWith("_total", StringComparison.Ordinal);
        double step = isCounter ? Exact(series.Rate * StepSeconds) : 0;
        _series.Add($"      - series: '{series.Name}{series.Labels.Replace("'", "''", StringComparison.Ordinal)}'\n        values: '{Text(Exact(series.Last))}+{Text(step)}x{Steps}'\n");
        return step / StepSeconds;
    }

    /// <summary>Adds a series that does not exist on the page now.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="labels">Its labels.</param>
    /// <param name="values">Its values in the notation of promtool: <c>1+0x120</c>.</param>
    public void Add(string name, string labels, string values) => _series.Add($"      - series: '{name}{labels}'\n        values: '{values}'\n");

    /// <summary>Expects the single value of an expression without labels.</summary>
    public void Expect(string expression, string time, double? value)
    {
        string samples = value is { } one ? $"\n          - labels: '{{}}'\n            value: {Text(one)}\n" : " []\n";
        _expectations.Add($"      - expr: '{expression}'\n        eval_time: {time}\n        exp_samples:{samples}");
    }

    /// <inheritdoc/>
    public override string ToString() => $"rule_files: [ '{rulesFile}' ]\nevaluation_interval: {StepSeconds}s\ntests:\n  - interval: {StepSeconds}s\n    input_series:\n"
        + string.Concat(_series) + "    promql_expr_test:\n" + string.Concat(_expectations);

    private static double Exact(double value) => Math.Round(value / Unit) * Unit;

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
