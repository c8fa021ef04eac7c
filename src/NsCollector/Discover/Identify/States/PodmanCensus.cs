namespace NsCollector.Discover.Identify.States;

/// <summary>
/// Counts podman's containers from the listings of its storage: those without a process are <see cref="RunState.Stopped"/>. Only
/// podman's database has whether they were ever started, and it is not read.
/// </summary>
/// <param name="listings">The listings of the storage roots, which may not exist.</param>
/// <param name="context">Bounds and error handling.</param>
internal sealed class PodmanCensus(IReadOnlyList<string> listings, CensusContext context) : IRuntimeCensus
{
    private readonly Listing[] _listings = [.. listings.Select(path => new Listing(path))];

    /// <inheritdoc/>
    public void Count(LiveContainers live, CensusDraft draft)
    {
        foreach (Listing listing in _listings)
        {
            if (listing.Refresh(context) is not { } ids) continue;
            int stopped = 0;
            foreach (string id in ids)
            {
                if (!live.Contains(ContainerRuntime.Podman, id)) stopped++;
            }

            draft.Add(ContainerRuntime.Podman, RunState.Stopped, stopped);
        }
    }

    private sealed class Listing(string path)
    {
        private StateFileStamp? _stamp;
        private string[]? _ids;

        /// <summary>The ids in a listing; null if it does not exist or cannot be used.</summary>
        internal string[]? Refresh(CensusContext context)
        {
            if (_stamp is { } stamp && stamp.IsCurrent()) return _ids;
            StateFile file = StateFile.Read(path, context.MaxFileBytes);
            try
            {
                _stamp = file.Stamp;
                _ids = null;
                if (file.Outcome == StateFileOutcome.Missing) return null;
                var found = new List<string>();
                if (file.Outcome == StateFileOutcome.Read && PodmanListing.TryParseOwn(file.Bytes, context.MaxContainers, found, out int leftOut))
                {
                    if (leftOut > 0) context.OverLimit(path, leftOut);
                    return _ids = [.. found];
                }

                context.Failed(path, file.Outcome);
                return null;
            }
            finally
            {
                file.Dispose();
            }
        }
    }
}
