using System.Globalization;
using System.Text;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Sample;

namespace NsCollector.Encode.Table;

/// <summary>
/// Writes a cycle as a table: one line for each container, the busiest first. Rates are relative to the previous cycle.
/// A number that was not read is shown as <c>-</c>, never as 0.
/// </summary>
internal sealed class TableRenderer : ISampleConsumer
{
    private static readonly string[] Head =
        ["CONTAINER", "RUNTIME", "STATE", "CPU %", "LIMIT", "MEMORY", "LIMIT", "MEM %", "PIDS", "RX/s", "TX/s", "READ/s", "WRITE/s", "TCP", "RETR/s"];

    private readonly TextWriter _output;
    private readonly Dictionary<long, Totals> _before = [];
    private readonly List<(double Cpu, string Name, string[] Cells)> _lines = [];

    /// <summary>Makes a renderer.</summary>
    /// <param name="output">Where the table goes.</param>
    public TableRenderer(TextWriter output) => _output = output;

    /// <summary>Whether cycles are only recorded, not shown: for the first cycle, from which the rates of the next one are computed.</summary>
    public bool Silent { get; set; }

    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers) => _lines.Clear();

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
        var now = new Totals(
            sample.TimestampNs,
            SumOut(sample.Interfaces, Reading.NetworkRxBytes),
            SumOut(sample.Interfaces, Reading.NetworkTxBytes),
            sample.DeviceTotals.ReadBytes,
            sample.DeviceTotals.WriteBytes,
            Optional(sample.Protocols, Reading.TcpRetransSegs));
        _before.TryGetValue(container.Key, out Totals? before);
        _before[container.Key] = now;
        if (Silent) return;

        ReadingSet scalars = sample.Scalars;
        double seconds = before is null ? 0 : (now.TimestampNs - before.TimestampNs) / 1e9;
        string Rate(long? later, long? earlier, bool bytes)
        {
            if (later is not { } l || earlier is not { } e || seconds <= 0 || l < e) return "-";
            return bytes ? Bytes((l - e) / seconds) : Decimal((l - e) / seconds);
        }

        string name = Printable(container.Identity.DisplayName);
        _lines.Add((
            scalars.Has(Reading.CpuUsagePercent) ? scalars.GetDouble(Reading.CpuUsagePercent) : -1,
            name,
            [
                name,
                RuntimeTag.Value(container.Identity.Runtime),
                sample.State == ContainerState.Unknown ? "-" : sample.State.ToString().ToLowerInvariant(),
                Percent(scalars, Reading.CpuUsagePercent),
                Cores(scalars),
                Bytes(Optional(scalars, Reading.MemoryWorkingSetBytes)),
                Bytes(Optional(scalars, Reading.MemoryEffectiveLimitBytes) ?? Optional(scalars, Reading.MemoryLimitBytes)),
                Percent(scalars, Reading.MemoryUsagePercent),
                Number(Optional(scalars, Reading.PidsCurrent)),
                Rate(now.Rx, before?.Rx, bytes: true),
                Rate(now.Tx, before?.Tx, bytes: true),
                Rate(now.Read, before?.Read, bytes: true),
                Rate(now.Write, before?.Write, bytes: true),
                Number(Optional(sample.Protocols, Reading.TcpCurrEstab)),
                Rate(now.Retransmitted, before?.Retransmitted, bytes: false),
            ]));
    }

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report)
    {
        if (Silent) return;
        _lines.Sort((a, b) => a.Cpu != b.Cpu ? b.Cpu.CompareTo(a.Cpu) : string.CompareOrdinal(a.Name, b.Name));
        int[] widths = new int[Head.Length];
        for (int column = 0; column < Head.Length; column++)
        {
            widths[column] = _lines.Select(line => line.Cells[column].Length).Append(Head[column].Length).Max();
        }

        Line(Head, widths);
        foreach ((_, _, string[] cells) in _lines) Line(cells, widths);
        _output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{report.Containers} containers, {report.NetworkNamespaces} network namespaces, read in {report.CycleNs / 1e6:0.0} ms"));
        _output.Flush();
    }

    private void Line(string[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (int column = 0; column < cells.Length; column++)
        {
            // Names to the left, numbers to the right.
            line.Append(column < 3 ? cells[column].PadRight(widths[column]) : cells[column].PadLeft(widths[column])).Append("  ");
        }

        _output.WriteLine(line.ToString().TrimEnd());
    }

    private static long? Optional(ReadingSet set, Reading reading) => set.TryGet(reading, out long value) ? value : null;

    private static long? SumOut(RowTable rows, Reading reading) => rows.TrySum(reading, out long sum, onlyOut: true) ? sum : null;

    private static string Percent(ReadingSet set, Reading reading) => set.Has(reading) ? Decimal(set.GetDouble(reading)) : "-";

    // The effective limit, as the percentages of memory refer to it.
    private static string Cores(ReadingSet set) =>
        set.Has(Reading.CpuEffectiveLimitCores) ? Decimal(set.GetDouble(Reading.CpuEffectiveLimitCores))
        : set.Has(Reading.CpuLimitCores) ? Decimal(set.GetDouble(Reading.CpuLimitCores)) : "-";

    private static string Decimal(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Bytes(double? value)
    {
        if (value is not { } bytes) return "-";
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        int unit = 0;
        while (bytes >= 1024 && unit < units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return bytes.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + units[unit];
    }

    /// <summary>Makes a name safe: no control characters, and at most 40 characters.</summary>
    private static string Printable(string name)
    {
        var printable = new StringBuilder();
        foreach (Rune rune in name.EnumerateRunes())
        {
            if (printable.Length >= 40)
            {
                printable.Append('…');
                break;
            }

            bool steers = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
            printable.Append(steers ? "\ufffd" : rune.ToString());
        }

        return printable.ToString();
    }

    private sealed record Totals(long TimestampNs, long? Rx, long? Tx, long? Read, long? Write, long? Retransmitted);
}
