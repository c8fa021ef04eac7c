using System.Collections.Immutable;
using NsCollector.Catalogue;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Telemetry;

namespace NsCollector.Encode.Prometheus;

/// <summary>
/// Formats the samples of one cycle as a Prometheus page, piece by piece, so that the complete page is never in memory. For one page
/// at a time. A reused object allocates nothing.
/// </summary>
internal sealed partial class MetricsPage
{
    private const int BufferBytes = 64 << 10;

    // The buffer must hold a family's head, or one line. The labels of a container and the keys of a row are bounded.
    private const int MaxLineBytes = 32 << 10;
    private const int MaxKeyBytes = 1024;

    private readonly PageForm _form;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private LatestCycle _cycle;
    private MachineSeries? _machine;
    private PageFormat _format;
    private int _at;

    // The position in the page: family, owner, source, row, and whether the family's head was written.
    private int _family, _owner, _source, _row, _machineFamily;
    private bool _hasHead, _isEnded, _isNamedByMount;

    /// <param name="form">The series and their labels, shared by all pages of one path.</param>
    internal MetricsPage(PageForm form) => _form = form;

    /// <summary>Begins a page.</summary>
    /// <param name="cycle">The samples; they must not change until the page ends.</param>
    /// <param name="format">The format.</param>
    /// <param name="machine">The machine's hardware; null to leave it out.</param>
    internal void Begin(LatestCycle cycle, PageFormat format, MachineSeries? machine = null)
    {
        _cycle = cycle;
        _machine = machine;
        _format = format;
        _family = _owner = _source = _row = _machineFamily = 0;
        _hasHead = _isEnded = false;
        _form.Labels.Trim(cycle.Containers.Length + cycle.Exits.Length);
    }

    /// <summary>The next piece of the page, in complete lines, valid until the next call; empty at the end.</summary>
    internal ReadOnlyMemory<byte> Next()
    {
        _at = 0;
        while (_family < _form.Families.Length)
        {
            if (!WriteFamily(_form.Families[_family])) return _buffer.AsMemory(0, _at);
            _family++;
            _owner = 0;
            _hasHead = false;
        }

        if (!WriteMachine()) return _buffer.AsMemory(0, _at);
        if (_isEnded) return default;
        _isEnded = true;
        Write(_form.Constants);
        if (_format == PageFormat.OpenMetrics) Write("# EOF\n"u8);
        return _buffer.AsMemory(0, _at);
    }

    /// <returns>False if the buffer is full.</returns>
    private bool WriteMachine()
    {
        if (_machine is null) return true;
        for (; _machineFamily < _machine.Families.Length; _machineFamily++)
        {
            (byte[] head, ImmutableArray<byte[]> lines) = _machine.Families[_machineFamily];
            for (; _row < lines.Length; _row++)
            {
                if (!HasRoom()) return false;
                if (_row == 0) Write(head);
                Write(lines[_row]);
            }

            _row = 0;
        }

        return true;
    }

    /// <returns>True if the family is complete; false if the buffer is full.</returns>
    private bool WriteFamily(PageFamily family)
    {
        if (_cycle.Agent is null) return true;
        int owners = family.Owner switch
        {
            PageOwner.Container => _cycle.Containers.Length + (family.HasExits ? _cycle.Exits.Length : 0),
            PageOwner.Exit => _cycle.Exits.Length,
            PageOwner.Sink => _cycle.Agent.Sinks.Length,
            _ => 1,
        };
        for (; _owner < owners; _owner++)
        {
            bool isWhole = family.Owner switch
            {
                PageOwner.Container when _owner < _cycle.Containers.Length => WriteContainer(family, _cycle.Containers[_owner]),
                PageOwner.Container => WriteExit(family, _cycle.Exits[_owner - _cycle.Containers.Length]),
                PageOwner.Exit => WriteExit(family, _cycle.Exits[_owner]),
                PageOwner.Host => WriteHost(family),
                PageOwner.Agent => WriteAgent(family, _cycle.Agent, default),
                _ => WriteAgent(family, _cycle.Agent.Sinks[_owner], _cycle.Agent.Sinks[_owner].NameUtf8),
            };
            if (!isWhole) return false;
            _source = 0;
        }

        return true;
    }

    private bool WriteContainer(PageFamily family, LatestContainer latest)
    {
        if (_cycle.SampleOf(latest) is not { } sample) return true;
        byte[] labels = _form.Labels.Of(latest.Container);
        bool isRoot = latest.Container is { IsParent: true, CgroupPath: "/" };
        for (; _source < family.Sources.Length; _source++)
        {
            PageSource source = family.Sources[_source];
            bool isWhole = true;
            if (source.Time != PageTime.None) isWhole = WriteTime(family, source, labels, latest, sample.TimestampNs);
            else if (source.TcpDetail >= 0) isWhole = WriteTcpDetail(family, source, labels, sample);
            else if (isRoot && RootRows.Of(_cycle.Host, source.Part) is { } host) isWhole = WriteRowsOfRoot(family, source, labels, host);
            else if (sample.SetOf(source.Part) is { } set) isWhole = WriteSet(family, source, labels, set, sample.TimestampNs, sample.HasCpuWeight);
            else if (sample.RowsOf(source.Part) is { } rows) isWhole = WriteRows(family, source, labels, rows, sample.TimestampNs);
            if (!isWhole) return false;
        }

        return true;
    }

