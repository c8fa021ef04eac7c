using System.Collections.Frozen;
using System.Globalization;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>The parameters of <c>/containers/json</c>, checked as dockerd does (moby daemon/list.go, foldFilter).</summary>
internal sealed class ListQuery
{
    private static readonly FrozenSet<string> Accepted = FrozenSet.Create(
        StringComparer.Ordinal, "ancestor", "before", "exited", "id", "isolation", "label", "name", "status", "health", "since", "volume", "network", "is-task", "publish", "expose");

    private ListQuery(DockerFilters filters) => Filters = filters;

    /// <summary>The filters.</summary>
    internal DockerFilters Filters { get; }

    /// <summary>Whether containers that do not run are listed too.</summary>
    internal bool All { get; private set; }

    /// <summary>Maximum number of containers; 0 for all.</summary>
    internal int Limit { get; private set; }

    /// <summary>The exit codes that are asked for; empty for any.</summary>
    internal HashSet<int> ExitCodes { get; } = [];

    /// <summary>Whether tasks of a Swarm service are asked for, or others; null for both.</summary>
    internal bool? IsTask { get; private set; }

    /// <summary>The container that those listed must be older than; null for any.</summary>
    internal string? BeforeId { get; private set; }

    /// <summary>The container that those listed must be newer than; null for any.</summary>
    internal string? SinceId { get; private set; }

    /// <summary>Published ports that are asked for; empty for any.</summary>
    internal List<PortRange> Published { get; } = [];

    /// <summary>Exposed ports that are asked for; empty for any.</summary>
    internal List<PortRange> Exposed { get; } = [];

    /// <summary>Parses the parameters of a request.</summary>
    /// <param name="request">Hostile.</param>
    /// <param name="find">Finds a container.</param>
    /// <param name="refusal">Why it is refused; null if it is not.</param>
    /// <returns>Null if it is refused.</returns>
    internal static ListQuery? TryParse(DockerRequest request, Func<string, DockerContainerMatch> find, out DockerRefusal? refusal)
    {
        refusal = null;
        if (!DockerFilters.TryParse(request, out DockerFilters? filters))
        {
            refusal = DockerRefusal.Bad("invalid filter");
            return null;
        }

        var query = new ListQuery(filters) { All = request.IsSet("all") };
        refusal = query.ReadLimit(request.Query["limit"]) ?? query.ReadFilters(find);
        return refusal is null ? query : null;
    }

    private DockerRefusal? ReadLimit(string text)
    {
        if (text.Length == 0) return null;
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int limit)) return NotANumber(text);
        Limit = Math.Max(0, limit);
        return null;
    }

    private DockerRefusal? ReadFilters(Func<string, DockerContainerMatch> find)
    {
        if (Filters.Unknown(Accepted) is { } unknown) return DockerRefusal.BadFilter(unknown);
        foreach (string value in Filters.Of("exited"))
        {
            if (!int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int code)) return NotANumber(value);
            ExitCodes.Add(code);
        }

        foreach (string value in Filters.Of("status"))
        {
            if (!DockerWords.States.Contains(value)) return DockerRefusal.BadFilter("status", value);
            All = true;
        }

        foreach (string value in Filters.Of("health"))
        {
            if (!DockerWords.Healths.Contains(value)) return DockerRefusal.Bad($"unrecognised filter value for health: {value}");
        }

        if (Filters.Contains("is-task"))
        {
            bool isTrue = Filters.IsExactly("is-task", "true") || Filters.IsExactly("is-task", "1");
            if (isTrue == (Filters.IsExactly("is-task", "false") || Filters.IsExactly("is-task", "0"))) return DockerRefusal.BadFilter("is-task", "[" + string.Join(' ', Filters.Of("is-task")) + "]");
            IsTask = isTrue;
        }

        return ReadIds("before", id => BeforeId = id) ?? ReadIds("since", id => SinceId = id) ?? ReadPorts("publish", Published) ?? ReadPorts("expose", Exposed);

        DockerRefusal? ReadIds(string key, Action<string> set)
        {
            foreach (string value in Filters.Of(key))
            {
                // A prefix of an id is not enough here.
                if (find(value).Container is not { } found || (found.Id != value && found.Name != value.TrimStart('/'))) return new DockerRefusal(404, $"no such container {value}");
                set(found.Id);
            }

            return null;
        }
    }

    private DockerRefusal? ReadPorts(string key, List<PortRange> ports)
    {
        foreach (string value in Filters.Of(key))
        {
            if (!PortRange.TryParse(value, out PortRange range)) return DockerRefusal.Bad($"error while looking up for {key} {value}: not a port or a range of ports");
            ports.Add(range);
        }

        return null;
    }

    // The error message of Go, because dockerd is written in Go.
    private static DockerRefusal NotANumber(string text) => DockerRefusal.Bad($"strconv.Atoi: parsing \"{text}\": invalid syntax");
}
