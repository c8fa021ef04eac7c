using System.Collections.Immutable;
using NsCollector.Deliver;
using NsCollector.Encode.Selection;
using NsCollector.Host.Configuration.Sections;

namespace NsCollector.Host.Configuration;

/// <summary>Checks the globs that choose metrics and labels: each must match a metric that exists, and each output must show one.</summary>
internal sealed class MetricRules(ConfigurationDraft draft, ConfigurationOrigins origins)
{
    /// <summary>Maximum length of a glob, in characters. No name is longer.</summary>
    internal const int MaxGlobLength = 128;

    /// <summary>Maximum globs of one key: each is compared with about 1,500 names.</summary>
    internal const int MaxGlobs = 100;

    private static readonly ImmutableArray<(string Own, string Output)> AllNames =
        [.. MetricNames.NsCollector.Concat(MetricNames.Page).Concat(MetricNames.Otlp).Concat(MetricNames.Telegraf).Distinct()];

    // A list with an error is not reported again for each output that uses it.
    private readonly HashSet<GlobList> _wrong = [];

    /// <summary>Checks all outputs.</summary>
    /// <param name="sinks">The sinks, with their own choices.</param>
    internal void Check(ImmutableArray<SinkOptions> sinks)
    {
        // The names of all metrics need not be collected for the usual configuration, which chooses nothing.
        var everything = new OutputChoice();
        if (draft.Metrics == everything && draft.Http.Choice == everything && sinks.All(sink => sink.Choice == everything)) return;
        CheckGlobs("metrics", "include", draft.Metrics.Include, AllNames);
        CheckGlobs("metrics", "exclude", draft.Metrics.Exclude, AllNames);
        foreach (SinkOptions sink in sinks) CheckOutput(SinkKinds.Title(sink), sink.Choice, MetricNames.Of(sink.Schema));
        CheckOutput("http", draft.Http.Choice, MetricNames.Page, isUsed: !draft.Http.Listen.IsEmpty);
    }

    private void CheckOutput(string section, OutputChoice choice, ImmutableArray<(string Own, string Output)> names, bool isUsed = true)
    {
        // A name of docs/metrics.md is never an error, even if this output does not have it: the page has no OOM kills.
        ImmutableArray<(string Own, string Output)> known = [.. names, .. MetricNames.NsCollector];
        CheckGlobs(section, SelectionKeys.Include, choice.Include, known);
        CheckGlobs(section, SelectionKeys.Exclude, choice.Exclude, known);
        if (draft.Identity.Labels.IsEmpty && draft.Identity.Environment.IsEmpty)
        {
            if (choice.IncludeLabels is { IsEmpty: false }) origins.Report(section, SelectionKeys.IncludeLabels, "no label is read; set [identity] labels or environment");
            if (choice.ExcludeLabels is { IsEmpty: false }) origins.Report(section, SelectionKeys.ExcludeLabels, "no label is read; set [identity] labels or environment");
        }

        OutputChoice all = choice.WithDefaults(draft.Metrics);
        if (!isUsed || (all.Include is { } include && _wrong.Contains(include)) || (all.Exclude is { } exclude && _wrong.Contains(exclude))) return;
        var selection = new OutputSelection(all);
        if (selection.ShowsAllMetrics || names.Any(name => !IsTelegrafId(name.Output) && selection.Shows(name.Own, name.Output))) return;
        (string where, string key) = choice.Include is { IsEmpty: false } ? (section, SelectionKeys.Include)
            : choice.Exclude is { IsEmpty: false } ? (section, SelectionKeys.Exclude)
            : all.Include is { IsEmpty: false } ? ("metrics", "include") : ("metrics", "exclude");
        origins.Report(where, key, $"no metric is left for [{section}]; add one, or set {SelectionKeys.Include} or {SelectionKeys.Exclude} of that section");
    }

    // Telegraf's points have the id as a field beside others. A point with nothing else is not written.
    private static bool IsTelegrafId(string name) => name.StartsWith("docker_", StringComparison.Ordinal) && name.EndsWith(".container_id", StringComparison.Ordinal);

    private void CheckGlobs(string section, string key, GlobList? globs, ImmutableArray<(string Own, string Output)> names)
    {
        if (globs is null) return;
        if (globs.Patterns.Length > MaxGlobs)
        {
            Report(globs, section, key, $"there are more than {MaxGlobs} globs");
            return;
        }

        foreach (string pattern in globs.Patterns)
        {
            var one = new GlobList([pattern]);
            if (names.Any(name => one.Matches(name.Own) || one.Matches(name.Output))) continue;
            IEnumerable<string> candidates = names.Select(name => name.Own).Concat(names.Select(name => name.Output));
            string hint = NearestName.Find(pattern, candidates) is { } nearest ? $"; did you mean {nearest}?" : "; docs/metrics.md has the names";
            Report(globs, section, key, $"{Printable.Text(pattern)} matches no metric{hint}");
            return;
        }
    }

    private void Report(GlobList globs, string section, string key, string problem)
    {
        _wrong.Add(globs);
        origins.Report(section, key, problem);
    }
}
