using System.Globalization;

namespace NsCollector.Discover;

/// <summary>Says which filter is responsible if the filters leave no container.</summary>
internal static class FilterReport
{
    /// <summary>Counts the containers that each rule leaves out.</summary>
    /// <param name="options">The filters.</param>
    /// <param name="recognised">Every recognised container, whether or not the filters include it.</param>
    /// <returns>What happened, why and what to do; null if a container is left, or there is none.</returns>
    internal static string? NothingLeft(FilterOptions options, IEnumerable<ContainerIdentity> recognised)
    {
        var filter = new ContainerFilter(options);
        if (!filter.HasGlobs) return null;
        int[] counts = new int[(int)FilterRule.ExcludeImage + 1];
        foreach (ContainerIdentity identity in recognised) counts[(int)filter.LeftOutBy(identity)]++;
        int total = counts.Sum();
        if (total == 0 || counts[(int)FilterRule.None] > 0) return null;

        string[] reasons =
        [
            .. Reason("filter.include", "no glob of it matches", FilterRule.Include),
            .. Reason("filter.exclude", "a glob of it matches", FilterRule.Exclude),
            .. Reason("filter.include_image", "no glob of it matches the image", FilterRule.IncludeImage),
            .. Reason("filter.exclude_image", "a glob of it matches the image", FilterRule.ExcludeImage),
        ];
        return string.Create(CultureInfo.InvariantCulture, $"the filters leave none of {total} recognised containers: {string.Join("; ", reasons)}");

        IEnumerable<string> Reason(string key, string why, FilterRule rule)
        {
            int count = counts[(int)rule];
            if (count > 0) yield return string.Create(CultureInfo.InvariantCulture, $"{key} leaves out {count} ({why})");
        }
    }
}
