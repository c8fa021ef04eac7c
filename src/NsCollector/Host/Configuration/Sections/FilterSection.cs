using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[filter]</c>.</summary>
internal static class FilterSection
{
    internal static ConfigurationSection Section { get; } = new("filter", false,
        "Which containers are sampled: those that match an include (or all, if there is none) and no exclude. `*` matches any characters.");

    private static readonly SectionKeys<FilterOptions> Filter = new(Section, (draft, _) => draft.Filter, (draft, _, options) => draft.Filter = options);

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Filter.Key("include", ContainerGlobs(), f => f.Include, (f, v) => f with { Include = v },
            "The containers to sample, as RUNTIME/NAME. If empty, all are sampled.", example: "docker/*, lxc/web-*"),
        Filter.Key("exclude", ContainerGlobs(), f => f.Exclude, (f, v) => f with { Exclude = v },
            "The containers not to sample, as RUNTIME/NAME. Takes precedence over `include`.", example: "*/test-*"),
        Filter.Key("include_image", ImageGlobs(), f => f.IncludeImage, (f, v) => f with { IncludeImage = v },
            "The images whose containers are sampled. If empty, all are sampled.", example: "registry.example/*"),
        Filter.Key("exclude_image", ImageGlobs(), f => f.ExcludeImage, (f, v) => f with { ExcludeImage = v },
            "The images whose containers are not sampled. Takes precedence over `include_image`.", example: "*pause*"),
    ];

    private static ListValue ImageGlobs() => new("globs of image names", _ => null);

    private static ListValue ContainerGlobs() => new("globs of the form RUNTIME/NAME", glob =>
    {
        int slash = glob.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return "the runtime is missing, write for example */" + Printable.Text(glob);
        string runtime = glob[..slash];
        if (runtime.AsSpan().IndexOfAny("*?[") >= 0) return null;
        IEnumerable<string> runtimes = Enum.GetValues<ContainerRuntime>().Select(value => value.ToString().ToLowerInvariant());
        if (runtimes.Contains(runtime)) return null;
        return NearestName.Find(runtime, runtimes) is { } nearest
            ? $"unknown runtime, did you mean {nearest}?"
            : "unknown runtime; the runtimes are " + string.Join(", ", runtimes);
    });
}
