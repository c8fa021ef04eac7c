using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Sample;
using NsCollector.Sample.Events;

namespace NsCollector.LinuxTests.Sample.Oom;

/// <summary>A point of OOM kills as the encoders receive it.</summary>
/// <param name="Path">The container's cgroup.</param>
/// <param name="Readings">Its numbers.</param>
/// <param name="Texts">Its texts, by name.</param>
internal sealed record RecordedOom(string Path, IReadOnlyDictionary<Reading, long> Readings, IReadOnlyDictionary<string, string> Texts)
{
    internal long Kills => Readings[Reading.OomKills];

    internal bool HasVictim => Readings.ContainsKey(Reading.OomVictimPid);

    internal long VictimPid => Readings[Reading.OomVictimPid];

    internal string? Text(string name) => Texts.GetValueOrDefault(name);

    /// <summary>Keeps all of them.</summary>
    internal sealed class Consumer : ISampleConsumer
    {
        internal List<RecordedOom> Ooms { get; } = [];

        /// <summary>How containers ended.</summary>
        internal List<(string Path, ExitReason Reason)> Exits { get; } = [];

        public void BeginCycle(ContainerList containers)
        {
        }

        public void Accept(Container container, ContainerSample sample)
        {
        }

        public void AcceptOom(Container container, OomSample oom)
        {
            Dictionary<Reading, long> readings = [];
            for (Reading reading = oom.Readings.First; reading <= oom.Readings.Last; reading++)
            {
                if (oom.Readings.TryGet(reading, out long value)) readings.Add(reading, value);
            }

            Ooms.Add(new RecordedOom(container.CgroupPath, readings, oom.Texts.Present.ToDictionary(text => text.Field.Name, text => text.Value)));
        }

        public void AcceptExit(Container container, ExitSample exit)
        {
            if (exit.Readings.TryGet(Reading.ExitReason, out long reason)) Exits.Add((container.CgroupPath, (ExitReason)reason));
        }

        public void EndCycle(in CycleReport report)
        {
        }
    }
}