    private bool WriteRowsOfRoot(PageFamily family, PageSource source, byte[] labels, RowTable rows)
    {
        for (; _row < rows.Count; _row++)
        {
            Row row = rows[_row];
            if (!RootRows.IsShown(row, source.Part)) continue;
            _isNamedByMount = source.IsOfRoot && RootRows.IsNamedByMount(rows, _row);
            if (!WriteSeries(family, source, labels, row.Readings, row, _cycle.Host.TimestampNs)) return false;
        }

        _row = 0;
        return true;
    }

    private bool WriteExit(PageFamily family, KeptExit exit)
    {
        // The series that it shares with a live container would be on the page twice.
        if (family.Owner == PageOwner.Container && exit.HasSuccessor) return true;
        byte[] labels = _form.Labels.Of(exit.Container);
        for (; _source < family.Sources.Length; _source++)
        {
            PageSource source = family.Sources[_source];
            if (source.Part != SamplePart.Exit) continue;
            bool isWhole = source.Time == PageTime.Exited
                ? WriteValue(family, labels, source, source.Label, exit.TimestampNs, null, exit.TimestampNs)
                : WriteSet(family, source, labels, exit.Readings, exit.TimestampNs);
            if (!isWhole) return false;
        }

        return true;
    }

    private bool WriteTime(PageFamily family, PageSource source, byte[] labels, LatestContainer latest, long timestampNs)
    {
        long? ns = source.Time == PageTime.Created ? latest.Container.Birth?.RealtimeNs : timestampNs;
        return ns is null || WriteValue(family, labels, source, source.Label, ns.Value, null, timestampNs);
    }

    private bool WriteHost(PageFamily family)
    {
        byte[] labels = family.IsOfMachine ? _form.MachineLabels : [];
        for (; _source < family.Sources.Length; _source++)
        {
            PageSource source = family.Sources[_source];
            if (source.Time != PageTime.None)
            {
                if (_cycle.Host.TimestampNs > 0 && !WriteValue(family, labels, source, source.Label, _cycle.Host.TimestampNs, null, _cycle.Host.TimestampNs)) return false;
                continue;
            }

            bool isOfHardware = family.IsOfMachine && _cycle.Host.TimestampNs == 0;
            if ((isOfHardware ? _machine?.SetOf(source.Part) : _cycle.Host.SetOf(source.Part)) is { } set)
            {
                if (!WriteSet(family, source, labels, set, _cycle.Host.TimestampNs)) return false;
            }
            else if (_cycle.Host.RowsOf(source.Part) is { } rows && !WriteRows(family, source, labels, rows, _cycle.Host.TimestampNs))
            {
                return false;
            }
        }

        return true;
    }

    private bool WriteAgent(PageFamily family, AgentSnapshot snapshot, ReadOnlySpan<byte> sink)
    {
        for (; _source < family.Sources.Length; _source++)
        {
            PageSource source = family.Sources[_source];
            if ((snapshot.PresentFrom((AgentReading)source.Index) & 1) == 0) continue;
            if (!HasRoom()) return false;
            BeginLine(family);
            int labels = _at;
            if (!sink.IsEmpty) WriteLabel("sink"u8, sink, isFirst: true);
            EndLine(family, source, snapshot.Values[source.Index], 0, hasLabels: _at > labels);
        }

        return true;
    }

    private bool WriteRows(PageFamily family, PageSource source, byte[] labels, RowTable rows, long timestampNs)
    {
        for (; _row < rows.Count; _row++)
        {
            Row row = rows[_row];
            if (source.Row is not null && !row.Key.SequenceEqual(source.Row)) continue;
            if (!WriteSeries(family, source, labels, row.Readings, row, timestampNs)) return false;
        }

        _row = 0;
        return true;
    }

    private bool WriteSet(PageFamily family, PageSource source, byte[] labels, ReadingSet set, long timestampNs, bool hasCpuWeight = false) =>
        WriteSeries(family, source, labels, set, null, timestampNs, hasCpuWeight);

