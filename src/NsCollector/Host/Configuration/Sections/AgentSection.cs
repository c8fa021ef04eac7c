using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NsCollector.Encode;
using NsCollector.Host.Configuration.Values;
using NsCollector.Host.Logging;
using NsCollector.Sample;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[agent]</c>.</summary>
internal static class AgentSection
{
    internal static ConfigurationSection Section { get; } = new("agent", false, "The agent as a whole.");

    private static readonly SectionKeys<SampleOptions> Sample = new(Section, (draft, _) => draft.Sample, (draft, _, options) => draft.Sample = options);
    private static readonly SectionKeys<EncodeOptions> Encode = new(Section, (draft, _) => draft.Encode, (draft, _, options) => draft.Encode = options);
    private static readonly SectionKeys<LogOptions> Log = new(Section, (draft, _) => draft.Log, (draft, _, options) => draft.Log = options);

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Sample.Key("interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)), s => s.Interval, (s, v) => s with { Interval = v },
            "Time from the start of one cycle to the start of the next."),
        Sample.Key("peaks", new DurationValue(TimeSpan.FromMilliseconds(20), TimeSpan.FromHours(1), zeroWord: "off"), s => s.Peaks, (s, v) => s with { Peaks = v },
            "How often CPU usage, throttling and memory are read between two samples. Each point then also has the highest values since the one before it: usage_percent_max, throttled_percent_max, usage_bytes_max. Needs up to three open files per container, or with `cgroup.reader = bpf` on cgroup v1 none. Must be shorter than the interval."),
        Encode.Text("host", new TextValue("a name of at most 255 characters", 255), (e, v) => e with { Host = v },
            "The value of the tag `host` on every point.", "the host's name up to the first dot, read again on reload", "node-1"),
        Sample.Key("align", new SwitchValue(), s => s.Align, (s, v) => s with { Align = v },
            "Start cycles at multiples of the interval on the host's clock, so that points of all hosts have the same times."),
        Sample.Key("jitter", new DurationValue(TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1), zeroAllowed: true), s => s.Jitter, (s, v) => s with { Jitter = v },
            "Delay every cycle by a constant, drawn once between zero and this value, so that the agents of a fleet do not all act at once. Must be shorter than the interval."),
        Sample.Key("spread", new SwitchValue(), s => s.Spread, (s, v) => s with { Spread = v },
            "Spread each cycle evenly over the interval, so that the agent never uses a processor for long. Each container is still read once an interval, and each point has the time of its reading."),
        Sample.Key("sampling_threads", new IntegerValue(0, 64), s => s.Threads, (s, v) => s with { Threads = v },
            "How many threads read containers. 0: one, and more, up to the number of processors, while a cycle takes one thread more than 70 % of the interval."),
        Sample.Key("start_wait", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), zeroWord: "off"), s => s.StartWait, (s, v) => s with { StartWait = v },
            "Maximum time after the birth of a container to wait for its first connection and its first successful health check. Then container_start is written with the figures that are known. With `off`, it is not written."),
        Encode.Key("suppress_unchanged", new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), zeroAllowed: true), e => e.SuppressUnchanged, (e, v) => e with { SuppressUnchanged = v },
            "Leave out a point of a container whose fields have not changed, but write one at least this often; 0 writes every point. Before a change, the last point that was left out is written with its own time, so that rates stay right. Queries must begin one such time and one interval earlier."),
        new ConfigurationKey<TimeSpan>
        {
            Section = Section, Name = "stop_timeout", Value = new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            Help = "Time budget for a clean stop: finish the last cycle and flush the sinks. A server or disk that hangs gets a quarter of it. Keep it at least 2 s below TimeoutStopSec= of the unit (10 s).",
            Get = (draft, _) => draft.StopTimeout, Set = (draft, _, value) => draft.StopTimeout = value,
        },
        Log.Key("log_level",
            new ChoiceValue<LogLevel>(("debug", LogLevel.Debug), ("info", LogLevel.Information), ("warning", LogLevel.Warning), ("error", LogLevel.Error)),
            l => l.Level, (l, v) => l with { Level = v },
            "The lowest severity that is logged. All messages go to standard error."),
        Log.Key("log_format", new ChoiceValue<LogFormat>(("auto", LogFormat.Auto), ("text", LogFormat.Text), ("journald", LogFormat.Journald)),
            l => l.Format, (l, v) => l with { Format = v },
            "`text` for people, `journald` with the priority in front. `auto` uses `journald` if standard error is the journal, else `text`."),
    ];
}
