using Microsoft.Extensions.Logging;
using NsCollector.Deliver;
using NsCollector.Deliver.Spool;
using NsCollector.Host.Check;

namespace NsCollector.Host;

/// <summary>How the host creates, checks and logs the sinks of one section; a row of <see cref="SinkKinds"/>.</summary>
internal sealed record SinkKind
{
    /// <summary>The section's name, before the colon.</summary>
    internal required string Section { get; init; }

    /// <summary>The type of its options.</summary>
    internal required Type Options { get; init; }

    /// <summary>Creates a sink, which starts with <see cref="ISink.Start"/>.</summary>
    internal required Func<SinkOptions, Parts, ISink> Create { get; init; }

    /// <summary>The findings of <c>nscollector check</c>.</summary>
    internal required Func<SinkOptions, IEnumerable<Finding>> Check { get; init; }

    /// <summary>The target, for the log.</summary>
    internal required Func<SinkOptions, string> Target { get; init; }

    /// <summary>Whether it uses the spool.</summary>
    internal bool UsesSpool { get; init; }

    /// <summary>Creates a row for options of type <typeparamref name="T"/>.</summary>
    internal static SinkKind Of<T>(string section, Func<T, Parts, ISink> create, Func<T, IEnumerable<Finding>> check, Func<T, string> target)
        where T : SinkOptions => new()
        {
            Section = section,
            Options = typeof(T),
            Create = (options, parts) => create((T)options, parts),
            Check = options => check((T)options),
            Target = options => target((T)options),
        };

    /// <summary>What the sinks of an agent share, and the logger of one.</summary>
    /// <param name="Spool">The section <c>[spool]</c>.</param>
    /// <param name="SpoolLock">The spool's lock; null without a spool.</param>
    /// <param name="Logger">The sink's logger, named <c>SECTION:NAME</c>.</param>
    internal sealed record Parts(SpoolOptions Spool, SpoolLock? SpoolLock, ILogger Logger);
}
