namespace NsCollector.Encode.Telegraf;

/// <summary>Which points a sink with Telegraf's schema receives. Immutable. The defaults are those of Telegraf since 1.18.</summary>
internal sealed record TelegrafOptions
{
    /// <summary>The points for each core, interface or block device (<c>perdevice_include</c> of Telegraf).</summary>
    public TelegrafKinds PerDevice { get; init; } = TelegrafKinds.Cpu;

    /// <summary>The points with totals (<c>total_include</c> of Telegraf).</summary>
    public TelegrafKinds Total { get; init; } = TelegrafKinds.Cpu | TelegrafKinds.Network | TelegrafKinds.Blkio;

    /// <summary>Whether the host's readings are written too, under the names of Telegraf's inputs for the system.</summary>
    public bool Host { get; init; }
}