    /// <returns>False if the buffer is full.</returns>
    private bool WriteSeries(PageFamily family, PageSource source, byte[] labels, ReadingSet set, Row? row, long timestampNs, bool hasCpuWeight = false)
    {
        if (source.OnlyWith >= 0 && !set.Has((Reading)source.OnlyWith)) return true;
        byte[] label = source.Label;
        if (source.Index < 0) return row is null || row.Text(source.TextIndex).IsEmpty || WriteValue(family, labels, source, label, 1, row, timestampNs);
        if (set.TryGet((Reading)source.Index, out long value))
        {
            if (source.WordLabels.Length > 0)
            {
                if ((ulong)value >= (ulong)source.WordLabels.Length) return true;
                label = source.WordLabels[value];
                value = 1;
            }
            else if (source.Values.Length > 0)
            {
                if ((ulong)value >= (ulong)source.Values.Length) return true;
                value = source.Values[value];
            }
            else if (source.SubtractedFrom >= 0)
            {
                if (!set.TryGet((Reading)source.SubtractedFrom, out long whole)) return true;
                value = whole - value;
            }
            else if (source.Added >= 0 && !set.Has(source.NotAddedWith))
            {
                if (!set.TryGet((Reading)source.Added, out long added)) return true;
                value += added;
            }
            else if (source.IsCpuShares && hasCpuWeight)
            {
                value = CpuWeight.ToShares(value);
            }
        }
        else if (source.IfAbsent is { } instead)
        {
            value = instead;
        }
        else
        {
            return true;
        }

        return WriteValue(family, labels, source, label, value / source.Divisor, row, timestampNs);
    }

    /// <returns>False if the buffer is full.</returns>
    private bool WriteValue(PageFamily family, byte[] labels, PageSource source, byte[] label, long value, Row? row, long timestampNs)
    {
        if (!HasRoom()) return false;
        BeginLine(family);
        bool isFirst = labels.Length == 0 && label.Length == 0;
        if (!isFirst)
        {
            _buffer[_at++] = (byte)'{';
            Write(labels);
            if (labels.Length > 0 && label.Length > 0) _buffer[_at++] = (byte)',';
            Write(label);
        }

        if (row is not null) isFirst = WriteRowLabels(source, row, isFirst);
        EndLine(family, source, value, timestampNs, !isFirst);
        return true;
    }

    private bool WriteRowLabels(PageSource source, Row row, bool isFirst)
    {
        for (int i = 0; i < source.RowLabels.Length; i++)
        {
            ReadOnlySpan<byte> key = source.IsOfRoot && !_isNamedByMount ? row.MoreKey(0) : i == 0 ? row.Key : row.MoreKey(i - 1);
            if (key.IsEmpty) continue;
            WriteLabel(source.RowLabels[i], key, isFirst, source.IsDevice ? "/dev/"u8 : default);
            isFirst = false;
        }

        if (source.TextIndex >= 0 && row.Text(source.TextIndex) is { IsEmpty: false } text)
        {
            WriteLabel(source.TextName, text, isFirst);
            isFirst = false;
        }

        if (!source.HasDeviceNumbers || row.Number == 0) return isFirst;

        WriteNumberLabel(",major=\""u8, row.Major);
        WriteNumberLabel(",minor=\""u8, row.Minor);
        return false;
    }

    private void WriteNumberLabel(ReadOnlySpan<byte> begin, long number)
    {
        Write(begin);
        _at += PrometheusText.WriteDecimal(number, 0, _buffer.AsSpan(_at));
        _buffer[_at++] = (byte)'"';
    }

    private bool HasRoom() => _buffer.Length - _at >= MaxLineBytes;

    private void BeginLine(PageFamily family)
    {
        if (!_hasHead) Write(_format == PageFormat.OpenMetrics ? family.OpenMetricsHead : family.Head);
        _hasHead = true;
        Write(family.NameBytes);
    }

    private void WriteLabel(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool isFirst, ReadOnlySpan<byte> prefix = default)
    {
        _buffer[_at++] = isFirst ? (byte)'{' : (byte)',';
        Write(name);
        Write("=\""u8);
        Write(prefix);
        _at += PrometheusText.WriteValue(value.Length > MaxKeyBytes ? value[..MaxKeyBytes] : value, _buffer.AsSpan(_at));
        _buffer[_at++] = (byte)'"';
    }

    private void EndLine(PageFamily family, PageSource source, long value, long timestampNs, bool hasLabels)
    {
        if (hasLabels) _buffer[_at++] = (byte)'}';
        _buffer[_at++] = (byte)' ';
        Span<byte> free = _buffer.AsSpan(_at);
        _at += source.IsFloat ? NumberText.WriteFloat(BitConverter.Int64BitsToDouble(value), free)
            : source.IsWhole ? PrometheusText.WriteDecimal(value / 1_000_000_000, 0, free)
            : PrometheusText.WriteDecimal(value, source.Decimals, free);
        if (timestampNs > 0 && _form.HasTimestamps && family.HasTimestamps)
        {
            _buffer[_at++] = (byte)' ';

            // OpenMetrics has seconds, the text format milliseconds.
            long milliseconds = timestampNs / 1_000_000;
            _at += PrometheusText.WriteDecimal(milliseconds, _format == PageFormat.OpenMetrics ? 3 : 0, _buffer.AsSpan(_at));
        }

        _buffer[_at++] = (byte)'\n';
    }

    private void Write(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_buffer.AsSpan(_at));
        _at += text.Length;
    }
}
